// The backends of one model as one: places each trace, retries those that failed before they said
// anything.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"

namespace sextant {

// What the pool observes, for metrics. Any thread, as every loop has pools of its own.
class PoolObserver {
 public:
  virtual ~PoolObserver() = default;
  virtual void OnInFlight(absl::string_view backend, int change) = 0;
  virtual void OnFirstToken(absl::string_view backend, absl::Duration after) = 0;
  virtual void OnError(absl::string_view backend, const absl::Status& error) = 0;
  virtual void OnRetry(absl::string_view backend) = 0;
};

struct PoolMember {
  std::string name;
  int max_traces = 0;  // Running at once on this loop; 0: no limit.
  int max_attempts = 3;
  std::unique_ptr<Backend> backend;
};

// Loop only. A trace goes to the backend with the fewest traces for its capacity (of one without a
// limit: the largest limit in the pool); when all are full, it goes to the least loaded all the
// same, as the server queues it. A backend that failed is passed over for 5 s where there is
// another one.
class Pool : public Backend {
 public:
  // `loop` and `observer` outlive the pool. At least one member.
  Pool(Loop& loop, std::vector<PoolMember> members, PoolObserver& observer);

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override;

  struct MemberState {
    std::string name;
    int in_flight = 0;
    bool failing = false;  // Its last request found no connection, broke or stalled.
  };
  std::vector<MemberState> States() const;

 private:
  struct Member {
    PoolMember config;
    int in_flight = 0;
    bool failing = false;
    double capacity = 1;
    absl::Time avoid_until = absl::InfinitePast();
  };
  class Counted;
  class CountedTail;

  // `failed`: the members that failed this trace already, once for each time.
  Member& Place(const std::vector<const Member*>& failed);
  absl::Duration Backoff(const absl::Status& error, int attempt);

  Loop& loop_;
  std::vector<Member> members_;
  PoolObserver& observer_;
  absl::BitGen random_;
};

}  // namespace sextant
