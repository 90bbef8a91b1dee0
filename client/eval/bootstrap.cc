#include "client/eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

namespace sextant {
namespace {

constexpr uint64_t kSeed = 20250518;

// `pick(stratum, i)` says which of its rows counts as the i-th.
template <typename Pick>
std::vector<double> Means(const std::vector<Stratum>& strata, Pick pick) {
  std::vector<double> means(strata.front().front().size(), 0);
  for (const Stratum& stratum : strata) {
    const double weight = 1.0 / static_cast<double>(stratum.size() * strata.size());
    for (size_t i = 0; i < stratum.size(); ++i) {
      const std::vector<double>& row = stratum[pick(stratum, i)];
      for (size_t column = 0; column < row.size(); ++column) means[column] += weight * row[column];
    }
  }
  return means;
}

// Linear between the two values around the quantile, as R and NumPy do.
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

std::optional<Interval> Percentiles(std::vector<double> values) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  if (values.empty() || !std::all_of(values.begin(), values.end(), is_number)) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{.low = Quantile(values, 0.025), .high = Quantile(values, 0.975)};
}

}  // namespace

std::vector<Estimate> Bootstrap(const std::vector<Stratum>& strata,
                                const std::vector<Statistic>& statistics) {
  std::vector<Estimate> estimates(statistics.size());
  if (strata.empty()) return estimates;
  const std::vector<double> means = Means(strata, [](const Stratum&, size_t i) { return i; });
  std::vector<std::vector<double>> resampled(statistics.size());
  // Not a distribution of the standard library: those differ between implementations. The modulo's
  // bias is below 1e-12 for any number of problems that fits in memory.
  std::mt19937_64 random(kSeed);
  const auto draw = [&](const Stratum& stratum, size_t) {
    return static_cast<size_t>(random() % stratum.size());
  };
  for (int i = 0; i < kResamples; ++i) {
    const std::vector<double> drawn = Means(strata, draw);
    for (size_t s = 0; s < statistics.size(); ++s) resampled[s].push_back(statistics[s](drawn));
  }
  for (size_t s = 0; s < statistics.size(); ++s) {
    estimates[s].value = statistics[s](means);
    estimates[s].interval = Percentiles(std::move(resampled[s]));
  }
  return estimates;
}

}  // namespace sextant
