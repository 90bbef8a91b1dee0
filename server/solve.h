// One solve, from its plan to its answer and bill.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/answer/reader.h"
#include "server/async/loop.h"
#include "server/async/task.h"
#include "server/backend/backend.h"
#include "server/config.h"
#include "server/strategies/strategies.h"
#include "server/strategies/traces.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct SolveInputs {
  v1::SolveRequest request;  // Checked.
  v1::Plan plan;             // Every parameter of the strategy is set.
  std::string solve_id;
  std::string traceparent;  // W3C trace context of the caller; may be empty.
  absl::Time arrived;       // On the loop's clock.
  absl::Duration queued;    // Of the time since then: waited for its turn.
  absl::Time answer_by;     // The deadline without the reserve.
  std::function<void(const v1::Trace&)> on_trace_ended;  // May be empty. Must not touch the solve.
};

struct SolveOutcome {
  absl::Status status;         // Not OK when no trace finished and none stated an answer.
  v1::SolveResponse response;  // The usage and the stop_reason are set in either case.
};

// Loop only. Destroying it closes every stream. `loop`, `backend`, `server` and `model` outlive it.
class Solve {
 public:
  // INVALID_ARGUMENT where the answer's format or the reference answer cannot be read.
  static absl::StatusOr<std::unique_ptr<Solve>> Create(Loop& loop, Backend& backend,
                                                       const ServerConfig& server,
                                                       const ModelConfig& model,
                                                       SolveInputs inputs);

  // Runs to the end. Call once.
  Task<SolveOutcome> Run();

  // Ends it early, for `reason`, with the best answer so far. Not from inside a trace's stream.
  void End(v1::StopReason reason) { traces_->End(reason); }
  // Closes every stream; then Bill() is final. For a caller who has left.
  void Abandon() { traces_->CancelRest(); }

  v1::Usage Bill() const;
  v1::Progress Progress() const;
  const SolveInputs& inputs() const { return inputs_; }
  // Time that was not spent waiting for its turn or for model servers.
  absl::Duration overhead() const {
    return loop_.Now() - inputs_.arrived - inputs_.queued - traces_->waited();
  }
  absl::Duration cancel_time() const { return traces_->cancel_time(); }

 private:
  Solve(Loop& loop, const ServerConfig& server, const ModelConfig& model, SolveInputs inputs,
        AnswerReader reader);

  TracesConfig ConfigOfTraces();
  Task<Verdict> RunStrategy();
  void Grade(const std::optional<Answer>& answer, v1::SolveResponse& response) const;

  Loop& loop_;
  const ServerConfig& server_;
  const ModelConfig& model_;
  SolveInputs inputs_;
  const AnswerReader reader_;
  const AdaptiveModel adaptive_model_;
  Prompt prompt_;
  std::unique_ptr<Traces> traces_;
};

}  // namespace sextant
