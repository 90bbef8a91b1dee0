// One model server of a pool: what runs there, and whether it should be given more.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/backend/breaker.h"
#include "server/backend/health_check.h"
#include "server/backend/pool_observer.h"

namespace sextant {

struct PoolMember {
  std::string name;
  std::string address;  // Which of the servers of that name; empty: there is one.
  int max_traces = 0;   // Running at once on this loop; 0: no limit.
  double weight = 1;    // Its share of the traces, relative to its capacity. Above 0.
  int max_attempts = 3;
  // Traces of one solve are better off together there. A health check may say so, too.
  bool shares_prefixes = false;
  std::unique_ptr<Backend> backend;
  // Asked every `health_interval`, or every second while the server is not up. Null: never.
  std::unique_ptr<HealthCheck> health = nullptr;
  absl::Duration health_interval = absl::Seconds(5);
};

// Loop only.
class Replica {
 public:
  // `capacity`: traces that it is worth. `loop` and `observer` outlive it.
  Replica(Loop& loop, PoolMember member, double capacity, PoolObserver& observer);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  const PoolMember& config() const { return member_; }
  int in_flight() const { return in_flight_; }
  double capacity() const { return capacity_; }
  // How much runs there for its capacity, requests of others included where the server tells.
  double Load() const { return (in_flight_ + others_) / capacity_; }
  bool HasRoom() const { return member_.max_traces == 0 || in_flight_ < member_.max_traces; }
  bool SharesPrefixes() const { return member_.shares_prefixes || shares_prefixes_; }
  ReplicaState state() const;
  // Not half-open with a trial under way.
  bool Admits() const { return breaker_.Admits(loop_.Now()); }
  absl::Time quiet_until() const { return quiet_until_; }

  // A retired one gets no new traces.
  bool retired() const { return retired_; }
  void Retire() { retired_ = true; }
  void Return() { retired_ = false; }

  void OnHealth(const HealthReport& report);

  // One request on it, for so many traces: they count from construction to destruction. Passes
  // chunks on.
  class Visit : public TraceSink {
   public:
    Visit(Replica& replica, int traces, TraceSink& sink);
    ~Visit() override;
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    Flow OnChunk(const TraceChunk& chunk) override;
    void OnAttempt(absl::string_view, int) override {}
    void Failed(const absl::Status& error);

    Replica& replica() { return replica_; }
    bool said_anything() const { return said_anything_; }

   private:
    Replica& replica_;
    const int traces_;
    TraceSink& sink_;
    const absl::Time started_;
    const Breaker::Period period_;
    bool said_anything_ = false;
  };

 private:
  void SlowDown(absl::Duration delay);
  // Tells the observer of a new state, and sets the timer for the next that time alone will bring.
  void Refresh();

  Loop& loop_;
  const PoolMember member_;
  const double capacity_;
  PoolObserver& observer_;
  Breaker breaker_;
  HealthReport::State health_ = HealthReport::State::kUnknown;
  absl::Time quiet_until_ = absl::InfinitePast();
  bool shares_prefixes_ = false;  // As the health check says.
  int in_flight_ = 0;
  int others_ = 0;  // Running or waiting there for other clients, when it last said so.
  bool retired_ = false;
  ReplicaState shown_ = ReplicaState::kServing;  // What the observer knows.
  Loop::Timer refresh_;
};

}  // namespace sextant
