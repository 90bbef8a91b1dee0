// The tables of a report that hold figures: all strategies, each against the baseline, by data set
// and by difficulty.
#pragma once
#include <string>
#include <vector>

#include "client/eval/measures.h"

namespace sextant {

std::string StrategiesTable(const EvalMeasures& measures);

// Empty when there is nothing to compare.
std::string ComparisonTable(const EvalMeasures& measures);

// A table for each data set.
std::string DatasetTables(const EvalMeasures& measures);

// By the difficulty that the server estimated, and by what estimated it.
std::string DifficultyTable(const std::vector<Observation>& observations);

}  // namespace sextant
