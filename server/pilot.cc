#include "server/pilot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sextant {
namespace {

constexpr double kLongestLog = 2;  // A factor of seven: beyond it a trace has run away.

double MeanLengthOf(const PilotTraces& traces) {
  const double sum = std::accumulate(traces.ended_tokens.begin(), traces.ended_tokens.end(), 0.0);
  const double mean_ended = sum / static_cast<double>(traces.ended_tokens.size());
  double tokens = sum;
  auto counted = static_cast<double>(traces.ended_tokens.size());
  // A trace that has just begun says nothing yet.
  for (const double running : traces.running_tokens) {
    if (running < mean_ended) continue;
    tokens += running;
    ++counted;
  }
  return tokens / counted;
}

std::string WhyOf(const PilotTraces& traces, std::optional<double> mean_tokens) {
  const size_t ended = traces.ended_tokens.size();
  std::string why = traces.leading > 1
                        ? absl::StrFormat("%d of %d ended traces agree", traces.leading, ended)
                        : absl::StrFormat("no two of %d ended traces agree", ended);
  if (mean_tokens) {
    absl::StrAppendFormat(&why, " at %.2f of the mean length", MeanLengthOf(traces) / *mean_tokens);
  }
  return why;
}

}  // namespace

PilotFeatures FeaturesOf(const PilotTraces& traces, std::optional<double> mean_tokens) {
  const int others = traces.votes - traces.leading;
  PilotFeatures features;
  features.support =
      std::max(0, traces.leading - others) / (static_cast<double>(traces.ended_tokens.size()) + 1);
  if (mean_tokens) {
    const double ratio = std::max(MeanLengthOf(traces), 1.0) / *mean_tokens;
    features.length = std::clamp(std::log(ratio), -kLongestLog, kLongestLog);
  }
  return features;
}

std::optional<PilotEstimate> EstimateByPilot(const PilotModel& model, const PilotTraces& traces,
                                             std::optional<double> mean_tokens) {
  if (traces.ended_tokens.size() < kFewestPilots) return std::nullopt;
  const PilotFeatures features = FeaturesOf(traces, mean_tokens);
  const double log_odds =
      model.intercept + model.support * features.support + model.length * features.length;
  return PilotEstimate{1 / (1 + std::exp(-log_odds)), WhyOf(traces, mean_tokens)};
}

}  // namespace sextant
