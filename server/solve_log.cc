#include "server/solve_log.h"

#include <cmath>

#include "absl/strings/string_view.h"
#include "server/log.h"

namespace sextant {
namespace {

double Microseconds(double seconds) { return std::round(seconds * 1e6) / 1e6; }
double Seconds(absl::Duration duration) { return Microseconds(absl::ToDoubleSeconds(duration)); }

std::string Cut(absl::string_view text) { return std::string(text.substr(0, kMaxLoggedBytes)); }

std::string CodeOf(const absl::Status& status) {
  return status.ok() ? "OK" : absl::StatusCodeToString(status.code());
}

void AddNames(const SolveNames& names, LogFields& fields) {
  fields.Add("solve_id", names.solve_id);
  if (!names.facts.request_id.empty()) fields.Add("request_id", names.facts.request_id);
  if (!names.facts.trace_id.empty()) fields.Add("trace_id", names.facts.trace_id);
}

void AddPlan(const v1::Plan& plan, LogFields& fields) {
  fields.Add("strategy", plan.strategy_text());
  fields.Add("row", plan.row());
  fields.Add("policy", plan.policy());
}

void AddOutcome(const v1::SolveResponse& response, LogFields& fields) {
  fields.Add("stop_reason", v1::StopReason_Name(response.stop_reason()));
  fields.Add("answered", response.has_answer());
  if (response.has_answer()) fields.Add("agreement", response.agreement());
  if (response.provisional()) fields.Add("provisional", true);
  fields.Add("difficulty", DifficultyLabel(response.difficulty().difficulty()));
  fields.Add("estimator", response.difficulty().estimator());
  if (response.has_verdict()) fields.Add("verdict", VerdictLabel(response.verdict().correct()));
}

void AddBill(const v1::Usage& usage, LogFields& fields) {
  fields.Add("prompt_tokens", usage.prompt_tokens());
  fields.Add("cached_tokens", usage.cached_tokens());
  fields.Add("finished_tokens", usage.finished_tokens());
  fields.Add("cancelled_tokens", usage.cancelled_tokens());
  fields.Add("estimated_tokens", usage.estimated_tokens());
  fields.Add("judge_tokens", usage.judge_tokens());
  fields.Add("sequential_tokens", usage.sequential_tokens());
  if (usage.has_cost_usd()) fields.Add("cost_usd", usage.cost_usd());
  fields.Add("traces_started", usage.traces_started());
  fields.Add("traces_finished", usage.traces_finished());
  fields.Add("traces_cancelled", usage.traces_cancelled());
  fields.Add("traces_failed", usage.traces_failed());
  fields.Add("retries", usage.retries());
  fields.Add("replacements", usage.replacements());
}

void AddTimes(const SolveObservation& solve, LogFields& fields) {
  const v1::Usage& usage = solve.response.usage();
  fields.Add("seconds", Seconds(solve.duration));
  fields.Add("queued_seconds", Seconds(solve.queued));
  fields.Add("first_token_seconds", Microseconds(usage.seconds_to_first_token()));
  fields.Add("decision_seconds", Microseconds(usage.seconds_to_decision()));
  fields.Add("overhead_seconds", Seconds(solve.overhead));
  fields.Add("cancel_seconds", Seconds(solve.cancel_time));
}

}  // namespace

void LogSolve(const SolveNames& names, const SolveObservation& solve, const absl::Status& status,
              const SolveTexts* texts) {
  const bool left = absl::IsCancelled(status);
  const LogLevel level = status.ok() || left ? LogLevel::kInfo : LogLevel::kWarning;
  if (!IsLogged(level)) return;
  LogFields fields;
  AddNames(names, fields);
  fields.Add("caller", names.facts.caller);
  fields.Add("model", solve.model);
  fields.Add("code", CodeOf(status));
  if (!status.ok() && !left) fields.Add("error", Cut(status.message()));
  AddPlan(solve.plan, fields);
  if (!left) AddOutcome(solve.response, fields);
  AddBill(solve.response.usage(), fields);
  AddTimes(solve, fields);
  if (texts != nullptr) {
    fields.Add("prompt", Cut(texts->prompt));
    if (!texts->reference_answer.empty())
      fields.Add("reference_answer", Cut(texts->reference_answer));
    if (solve.response.has_answer()) fields.Add("answer", Cut(solve.response.answer()));
    fields.Add("text", Cut(solve.response.text()));
  }
  Log(level,
      left          ? "solve abandoned by its caller"
      : status.ok() ? "solve"
                    : "solve failed",
      fields);
}

void LogTrace(const SolveNames& names, const v1::Trace& trace) {
  if (!IsLogged(LogLevel::kDebug)) return;
  LogFields fields;
  AddNames(names, fields);
  fields.Add("trace", trace.index());
  fields.Add("outcome", v1::TraceOutcome_Name(trace.outcome()));
  fields.Add("backend", trace.backend());
  fields.Add("finish_reason", trace.finish_reason());
  fields.Add("answered", trace.has_answer());
  fields.Add("completion_tokens", trace.completion_tokens());
  fields.Add("clock_tokens", trace.clock_tokens());
  if (!trace.error().empty()) fields.Add("error", Cut(trace.error()));
  Log(LogLevel::kDebug, "trace", fields);
}

void LogReport(const v1::ReportOutcomeResponse& report) {
  if (!IsLogged(LogLevel::kInfo)) return;
  LogFields fields;
  fields.Add("solve_id", report.solve_id());
  fields.Add("model", report.model());
  fields.Add("strategy", report.strategy());
  fields.Add("difficulty", DifficultyLabel(report.difficulty()));
  fields.Add("verdict", VerdictLabel(report.correct()));
  fields.Add("counted", report.counted());
  Log(LogLevel::kInfo, "outcome reported", fields);
}

}  // namespace sextant
