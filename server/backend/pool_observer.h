// What a pool of model servers tells of them, for metrics and listings.
#pragma once
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

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

}  // namespace sextant
