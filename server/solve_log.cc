#include "server/solve_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

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
  fields["solve_id"] = names.solve_id;
  if (!names.facts.request_id.empty()) fields["request_id"] = names.facts.request_id;
  if (!names.facts.trace_id.empty()) fields["trace_id"] = names.facts.trace_id;
}

void AddPlan(const v1::Plan& plan, LogFields& fields) {
  fields["strategy"] = plan.strategy_text();
  fields["row"] = plan.row();
  fields["policy"] = plan.policy();
}

void AddOutcome(const v1::SolveResponse& response, LogFields& fields) {
  fields["stop_reason"] = v1::StopReason_Name(response.stop_reason());
  fields["answered"] = response.has_answer();
  if (response.has_answer()) fields["agreement"] = response.agreement();
  if (response.provisional()) fields["provisional"] = true;
  fields["difficulty"] = DifficultyLabel(response.difficulty().difficulty());
  fields["estimator"] = response.difficulty().estimator();
  if (response.has_verdict()) fields["verdict"] = VerdictLabel(response.verdict().correct());
}

void AddBill(const v1::Usage& usage, LogFields& fields) {
  fields["prompt_tokens"] = usage.prompt_tokens();
  fields["cached_tokens"] = usage.cached_tokens();
  fields["finished_tokens"] = usage.finished_tokens();
  fields["cancelled_tokens"] = usage.cancelled_tokens();
  fields["estimated_tokens"] = usage.estimated_tokens();
  fields["judge_tokens"] = usage.judge_tokens();
  fields["sequential_tokens"] = usage.sequential_tokens();
  if (usage.has_cost_usd()) fields["cost_usd"] = usage.cost_usd();
  fields["traces_started"] = usage.traces_started();
  fields["traces_finished"] = usage.traces_finished();
  fields["traces_cancelled"] = usage.traces_cancelled();
  fields["traces_failed"] = usage.traces_failed();
  fields["retries"] = usage.retries();
  fields["replacements"] = usage.replacements();
}

void AddTimes(const SolveObservation& solve, LogFields& fields) {
  const v1::Usage& usage = solve.response.usage();
  fields["seconds"] = Seconds(solve.duration);
  fields["queued_seconds"] = Seconds(solve.queued);
  fields["first_token_seconds"] = Microseconds(usage.seconds_to_first_token());
  fields["decision_seconds"] = Microseconds(usage.seconds_to_decision());
  fields["overhead_seconds"] = Seconds(solve.overhead);
  fields["cancel_seconds"] = Seconds(solve.cancel_time);
}

}  // namespace

void LogSolve(const SolveNames& names, const SolveObservation& solve, const absl::Status& status,
              const SolveTexts* texts) {
  const bool left = absl::IsCancelled(status);
  const LogLevel level = status.ok() || left ? LogLevel::kInfo : LogLevel::kWarning;
  if (!IsLogged(level)) return;
  LogFields fields;
  AddNames(names, fields);
  fields["caller"] = names.facts.caller;
  fields["model"] = solve.model;
  fields["code"] = CodeOf(status);
  if (!status.ok() && !left) fields["error"] = Cut(status.message());
  AddPlan(solve.plan, fields);
  if (!left) AddOutcome(solve.response, fields);
  AddBill(solve.response.usage(), fields);
  AddTimes(solve, fields);
  if (texts != nullptr) {
    fields["prompt"] = Cut(texts->prompt);
    if (!texts->reference_answer.empty()) fields["reference_answer"] = Cut(texts->reference_answer);
    if (solve.response.has_answer()) fields["answer"] = Cut(solve.response.answer());
    fields["text"] = Cut(solve.response.text());
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
  fields["trace"] = trace.index();
  fields["outcome"] = v1::TraceOutcome_Name(trace.outcome());
  fields["backend"] = trace.backend();
  fields["finish_reason"] = trace.finish_reason();
  fields["answered"] = trace.has_answer();
  fields["completion_tokens"] = trace.completion_tokens();
  fields["clock_tokens"] = trace.clock_tokens();
  if (!trace.error().empty()) fields["error"] = Cut(trace.error());
  Log(LogLevel::kDebug, "trace", fields);
}

void LogReport(const v1::ReportOutcomeResponse& report) {
  if (!IsLogged(LogLevel::kInfo)) return;
  LogFields fields;
  fields["solve_id"] = report.solve_id();
  fields["model"] = report.model();
  fields["strategy"] = report.strategy();
  fields["difficulty"] = DifficultyLabel(report.difficulty());
  fields["verdict"] = VerdictLabel(report.correct());
  fields["counted"] = report.counted();
  Log(LogLevel::kInfo, "outcome reported", fields);
}

}  // namespace sextant
