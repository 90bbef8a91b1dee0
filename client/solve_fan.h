// Many solves at once from one thread: started one by one, handed out in the order in which they
// end.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "client/sextant_client.h"

namespace sextant {

struct EndedSolve {
  int64_t id = 0;  // As given to Start.
  SolveResult result;
};

// Not thread-safe: one thread starts and awaits. `client` must outlive it. Destroying it cancels
// what still runs and waits for the calls to end.
class SolveFan {
 public:
  explicit SolveFan(const SextantClient& client);
  ~SolveFan();
  SolveFan(const SolveFan&) = delete;
  SolveFan& operator=(const SolveFan&) = delete;

  // Starts a solve; `id` names it in the result and must differ from those running.
  void Start(int64_t id, const v1::SolveRequest& request, const CallOptions& options = {});

  // Waits up to `wait` for a solve to end. Unset: none ended in that time, or none runs.
  std::optional<EndedSolve> Next(absl::Duration wait);

  // Cancels every running solve. They still come out of Next, with CANCELLED or what they had
  // reached.
  void CancelAll();

  int running() const;

 private:
  struct Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace sextant
