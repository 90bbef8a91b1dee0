// The figures of an evaluation with their intervals, and every strategy against one of them.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/eval/bootstrap.h"
#include "client/eval/observation.h"
#include "client/eval/summary.h"

namespace sextant {

// Over the problems that both strategies ended, in pairs.
struct Comparison {
  int problems = 0;
  Estimate accuracy_difference;  // Shares: 0.05 is five points better than the baseline.
  Estimate billed_ratio;         // 0.5 is half the baseline's tokens.
  Estimate sequential_ratio;
};

struct Measures {
  Figures figures;
  Estimate accuracy;  // The values are those of `figures`.
  Estimate billed_tokens;
  Estimate sequential_tokens;
  std::optional<Comparison> comparison;  // Unset for the baseline itself.
};

struct StrategyMeasures {
  std::string strategy;
  Measures overall;
  std::vector<std::pair<std::string, Measures>> by_dataset;  // In the order in which they came.
};

struct EvalMeasures {
  std::string baseline;  // The first majority vote, else the first that does not adapt.
  std::vector<StrategyMeasures> strategies;  // In the order in which they came.
};

EvalMeasures MeasureAll(const std::vector<Observation>& observations);

using Solves = std::vector<const Observation*>;

// Of some solves of one strategy, not empty; compared with `baseline` unless that is empty.
Measures MeasureSolves(const Solves& solves, const Solves& baseline);

// `auto` and `adaptive`: those that a report is about.
bool IsAdaptive(const std::string& strategy);

}  // namespace sextant
