#include "client/eval/rows.h"

#include <nlohmann/json.hpp>

#include "client/enum_names.h"

namespace sextant {
namespace {

using nlohmann::ordered_json;

// Numbers, where protobuf's own JSON would write 64-bit ones as texts: rows are read by data tools.
void AddUsage(const v1::Usage& usage, ordered_json& row) {
  row["prompt_tokens"] = usage.prompt_tokens();
  row["cached_tokens"] = usage.cached_tokens();
  row["finished_tokens"] = usage.finished_tokens();
  row["cancelled_tokens"] = usage.cancelled_tokens();
  row["billed_tokens"] = usage.billed_tokens();
  row["estimated_tokens"] = usage.estimated_tokens();
  row["sequential_tokens"] = usage.sequential_tokens();
  row["traces_started"] = usage.traces_started();
  row["traces_finished"] = usage.traces_finished();
  row["traces_cancelled"] = usage.traces_cancelled();
  row["traces_failed"] = usage.traces_failed();
  row["retries"] = usage.retries();
  row["judge_tokens"] = usage.judge_tokens();
  row["replacements"] = usage.replacements();
  row["cost_usd"] = usage.has_cost_usd() ? ordered_json(usage.cost_usd()) : ordered_json(nullptr);
  row["seconds_to_first_token"] = usage.seconds_to_first_token();
  row["seconds_to_decision"] = usage.seconds_to_decision();
}

// What a reader of the traces needs to grade them.
void AddTruth(const Problem& problem, ordered_json& row) {
  row["reference_answer"] = problem.answer;
  row["answer_kind"] = ShortName(problem.format.kind());
  if (problem.format.choices_size() > 0) row["choices"] = problem.format.choices();
  if (!problem.format.pattern().empty()) row["pattern"] = problem.format.pattern();
  if (!problem.format.pointer().empty()) row["pointer"] = problem.format.pointer();
}

ordered_json PlanJson(const v1::Plan& plan) {
  ordered_json json;
  json["strategy_text"] = plan.strategy_text();
  json["row"] = plan.row();
  json["policy"] = plan.policy();
  json["horizon"] = HorizonText(plan.horizon());
  json["difficulty"] = ShortName(plan.difficulty().difficulty());
  json["hard_probability"] = plan.difficulty().hard_probability();
  json["estimator"] = plan.difficulty().estimator();
  json["reasons"] = plan.reasons();
  json["expected_billed_tokens"] = plan.expected().billed_tokens();
  json["expected_sequential_tokens"] = plan.expected().sequential_tokens();
  return json;
}

// The last estimate of a solve; the plan has its own.
ordered_json DifficultyJson(const v1::DifficultyEstimate& estimate) {
  return {{"difficulty", ShortName(estimate.difficulty())},
          {"hard_probability", estimate.hard_probability()},
          {"estimator", estimate.estimator()},
          {"reason", estimate.reason()}};
}

ordered_json CandidatesJson(const v1::SolveResponse& response) {
  ordered_json candidates = ordered_json::array();
  for (const v1::Candidate& candidate : response.candidates()) {
    candidates.push_back({{"answer", candidate.answer()},
                          {"votes", candidate.votes()},
                          {"weight", candidate.weight()},
                          {"mean_tokens", candidate.mean_tokens()}});
  }
  return candidates;
}

ordered_json TracesJson(const v1::SolveResponse& response) {
  ordered_json traces = ordered_json::array();
  for (const v1::Trace& trace : response.traces()) {
    ordered_json json;
    json["index"] = trace.index();
    json["outcome"] = ShortName(trace.outcome());
    json["finish_reason"] = trace.finish_reason();
    json["answer"] = trace.has_answer() ? ordered_json(trace.answer()) : ordered_json(nullptr);
    json["completion_tokens"] = trace.completion_tokens();
    json["clock_tokens"] = trace.clock_tokens();
    json["estimated"] = trace.estimated();
    json["backend"] = trace.backend();
    if (trace.has_seed()) json["seed"] = trace.seed();
    if (!trace.error().empty()) json["error"] = trace.error();
    if (!trace.reasoning().empty()) json["reasoning"] = trace.reasoning();
    json["text"] = trace.text();
    traces.push_back(std::move(json));
  }
  return traces;
}

}  // namespace

Score ScoreOf(const std::string& strategy, const Problem& problem, const SolveResult& result) {
  Score score;
  score.strategy = strategy;
  score.dataset = problem.dataset;
  score.failed = !result.status.ok();
  score.answered = result.response.has_answer();
  score.correct = result.response.verdict().correct();
  score.agreement = result.response.agreement();
  score.usage = result.usage.value_or(v1::Usage());
  score.wall_seconds = absl::ToDoubleSeconds(result.elapsed);
  return score;
}

std::string RowJson(const std::string& strategy, const Problem& problem,
                    const SolveResult& result) {
  const v1::SolveResponse& response = result.response;
  ordered_json row;
  row["dataset"] = problem.dataset;
  row["problem_id"] = ordered_json::parse(problem.id);
  AddTruth(problem, row);
  row["strategy"] = strategy;
  row["answer"] = response.has_answer() ? ordered_json(response.answer()) : ordered_json(nullptr);
  row["correct"] = response.verdict().correct();
  row["agreement"] = response.agreement();
  AddUsage(result.usage.value_or(v1::Usage()), row);
  row["wall_seconds"] = absl::ToDoubleSeconds(result.elapsed);
  if (result.status.ok()) {
    row["stop_reason"] = v1::StopReason_Name(response.stop_reason());
    row["provisional"] = response.provisional();
    row["plan"] = PlanJson(response.plan());
    row["difficulty"] = DifficultyJson(response.difficulty());
    row["candidates"] = CandidatesJson(response);
    row["solve_id"] = response.solve_id();
  } else {
    row["stop_reason"] = nullptr;
    row["plan"] = nullptr;
    row["code"] = absl::StatusCodeToString(result.status.code());
    row["error"] = std::string(result.status.message());
  }
  if (response.traces_size() > 0) row["traces"] = TracesJson(response);
  return row.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace sextant
