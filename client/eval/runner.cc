#include "client/eval/runner.h"

#include "client/solve_fan.h"

namespace sextant {
namespace {

// How long an interrupt may go unnoticed.
constexpr absl::Duration kInterruptCheck = absl::Milliseconds(200);

v1::SolveRequest RequestFor(const EvalRun& run, const EvalStrategy& strategy,
                            const Problem& problem) {
  v1::SolveRequest request = run.base;
  request.set_prompt(problem.prompt);
  *request.mutable_answer() = problem.format;
  request.set_reference_answer(problem.answer);
  if (strategy.strategy.kind_case() != v1::Strategy::KIND_NOT_SET) {
    *request.mutable_strategy() = strategy.strategy;
  }
  return request;
}

void RequireVerdict(SolveResult& result) {
  if (!result.status.ok() || !result.response.has_answer() || result.response.has_verdict()) return;
  result.status = absl::InternalError(
      "the response has an answer and no verdict, expected one for the reference_answer");
  result.response.Clear();
}

}  // namespace

void RunEval(const SextantClient& client, const EvalRun& run,
             const std::function<void(const EvalSolve&)>& on_end,
             const std::function<bool()>& interrupted) {
  const auto problems = static_cast<int64_t>(run.problems.size());
  const int64_t total = problems * static_cast<int64_t>(run.strategies.size());
  const auto strategy_of = [&](int64_t index) -> const EvalStrategy& {
    return run.strategies[static_cast<size_t>(index / problems)];
  };
  const auto problem_of = [&](int64_t index) -> const Problem& {
    return run.problems[static_cast<size_t>(index % problems)];
  };

  SolveFan fan(client);
  int64_t next = 0;
  while (!interrupted() && (next < total || fan.running() > 0)) {
    while (next < total && fan.running() < run.concurrency) {
      fan.Start(next, RequestFor(run, strategy_of(next), problem_of(next)), run.call);
      ++next;
    }
    std::optional<EndedSolve> ended = fan.Next(kInterruptCheck);
    if (!ended.has_value()) continue;
    RequireVerdict(ended->result);
    on_end({.index = ended->id,
            .strategy = strategy_of(ended->id),
            .problem = problem_of(ended->id),
            .result = ended->result});
  }
}

}  // namespace sextant
