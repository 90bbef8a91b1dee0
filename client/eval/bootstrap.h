// Intervals by resampling problems: the bootstrap with percentiles. Pure, and the same for the same
// input on every machine.
#pragma once
#include <functional>
#include <optional>
#include <vector>

namespace sextant {

struct Interval {
  double low = 0;
  double high = 0;
};

struct Estimate {
  double value = 0;
  // 95 %. Unset where there is nothing to resample or the value is not always a number, as a ratio
  // to 0 is not.
  std::optional<Interval> interval;
};

// The problems of one data set: a row per problem, all with the same columns. Not empty.
using Stratum = std::vector<std::vector<double>>;

// A figure from the means of the columns.
using Statistic = std::function<double(const std::vector<double>& means)>;

inline constexpr int kResamples = 1000;

// Each statistic of the means over a data set's problems, then over data sets with equal weight. A
// resample draws problems with replacement within each data set, and a problem's row as a whole:
// what stands in one row, such as two strategies, is compared in pairs.
std::vector<Estimate> Bootstrap(const std::vector<Stratum>& strata,
                                const std::vector<Statistic>& statistics);

}  // namespace sextant
