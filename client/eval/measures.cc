#include "client/eval/measures.h"

#include <map>

#include "absl/strings/match.h"

namespace sextant {
namespace {

// A row per problem: accuracy, billed and sequential tokens.
constexpr size_t kFigures = 3;

void Append(const Score& score, std::vector<double>& row) {
  row.push_back(score.correct ? 1 : 0);
  row.push_back(static_cast<double>(score.usage.billed_tokens()));
  row.push_back(static_cast<double>(score.usage.sequential_tokens()));
}

std::vector<Stratum> StrataOf(const std::map<std::string, Stratum>& by_dataset) {
  std::vector<Stratum> strata;
  strata.reserve(by_dataset.size());
  for (const auto& [dataset, stratum] : by_dataset) strata.push_back(stratum);
  return strata;
}

std::vector<Stratum> Rows(const Solves& solves) {
  std::map<std::string, Stratum> by_dataset;
  for (const Observation* solve : solves) {
    Append(solve->score, by_dataset[solve->score.dataset].emplace_back());
  }
  return StrataOf(by_dataset);
}

// The same with the baseline's figures behind, of the problems that both have.
std::vector<Stratum> PairedRows(const Solves& solves, const Solves& baseline) {
  std::map<std::pair<absl::string_view, absl::string_view>, const Score*> of_problem;
  for (const Observation* solve : baseline) {
    of_problem[{solve->score.dataset, solve->problem_id}] = &solve->score;
  }
  std::map<std::string, Stratum> by_dataset;
  for (const Observation* solve : solves) {
    const auto other = of_problem.find({solve->score.dataset, solve->problem_id});
    if (other == of_problem.end()) continue;
    std::vector<double>& row = by_dataset[solve->score.dataset].emplace_back();
    Append(solve->score, row);
    Append(*other->second, row);
  }
  return StrataOf(by_dataset);
}

Statistic Mean(size_t column) {
  return [column](const std::vector<double>& means) { return means[column]; };
}

Statistic RatioToBaseline(size_t column) {
  return [column](const std::vector<double>& means) {
    return means[column] / means[column + kFigures];
  };
}

std::optional<Comparison> Compare(const Solves& solves, const Solves& baseline) {
  const std::vector<Stratum> rows = PairedRows(solves, baseline);
  if (rows.empty()) return std::nullopt;
  const Statistic difference = [](const std::vector<double>& means) {
    return means[0] - means[kFigures];
  };
  const std::vector<Estimate> estimates =
      Bootstrap(rows, {difference, RatioToBaseline(1), RatioToBaseline(2)});
  Comparison comparison{.accuracy_difference = estimates[0],
                        .billed_ratio = estimates[1],
                        .sequential_ratio = estimates[2]};
  for (const Stratum& stratum : rows) comparison.problems += static_cast<int>(stratum.size());
  return comparison;
}

Solves InDataset(const Solves& solves, const std::string& dataset) {
  Solves chosen;
  for (const Observation* solve : solves) {
    if (solve->score.dataset == dataset) chosen.push_back(solve);
  }
  return chosen;
}

using ByStrategy = std::vector<std::pair<std::string, Solves>>;

ByStrategy Split(const std::vector<Observation>& observations) {
  ByStrategy by_strategy;
  std::map<absl::string_view, size_t> places;
  for (const Observation& observation : observations) {
    const auto [place, is_new] = places.emplace(observation.score.strategy, by_strategy.size());
    if (is_new) by_strategy.push_back({observation.score.strategy, {}});
    by_strategy[place->second].second.push_back(&observation);
  }
  return by_strategy;
}

const std::pair<std::string, Solves>& BaselineOf(const ByStrategy& by_strategy) {
  for (const auto& entry : by_strategy) {
    if (absl::StartsWith(entry.first, "majority_vote")) return entry;
  }
  for (const auto& entry : by_strategy) {
    if (!IsAdaptive(entry.first)) return entry;
  }
  return by_strategy.front();
}

StrategyMeasures MeasureStrategy(const Solves& solves, const Solves& baseline) {
  StrategyMeasures measures;
  measures.strategy = solves.front()->score.strategy;
  measures.overall = MeasureSolves(solves, baseline);
  std::vector<Score> scores;
  for (const Observation* solve : solves) scores.push_back(solve->score);
  const std::vector<StrategyFigures> summary = Summarise(scores);
  for (const auto& [dataset, figures] : summary.front().by_dataset) {
    measures.by_dataset.emplace_back(
        dataset, MeasureSolves(InDataset(solves, dataset), InDataset(baseline, dataset)));
  }
  return measures;
}

}  // namespace

Measures MeasureSolves(const Solves& solves, const Solves& baseline) {
  std::vector<Score> scores;
  for (const Observation* solve : solves) scores.push_back(solve->score);
  const std::vector<Estimate> estimates = Bootstrap(Rows(solves), {Mean(0), Mean(1), Mean(2)});
  return {.figures = Summarise(scores).front().overall,
          .accuracy = estimates[0],
          .billed_tokens = estimates[1],
          .sequential_tokens = estimates[2],
          .comparison = Compare(solves, baseline)};
}

EvalMeasures MeasureAll(const std::vector<Observation>& observations) {
  const ByStrategy by_strategy = Split(observations);
  EvalMeasures measures;
  if (by_strategy.empty()) return measures;
  const auto& [baseline, baseline_solves] = BaselineOf(by_strategy);
  measures.baseline = baseline;
  for (const auto& [strategy, solves] : by_strategy) {
    const bool itself = strategy == baseline;
    measures.strategies.push_back(MeasureStrategy(solves, itself ? Solves() : baseline_solves));
  }
  return measures;
}

bool IsAdaptive(const std::string& strategy) {
  return strategy == "auto" || absl::StartsWith(strategy, "adaptive");
}

}  // namespace sextant
