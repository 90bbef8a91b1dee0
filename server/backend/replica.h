// One model server of a pool: what runs there, and whether it should be given more.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/backend/breaker.h"
#include "server/backend/health_check.h"

namespace sextant {

// From good to bad, in the order in which a pool prefers them.
enum class ReplicaState {
  kServing,
  kTrying,   // Its breaker is half-open: one trace at a time.
  kSlowed,   // It asked (429, Retry-After) to be left alone for a while.
  kFailing,  // Its breaker is open.
  kLoading,  // Its health check says: not yet.
  kDown      // Its health check finds nobody.
};
inline constexpr ReplicaState kReplicaStates[] = {ReplicaState::kServing, ReplicaState::kTrying,
                                                  ReplicaState::kSlowed,  ReplicaState::kFailing,
                                                  ReplicaState::kLoading, ReplicaState::kDown};
// serving, trying, slowed, failing, loading, down.
absl::string_view NameOf(ReplicaState state);

// What a pool observes, for metrics. Any thread, as every loop has pools of its own.
class PoolObserver {
 public:
  virtual ~PoolObserver() = default;
  virtual void OnInFlight(absl::string_view backend, int change) = 0;
  virtual void OnFirstToken(absl::string_view backend, absl::Duration after) = 0;
  virtual void OnError(absl::string_view backend, const absl::Status& error) = 0;
  // `backend` failed a trace, which is sent again; or is not, as the retry budget is used up.
  virtual void OnRetry(absl::string_view backend) = 0;
  virtual void OnRetryDenied(absl::string_view backend) = 0;
  // +1 for the state that a backend comes to, -1 for the one that it leaves.
  virtual void OnState(absl::string_view backend, ReplicaState state, int change) = 0;
  // Requests of all clients that wait on the server, by its own account.
  virtual void OnQueued(absl::string_view backend, int waiting) = 0;
};

struct PoolMember {
  std::string name;
  int max_traces = 0;  // Running at once on this loop; 0: no limit.
  double weight = 1;   // Its share of the traces, relative to its capacity. Above 0.
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

  void OnHealth(const HealthReport& report);

  // One trace on it: counts from construction to destruction, and passes chunks on.
  class Visit : public TraceSink {
   public:
    Visit(Replica& replica, TraceSink& sink);
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
  ReplicaState shown_ = ReplicaState::kServing;  // What the observer knows.
  Loop::Timer refresh_;
};

}  // namespace sextant
