// One solve, from its plan to its answer and bill.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/answer/reader.h"
#include "server/async/loop.h"
#include "server/async/task.h"
#include "server/backend/backend.h"
#include "server/config.h"
#include "server/judge.h"
#include "server/strategies/strategies.h"
#include "server/strategies/traces.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Plans a checked request anew with a given estimate, for the time that is left then.
using PlanWithDifficulty =
    std::function<v1::Plan(const v1::SolveRequest&, const v1::DifficultyEstimate&)>;

// A judge that a solve asks before it is planned. The references outlive the solve.
struct SolveJudge {
  Backend& backend;          // Of the judge's model.
  const ModelConfig& model;  // The judge's.
  PlanWithDifficulty plan;
};

struct SolveInputs {
  v1::SolveRequest request;  // Checked.
  v1::Plan plan;             // Every parameter of the strategy is set. A judge's replaces it.
  std::optional<SolveJudge> judge;
  TextRoom* text_room = nullptr;  // As in TracesConfig.
  std::string solve_id;
  std::string traceparent;  // W3C trace context of the caller; may be empty.
  absl::Time arrived;       // On the loop's clock.
  absl::Duration queued;    // Of the time since then: waited for its turn.
  absl::Time answer_by;     // The deadline without the reserve.
  // May be empty, and must not touch the solve. The plan that runs, before the first trace.
  std::function<void(const v1::Plan&)> on_planned;
  std::function<void(const v1::Trace&)> on_trace_ended;  // The same.
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
  void End(v1::StopReason reason);
  // Closes every stream; then Bill() is final. For a caller who has left.
  void Abandon();

  v1::Usage Bill() const;
  v1::Progress Progress() const;
  const SolveInputs& inputs() const { return inputs_; }
  // Time that was not spent waiting for its turn or for model servers.
  absl::Duration overhead() const;
  absl::Duration cancel_time() const { return traces_->cancel_time(); }

 private:
  Solve(Loop& loop, Backend& backend, const ServerConfig& server, const ModelConfig& model,
        SolveInputs inputs, AnswerReader reader);

  TracesConfig ConfigOfTraces();
  Task<bool> AskJudge();
  // What the judge has taken; nothing where none was asked.
  v1::Usage JudgeBill() const { return judge_ ? judge_->Bill() : v1::Usage(); }
  Task<Verdict> RunStrategy();
  void Grade(const std::optional<Answer>& answer, v1::SolveResponse& response) const;

  Loop& loop_;
  Backend& backend_;
  const ServerConfig& server_;
  const ModelConfig& model_;
  SolveInputs inputs_;
  const AnswerReader reader_;
  const AdaptiveModel adaptive_model_;
  std::optional<Pilot> pilot_;  // Unset: nothing is estimated while it runs.
  Prompt prompt_;
  std::unique_ptr<Judge> judge_;    // From when it is asked on.
  std::unique_ptr<Traces> traces_;  // Made again when a judge has changed the plan.
};

}  // namespace sextant
