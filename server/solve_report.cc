#include "server/solve_report.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/strategies/strategies.h"

namespace sextant {
namespace {

v1::TraceOutcome OutcomeOf(Trace::State state) {
  switch (state) {
    case Trace::State::kFinished:
      return v1::FINISHED;
    case Trace::State::kFailed:
      return v1::FAILED;
    default:
      return v1::CANCELLED;
  }
}

}  // namespace

v1::StopReason StopReasonOf(const Traces& traces) {
  if (traces.stop_reason()) return *traces.stop_reason();
  bool cancelled = false, dropped = false, cut = false, finished = false;
  for (const auto& trace : traces.all()) {
    const bool stopped = trace->state == Trace::State::kCancelled && !trace->cut_by_budget;
    finished |= trace->state == Trace::State::kFinished;
    cut |= trace->cut_by_budget;
    cancelled |= stopped && !trace->dropped;
    dropped |= stopped && trace->dropped;
  }
  if (cancelled) return v1::DECIDED;
  // No budget over all traces is used up, so what cut a trace is the one on its clock.
  if (cut || traces.all().empty()) return v1::SEQUENTIAL_BUDGET;
  if (dropped) return v1::DECIDED;
  return finished ? v1::ALL_FINISHED : v1::BACKENDS_FAILED;
}

absl::Status FailureOf(const Traces& traces, const v1::Budget& budget, v1::StopReason reason) {
  const absl::Status* error = nullptr;
  for (const auto& trace : traces.all()) {
    if (trace->state == Trace::State::kFailed) error = &trace->error;
  }
  const std::string also =
      error == nullptr ? "" : absl::StrCat("; a trace failed: ", error->message());
  switch (reason) {
    case v1::TIME_BUDGET:
      return absl::DeadlineExceededError(absl::StrCat(
          "no trace finished or stated an answer before the deadline; give more time", also));
    case v1::TOKEN_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_tokens (", budget.max_tokens(),
                       ") was used up before any trace stated an answer", also));
    case v1::SEQUENTIAL_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_sequential_tokens (", budget.max_sequential_tokens(),
                       ") was reached before any trace stated an answer", also));
    case v1::COST_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_cost_usd (", budget.max_cost_usd(),
                       ") was used up before any trace stated an answer", also));
    case v1::DRAINING:
      return absl::UnavailableError("the server is shutting down; send the request to another one");
    default:
      if (error == nullptr) return absl::InternalError("the solve ended without a trace");
      return absl::Status(error->code(), absl::StrCat("every trace failed: ", error->message()));
  }
}

std::optional<std::string> MissingConfidence(const Traces& traces) {
  if (traces.confidence_window() == 0) return std::nullopt;
  int finished = 0, missing = 0;
  for (const auto& trace : traces.all()) {
    if (trace->state != Trace::State::kFinished) continue;
    ++finished;
    if (!trace->confidence()) ++missing;
  }
  if (missing == 0) return std::nullopt;
  return absl::StrFormat(
      "%d of %d finished traces %s no group confidence, because the model server does not list the "
      "likeliest "
      "tokens with their log-probabilities; it does not count for them.",
      missing, finished, missing == 1 ? "has" : "have");
}

v1::Usage BillOf(const Traces& traces, absl::Time arrived, absl::Time decided) {
  v1::Usage usage;
  int64_t cached = 0, finished = 0, cancelled = 0, estimated = 0;
  for (const auto& trace : traces.all()) {
    cached += trace->usage().cached;
    estimated += trace->estimated_tokens();
    (trace->state == Trace::State::kFinished ? finished : cancelled) += trace->tokens();
    usage.set_retries(usage.retries() + trace->retries());
    usage.set_hedges(usage.hedges() + trace->hedges());
    switch (trace->state) {
      case Trace::State::kFinished:
        usage.set_traces_finished(usage.traces_finished() + 1);
        break;
      case Trace::State::kFailed:
        usage.set_traces_failed(usage.traces_failed() + 1);
        break;
      default:
        usage.set_traces_cancelled(usage.traces_cancelled() + 1);
    }
  }
  usage.set_prompt_tokens(traces.spending().prompt_tokens());
  usage.set_cached_tokens(cached);
  usage.set_finished_tokens(finished);
  usage.set_cancelled_tokens(cancelled);
  usage.set_billed_tokens(finished + cancelled);
  usage.set_estimated_tokens(estimated);
  usage.set_sequential_tokens(traces.decided_clock());
  usage.set_traces_started(static_cast<int>(traces.all().size()));
  usage.set_replacements(traces.replacements());
  if (const auto cost = traces.spending().cost()) usage.set_cost_usd(*cost);
  if (const auto first = traces.first_token_at()) {
    usage.set_seconds_to_first_token(absl::ToDoubleSeconds(*first - arrived));
  }
  usage.set_seconds_to_decision(absl::ToDoubleSeconds(decided - arrived));
  return usage;
}

v1::Usage WithJudge(v1::Usage solve, const v1::Usage& judge) {
  solve.set_prompt_tokens(solve.prompt_tokens() + judge.prompt_tokens());
  solve.set_cached_tokens(solve.cached_tokens() + judge.cached_tokens());
  solve.set_finished_tokens(solve.finished_tokens() + judge.finished_tokens());
  solve.set_cancelled_tokens(solve.cancelled_tokens() + judge.cancelled_tokens());
  solve.set_billed_tokens(solve.billed_tokens() + judge.billed_tokens());
  solve.set_estimated_tokens(solve.estimated_tokens() + judge.estimated_tokens());
  solve.set_retries(solve.retries() + judge.retries());
  solve.set_judge_tokens(judge.billed_tokens());
  // Of a solve that was left while it was judged, no clock stands higher.
  solve.set_sequential_tokens(std::max(solve.sequential_tokens(), judge.billed_tokens()));
  if (solve.has_cost_usd()) solve.set_cost_usd(solve.cost_usd() + judge.cost_usd());
  return solve;
}

v1::Progress ProgressOf(const Traces& traces, absl::Duration elapsed) {
  v1::Progress progress;
  Ballot ballot(traces.vote_rule());
  int64_t clock = 0;
  for (const auto& trace : traces.all()) {
    clock = std::max(clock, trace->clock());
    if (trace->answer) ballot.Add(VoteOf(*trace));
    if (trace->state == Trace::State::kRunning) {
      progress.set_traces_running(progress.traces_running() + 1);
    } else {
      progress.set_traces_ended(progress.traces_ended() + 1);
    }
  }
  progress.set_billed_tokens(traces.spending().completion_tokens());
  progress.set_clock_tokens(clock);
  progress.set_seconds(absl::ToDoubleSeconds(elapsed));
  const VoteResult leader = ballot.Decide();
  if (leader.answer) {
    progress.set_leader(leader.answer->canonical);
    progress.set_leader_votes(leader.candidates.front().votes);
  }
  return progress;
}

v1::Trace ReportOf(const Trace& trace, ReportTexts text) {
  v1::Trace result;
  result.set_index(trace.index());
  result.set_outcome(OutcomeOf(trace.state));
  result.set_finish_reason(trace.finish_reason());
  if (text == ReportTexts::kIncluded) {
    result.set_text(trace.content());
    result.set_reasoning(trace.reasoning());
  }
  if (trace.answer) result.set_answer(trace.answer->canonical);
  result.set_completion_tokens(trace.tokens());
  result.set_clock_tokens(trace.clock());
  result.set_estimated(trace.estimated_tokens() > 0);
  result.set_backend(trace.backend());
  result.set_error(std::string(trace.error.message()));
  if (trace.request.seed) result.set_seed(*trace.request.seed);
  if (const auto confidence = trace.confidence()) result.set_confidence(*confidence);
  return result;
}

}  // namespace sextant
