// What the measurements report of many values.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace sextant {

// 0 of no values.
inline double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}
inline double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

}  // namespace sextant
