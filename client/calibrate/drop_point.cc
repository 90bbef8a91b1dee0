#include "client/calibrate/drop_point.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace sextant {
namespace {

constexpr size_t kStepsPerMean = 8;
constexpr size_t kSteps = 8 * kStepsPerMean;  // The last one holds all that is longer.

// What happens between one length of the grid and the next.
struct Stretch {
  double right = 0;   // Right traces that end there.
  double tokens = 0;  // Generated there, in mean lengths.
};

std::vector<Stretch> StretchesOf(const std::vector<LengthOutcome>& traces, double mean_tokens) {
  std::vector<Stretch> stretches(kSteps + 1);
  for (const LengthOutcome& trace : traces) {
    const double steps = trace.tokens / mean_tokens * kStepsPerMean;
    const size_t last = std::min(kSteps, static_cast<size_t>(steps));
    if (trace.right) stretches[last].right += trace.weight;
    for (size_t i = 0; i <= last; ++i) {
      const double in_step = i == kSteps ? steps - static_cast<double>(i)
                                         : std::min(1.0, steps - static_cast<double>(i));
      stretches[i].tokens += trace.weight * in_step / kStepsPerMean;
    }
  }
  return stretches;
}

double BestYieldFrom(const std::vector<Stretch>& stretches, size_t from) {
  double best = 0, right = 0, tokens = 0;
  for (size_t i = from; i < stretches.size(); ++i) {
    right += stretches[i].right;
    tokens += stretches[i].tokens;
    if (tokens > 0) best = std::max(best, right / tokens);
  }
  return best;
}

}  // namespace

double DropPoint(const std::vector<LengthOutcome>& traces, double mean_tokens, double least_yield) {
  const std::vector<Stretch> stretches = StretchesOf(traces, mean_tokens);
  for (size_t i = kStepsPerMean; i < kSteps; ++i) {
    if (BestYieldFrom(stretches, i) < least_yield) {
      return mean_tokens * static_cast<double>(i) / kStepsPerMean;
    }
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace sextant
