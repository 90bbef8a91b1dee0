#include "client/eval/observation.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/eval/rows.h"

namespace sextant {
namespace {

// Ends every answer of sextant-simulator's simulated models.
constexpr absl::string_view kSimulatedMark = "This text is simulated.";

// Everything that the server says about its choices, in the order in which it made them.
std::vector<std::string> WhyOf(const SolveResult& result) {
  if (!result.status.ok()) {
    return {absl::StrCat(absl::StatusCodeToString(result.status.code()), ": ",
                         result.status.message())};
  }
  const auto& reasons = result.response.plan().reasons();
  const auto& decisions = result.response.decisions();
  std::vector<std::string> why(reasons.begin(), reasons.end());
  why.insert(why.end(), decisions.begin(), decisions.end());
  return why;
}

}  // namespace

Observation ObservationOf(const std::string& strategy, const Problem& problem,
                          const SolveResult& result) {
  const v1::SolveResponse& response = result.response;
  const v1::Plan& plan = response.plan();
  Observation observation;
  observation.score = ScoreOf(strategy, problem, result);
  observation.problem_id = problem.id;
  observation.stop_reason = response.stop_reason();
  observation.provisional = response.provisional();
  observation.simulated = absl::StrContains(response.text(), kSimulatedMark);
  observation.policy = plan.policy();
  observation.row = plan.row();
  observation.ran = plan.strategy_text();
  observation.difficulty = plan.difficulty().difficulty();
  observation.hard_probability = plan.difficulty().hard_probability();
  observation.estimator = plan.difficulty().estimator();
  observation.why = WhyOf(result);
  return observation;
}

bool ChosenByPolicy(const Observation& observation) {
  return !observation.row.empty() && observation.row != "request";
}

std::vector<Score> ScoresOf(const std::vector<Observation>& observations) {
  std::vector<Score> scores;
  scores.reserve(observations.size());
  for (const Observation& observation : observations) scores.push_back(observation.score);
  return scores;
}

}  // namespace sextant
