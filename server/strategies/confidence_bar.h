// Stopping weak traces early: the online rule of DeepConf (arXiv 2508.15260).
//
// The first `warmup` traces of a solve run to their end. The bar is the (100 - 100 * keep)
// percentile of their lowest group confidences, between two of them by their distance from it; a
// later trace is stopped once a full window's mean falls below the bar. A few warm-up traces know
// the percentile badly: of later traces that are no worse, about a share of
// ((1 - keep) * (warmup - 1) + 1) / (warmup + 1) is stopped: 26 % for keep = 0.9 and warmup = 4.
#pragma once
#include <optional>
#include <vector>

#include "server/strategies/confidence_window.h"

namespace sextant {

// Not thread-safe.
class ConfidenceBar {
 public:
  struct Rule {
    double keep =
        0;  // Share of the warm-up traces that would be kept, 0 to 1. 0: no trace is stopped.
    int warmup = 0;  // 1 or more where keep is above 0.
  };

  explicit ConfidenceBar(Rule rule) : rule_(rule) {}

  // Trace `index` has ended, for whatever reason. `lowest`: its lowest group confidence where it
  // finished and has one. Call once for each trace.
  void Ended(int index, std::optional<double> lowest);

  // Unset until the warm-up has ended, and where none of its traces has a confidence.
  std::optional<double> height() const { return height_; }
  // Whether trace `index` is to be stopped, now that its window stands so.
  bool IsBelow(int index, const ConfidenceWindow& window) const;

 private:
  const Rule rule_;
  int ended_ = 0;  // Of the warm-up.
  std::vector<double> lowest_;
  std::optional<double> height_;
};

}  // namespace sextant
