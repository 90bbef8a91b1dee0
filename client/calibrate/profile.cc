#include "client/calibrate/profile.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calibrate/drop_point.h"
#include "client/calibrate/pilot_fit.h"
#include "client/calibrate/recommend_report.h"
#include "client/cli/text.h"
#include "server/answer/vote.h"

namespace sextant {
namespace {

// A trace is dropped when going on is expected to give fewer right answers than this for each mean
// length of tokens.
constexpr double kLeastYield = 0.1;

using Weighed = LengthOutcome;  // Weights of all traces together: 1.

// For each problem its weight; together 1, each data set with the same share.
std::vector<double> WeightsOf(const std::vector<CalibrationProblem>& problems) {
  std::map<std::string, int> sizes;
  for (const CalibrationProblem& problem : problems) ++sizes[problem.dataset];
  std::vector<double> weights;
  weights.reserve(problems.size());
  for (const CalibrationProblem& problem : problems) {
    weights.push_back(1.0 / static_cast<double>(sizes.size()) / sizes[problem.dataset]);
  }
  return weights;
}

// Shortest first.
std::vector<Weighed> TracesByLength(const std::vector<CalibrationProblem>& problems,
                                    const std::vector<double>& weights) {
  std::vector<Weighed> traces;
  for (size_t i = 0; i < problems.size(); ++i) {
    const double weight = weights[i] / static_cast<double>(problems[i].traces.size());
    for (const CalibrationTrace& trace : problems[i].traces) {
      traces.push_back({static_cast<double>(trace.tokens), trace.right, weight});
    }
  }
  std::stable_sort(traces.begin(), traces.end(),
                   [](const Weighed& a, const Weighed& b) { return a.tokens < b.tokens; });
  return traces;
}

double TotalWeight(const std::vector<Weighed>& traces) {
  double total = 0;
  for (const Weighed& trace : traces) total += trace.weight;
  return total;
}

// `traces` are sorted. Each quantile is the length of a trace.
std::optional<LengthQuantiles> QuantilesOf(const std::vector<Weighed>& traces) {
  if (traces.empty()) return std::nullopt;
  const double total = TotalWeight(traces);
  LengthQuantiles quantiles{};
  size_t at = 0;
  double up_to = traces[0].weight;
  for (size_t i = 0; i < quantiles.size(); ++i) {
    // Rounding of the sum must not push a quantile to the next trace.
    while (up_to < kLengthShares[i] * total * (1 - 1e-9) && at + 1 < traces.size()) {
      up_to += traces[++at].weight;
    }
    quantiles[i] = traces[at].tokens;
  }
  return quantiles;
}

LengthProfile LengthsOf(const std::vector<Weighed>& traces) {
  std::vector<Weighed> right, wrong;
  for (const Weighed& trace : traces) (trace.right ? right : wrong).push_back(trace);
  return {.all = QuantilesOf(traces), .right = QuantilesOf(right), .wrong = QuantilesOf(wrong)};
}

// Unset when there are fewer traces than bins.
std::optional<std::array<double, kLengthBins>> AccuracyByLength(
    const std::vector<Weighed>& traces) {
  if (traces.size() < kLengthBins) return std::nullopt;
  std::array<double, kLengthBins> right{}, all{};
  double before = 0;
  for (const Weighed& trace : traces) {
    const double middle = before + trace.weight / 2;
    const auto bin =
        std::min(kLengthBins - 1, static_cast<size_t>(middle * static_cast<double>(kLengthBins)));
    all[bin] += trace.weight;
    right[bin] += trace.right ? trace.weight : 0;
    before += trace.weight;
  }
  for (size_t i = 0; i < kLengthBins; ++i) {
    if (all[i] == 0) return std::nullopt;  // One trace outweighs a bin.
    right[i] = std::min(1.0, right[i] / all[i]);
  }
  return right;
}

double MeanLength(const CalibrationProblem& problem) {
  double sum = 0;
  for (const CalibrationTrace& trace : problem.traces) sum += static_cast<double>(trace.tokens);
  return sum / static_cast<double>(problem.traces.size());
}

double AgreementOf(const CalibrationProblem& problem) {
  Ballot ballot;
  int index = 0;
  for (const CalibrationTrace& trace : problem.traces) {
    if (!trace.answer.has_value()) continue;
    ballot.Add({.answer = *trace.answer, .tokens = trace.tokens, .index = index++});
  }
  return ballot.Decide().agreement;
}

double AnswerRateOf(const CalibrationProblem& problem) {
  const auto answered =
      std::count_if(problem.traces.begin(), problem.traces.end(),
                    [](const CalibrationTrace& trace) { return trace.answer.has_value(); });
  return static_cast<double>(answered) / static_cast<double>(problem.traces.size());
}

// A mean over problems.
template <typename Value>
double MeanOver(const std::vector<CalibrationProblem>& problems, const std::vector<double>& weights,
                const Value& value) {
  double sum = 0, total = 0;
  for (size_t i = 0; i < problems.size(); ++i) {
    sum += weights[i] * value(problems[i]);
    total += weights[i];
  }
  return total == 0 ? 0 : sum / total;
}

DifficultyProfile DifficultyOf(const std::vector<CalibrationProblem>& problems,
                               const std::vector<double>& weights) {
  const std::vector<bool> hard = HardProblems(problems);
  std::vector<double> of_easy = weights, of_hard = weights;
  double hard_share = 0;
  for (size_t i = 0; i < problems.size(); ++i) {
    (hard[i] ? of_easy : of_hard)[i] = 0;
    hard_share += of_hard[i];
  }
  DifficultyProfile difficulty;
  difficulty.hard_share = std::min(1.0, hard_share);
  difficulty.accuracy_easy = MeanOver(problems, of_easy, AccuracyOf);
  difficulty.agreement_easy = std::min(1.0, MeanOver(problems, of_easy, AgreementOf));
  difficulty.length_easy = MeanOver(problems, of_easy, MeanLength);
  if (hard_share == 0) return difficulty;
  difficulty.accuracy_hard = MeanOver(problems, of_hard, AccuracyOf);
  difficulty.agreement_hard = std::min(1.0, MeanOver(problems, of_hard, AgreementOf));
  difficulty.length_hard = MeanOver(problems, of_hard, MeanLength);
  return difficulty;
}

// Names come from files; a line break in one would end the comment.
std::string SourcesText(const std::vector<std::string>& sources) {
  constexpr size_t kShown = 4;
  if (sources.size() <= kShown) return Printable(absl::StrJoin(sources, ", "));
  const auto end = sources.begin() + kShown;
  return absl::StrCat(Printable(absl::StrJoin(sources.begin(), end, ", ")), " and ",
                      sources.size() - kShown, " more");
}

}  // namespace

Calibration Calibrate(const ModelTraces& traces, Reasoning reasoning) {
  const std::vector<CalibrationProblem>& problems = traces.problems;
  const std::vector<double> weights = WeightsOf(problems);
  const std::vector<Weighed> by_length = TracesByLength(problems, weights);
  std::map<std::string, int> datasets;
  for (const CalibrationProblem& problem : problems) ++datasets[problem.dataset];

  Calibration calibration{.model = traces.model,
                          .horizon = FindHorizon(problems, reasoning),
                          .datasets = static_cast<int>(datasets.size())};
  ModelProfile& profile = calibration.profile;
  profile.horizon = calibration.horizon.horizon;
  const double typical = MeanOver(problems, weights, MeanLength);
  profile.typical_trace_tokens = std::max(1, static_cast<int>(std::lround(typical)));
  profile.traces = static_cast<int>(by_length.size());
  profile.problems = static_cast<int>(problems.size());
  profile.accuracy = std::min(1.0, MeanOver(problems, weights, AccuracyOf));
  profile.agreement = std::min(1.0, MeanOver(problems, weights, AgreementOf));
  profile.answer_rate = std::min(1.0, MeanOver(problems, weights, AnswerRateOf));
  const double drop_after = DropPoint(by_length, typical, kLeastYield);
  if (std::isfinite(drop_after)) profile.drop_after = drop_after;
  profile.lengths = LengthsOf(by_length);
  profile.accuracy_by_length = AccuracyByLength(by_length);
  profile.difficulty = DifficultyOf(problems, weights);
  profile.pilot = FitPilot(problems, *profile.typical_trace_tokens);
  calibration.recommendations = Recommend(problems, profile);
  return calibration;
}

std::string ProfileFileText(const Calibration& calibration, const std::vector<std::string>& sources,
                            absl::Time made) {
  return absl::StrCat(
      "# Profile of ", Printable(calibration.model), ", made by `sextant calibrate` on ",
      absl::FormatTime("%Y-%m-%d", made, absl::UTCTimeZone()), " from\n# ", SourcesText(sources),
      ": ", Count(*calibration.profile.traces, "trace"), " of ",
      Count(*calibration.profile.problems, "problem"), " in ",
      Count(calibration.datasets, "data set"), ".\n# ", Printable(calibration.horizon.reason),
      "\n# (Intervals: 95 %, over problems.) Lengths are in tokens, quantiles at 5, 10, 25, 50, "
      "75, "
      "90 and 95 %.\n",
      RecommendationComment(calibration.recommendations, calibration.horizon.horizon),
      ModelProfileYaml(calibration.profile));
}

}  // namespace sextant
