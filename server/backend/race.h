// A trace that was asked of two backends, because the first one was slow to speak: the one that
// says the first word goes on, the other is cancelled. J. Dean and L. A. Barroso, "The Tail at
// Scale", 2013: hedged requests.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/async/fan.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/backend/replica.h"

namespace sextant {

// Loop only. Has to be there until the winner's stream has ended, its tail included.
class Race {
 public:
  // One request to one backend.
  class Entrant : public TraceSink {
   public:
    explicit Entrant(Race& race) : race_(race) {}
    Flow OnChunk(const TraceChunk& chunk) override { return race_.OnChunk(*this, chunk); }
    void OnAttempt(absl::string_view, int) override {}

    std::unique_ptr<Replica::Visit> visit;  // Its stay on its backend; its sink is the entrant.
    absl::StatusOr<std::unique_ptr<TraceTail>> result = absl::UnknownError("not ended");

   private:
    friend class Race;
    Race& race_;
    int64_t number_ = 0;  // In the fan.
  };

  // `loop` and `sink`, which hears the one that goes on, outlive the race.
  Race(Loop& loop, TraceSink& sink);

  // Starts `request`, which outlives the race, on the backend that `visit` is a stay on.
  void Start(std::unique_ptr<Entrant> entrant, const TraceRequest& request);
  // Awaits the next entrant that ended while it led, or while nobody did; null when `until` has
  // come and nobody has said anything.
  Task<Entrant*> Next(absl::Time until);

  int running() const { return runs_.running(); }

 private:
  TraceSink::Flow OnChunk(Entrant& entrant, const TraceChunk& chunk);
  Task<Entrant*> Run(Entrant& entrant, const TraceRequest& request);
  void DropOthers();

  Loop& loop_;
  TraceSink& sink_;
  Entrant* leader_ = nullptr;
  std::vector<std::unique_ptr<Entrant>> entrants_;
  Loop::Timer alarm_;
  Fan<Entrant*> runs_;  // Last member: its tasks refer to the entrants.
};

}  // namespace sextant
