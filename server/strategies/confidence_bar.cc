#include "server/strategies/confidence_bar.h"

#include <algorithm>
#include <cmath>

namespace sextant {
namespace {

// The value that a share `below` of the sorted values lie below; linear between two of them.
double Percentile(const std::vector<double>& sorted, double below) {
  const double place = below * static_cast<double>(sorted.size() - 1);
  const auto lower = static_cast<size_t>(std::floor(place));
  const size_t upper = std::min(lower + 1, sorted.size() - 1);
  return sorted[lower] + (place - std::floor(place)) * (sorted[upper] - sorted[lower]);
}

}  // namespace

void ConfidenceBar::Ended(int index, std::optional<double> lowest) {
  if (rule_.keep <= 0 || index >= rule_.warmup) return;
  ++ended_;
  if (lowest) lowest_.push_back(*lowest);
  if (ended_ < rule_.warmup || lowest_.empty()) return;
  std::sort(lowest_.begin(), lowest_.end());
  height_ = Percentile(lowest_, 1 - rule_.keep);
}

bool ConfidenceBar::IsBelow(int index, const ConfidenceWindow& window) const {
  return height_ && index >= rule_.warmup && window.is_full() && *window.lowest() < *height_;
}

}  // namespace sextant
