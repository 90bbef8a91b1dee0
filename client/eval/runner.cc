#include "client/eval/runner.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/time/clock.h"
#include "client/solve_fan.h"

namespace sextant {
namespace {

// How long an interrupt may go unnoticed.
constexpr absl::Duration kInterruptCheck = absl::Milliseconds(200);
// Of one solve; then its refusal is its result.
constexpr int kMaxRefusals = 100;

// Solves that were refused and when they are due again.
class Refused {
 public:
  // False: it has been refused too often.
  bool Add(int64_t index, absl::Duration delay) {
    if (++times_[index] > kMaxRefusals) return false;
    due_.emplace(absl::Now() + delay, index);
    return true;
  }
  std::optional<int64_t> TakeDue() {
    if (due_.empty() || due_.begin()->first > absl::Now()) return std::nullopt;
    const int64_t index = due_.begin()->second;
    due_.erase(due_.begin());
    return index;
  }
  bool empty() const { return due_.empty(); }
  absl::Duration UntilDue() const {
    return due_.empty() ? absl::InfiniteDuration() : due_.begin()->first - absl::Now();
  }

 private:
  std::map<int64_t, int> times_;
  std::multimap<absl::Time, int64_t> due_;
};

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
  Refused refused;
  int64_t next = 0;
  const auto start = [&](int64_t index) {
    fan.Start(index, RequestFor(run, strategy_of(index), problem_of(index)), run.call);
  };
  while (!interrupted() && (next < total || fan.running() > 0 || !refused.empty())) {
    while (fan.running() < run.concurrency) {
      const std::optional<int64_t> again = refused.TakeDue();
      // While the server refuses, more of the same would only be refused too.
      if (!again.has_value() && (next == total || !refused.empty())) break;
      start(again.has_value() ? *again : next++);
    }
    const bool has_room = fan.running() < run.concurrency;
    const absl::Duration wait =
        has_room ? std::min(kInterruptCheck, refused.UntilDue()) : kInterruptCheck;
    if (fan.running() == 0) absl::SleepFor(wait);
    std::optional<EndedSolve> ended = fan.Next(wait);
    if (!ended.has_value()) continue;
    if (ended->result.retry_delay.has_value() &&
        refused.Add(ended->id, *ended->result.retry_delay)) {
      continue;
    }
    RequireVerdict(ended->result);
    on_end({.index = ended->id,
            .strategy = strategy_of(ended->id),
            .problem = problem_of(ended->id),
            .result = ended->result});
  }
}

}  // namespace sextant
