#include "server/strategies/confidence_window.h"

#include <algorithm>
#include <numeric>

namespace sextant {

void ConfidenceWindow::Add(float confidence) {
  if (ring_.empty()) ring_.resize(size_);
  sum_ += static_cast<double>(confidence) - ring_[next_];
  ring_[next_] = confidence;
  ++tokens_;
  if (++next_ == size_) {
    next_ = 0;
    // Rounding errors of a million additions would otherwise stay in the sum.
    sum_ = std::accumulate(ring_.begin(), ring_.end(), 0.0);
  }
  if (is_full()) lowest_ = std::min(mean(), lowest_.value_or(mean()));
}

double ConfidenceWindow::mean() const {
  if (tokens_ == 0) return 0;
  return sum_ / static_cast<double>(std::min(tokens_, static_cast<int64_t>(size_)));
}

std::optional<double> ConfidenceWindow::lowest() const {
  if (lowest_ || tokens_ == 0) return lowest_;
  return mean();
}

}  // namespace sextant
