// Strategies written as text.
#include <charconv>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/strategies/spec.h"
#include "server/strategies/spec_adaptive.h"
#include "server/strategies/spec_call.h"

namespace sextant {
namespace {

// The shortest digits that read back as the same number.
std::string Digits(double number) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  return std::string(digits, written.ptr);
}

void AppendInteger(std::vector<std::string>& parts, absl::string_view name, int32_t value) {
  if (value != 0) parts.push_back(absl::StrCat(name, "=", value));
}

void AppendStop(std::vector<std::string>& parts, v1::Stop stop, v1::Stop default_stop) {
  if (stop == v1::STOP_UNSPECIFIED || stop == default_stop) return;
  parts.push_back(stop == v1::STOP_ALL ? "stop=all" : "stop=lossless");
}

void AppendWeights(std::vector<std::string>& parts, v1::Weights weights,
                   v1::Weights default_weights) {
  if (weights == default_weights) return;
  for (const auto& [word, known] : kWeightWords) {
    if (known == weights) parts.push_back(absl::StrCat("weights=", word));
  }
}

template <typename Finish>
std::vector<std::string> FinishParts(const Finish& finish) {
  std::vector<std::string> parts;
  AppendInteger(parts, "k", finish.k());
  AppendInteger(parts, "n", finish.n());
  AppendStop(parts, finish.stop(), v1::STOP_ALL);
  AppendWeights(parts, finish.weights(), v1::WEIGHTS_UNIFORM);
  return parts;
}

std::vector<std::string> BeamParts(const v1::BeamSearch& beam) {
  std::vector<std::string> parts;
  AppendInteger(parts, "width", beam.width());
  if (beam.step_tokens() != kDefaultStepTokens) {
    AppendInteger(parts, "step_tokens", beam.step_tokens());
  }
  if (!beam.step_delimiter().empty() && beam.step_delimiter() != kDefaultStepDelimiter) {
    parts.push_back(
        absl::StrCat("step_delimiter=\"", absl::Utf8SafeCEscape(beam.step_delimiter()), "\""));
  }
  if (beam.expansion() != kDefaultExpansion) AppendInteger(parts, "expansion", beam.expansion());
  if (beam.length_penalty() != 0 && beam.length_penalty() != kDefaultLengthPenalty) {
    parts.push_back(absl::StrCat("length_penalty=", Digits(beam.length_penalty())));
  }
  return parts;
}

std::vector<std::string> MajorityParts(const v1::MajorityVote& vote) {
  std::vector<std::string> parts;
  AppendInteger(parts, "n", vote.n());
  AppendStop(parts, vote.stop(), v1::STOP_LOSSLESS);
  AppendWeights(parts, vote.weights(), v1::WEIGHTS_UNIFORM);
  if (vote.keep() != 0) parts.push_back(absl::StrCat("keep=", Digits(vote.keep())));
  AppendInteger(parts, "warmup", vote.warmup());
  AppendInteger(parts, "window", vote.window());
  return parts;
}

std::vector<std::string> AdaptiveParts(const v1::Adaptive& adaptive) {
  std::vector<std::string> parts;
  AppendInteger(parts, "n", adaptive.n());
  AppendInteger(parts, "first", adaptive.first());
  for (const AdaptiveNumber& number : kAdaptiveNumbers) {
    if (!number.has(adaptive)) continue;
    parts.push_back(absl::StrCat(number.name, "=", Digits(number.get(adaptive))));
  }
  AppendInteger(parts, "warmup", adaptive.warmup());
  AppendInteger(parts, "window", adaptive.window());
  AppendWeights(parts, adaptive.weights(), v1::WEIGHTS_LENGTH);
  return parts;
}

}  // namespace

std::string StrategyText(const v1::Strategy& strategy) {
  std::vector<std::string> parts;
  if (strategy.has_majority_vote()) {
    parts = MajorityParts(strategy.majority_vote());
  } else if (strategy.has_first_finish()) {
    parts = FinishParts(strategy.first_finish());
  } else if (strategy.has_last_finish()) {
    parts = FinishParts(strategy.last_finish());
  } else if (strategy.has_beam_search()) {
    parts = BeamParts(strategy.beam_search());
  } else if (strategy.has_adaptive()) {
    parts = AdaptiveParts(strategy.adaptive());
  }
  const absl::string_view name = StrategyName(strategy);
  return parts.empty() ? std::string(name)
                       : absl::StrCat(name, "(", absl::StrJoin(parts, ","), ")");
}

}  // namespace sextant
