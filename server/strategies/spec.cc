#include "server/strategies/spec.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/did_you_mean.h"
#include "server/strategies/spec_adaptive.h"
#include "server/strategies/spec_call.h"

namespace sextant {
namespace {

constexpr absl::string_view kNames[] = {
    "auto", "simple", "majority_vote", "first_finish", "last_finish", "beam_search", "adaptive"};

// FirstFinish and LastFinish have the same parameters. True when k is `large`.
template <typename Finish>
bool ReadFinish(ParameterReader& parameters, Finish& finish) {
  const std::optional<int32_t> k = parameters.Size("k");
  finish.set_k(k.value_or(0));
  finish.set_n(parameters.Size("n").value_or(0));
  finish.set_stop(parameters.StopRule());
  finish.set_weights(parameters.VoteWeights());
  return !k.has_value();
}

template <typename Message>
void ReadWindow(ParameterReader& parameters, Message& message) {
  message.set_warmup(parameters.Integer("warmup", 1, kMaxTraces - 1));
  message.set_window(parameters.Integer("window", 1, kMaxConfidenceWindow));
}

void ReadAdaptive(ParameterReader& parameters, v1::Adaptive& adaptive) {
  adaptive.set_n(parameters.Size("n").value_or(0));
  adaptive.set_first(parameters.Integer("first", 1, kMaxTraces));
  for (const AdaptiveNumber& number : kAdaptiveNumbers) {
    std::optional<double> value;
    if (number.kind == AdaptiveNumber::Kind::kWhole) {
      value = parameters.OptionalInteger(number.name, static_cast<int>(number.min),
                                         static_cast<int>(number.max));
    } else {
      value = parameters.Number(number.name, number.min, number.max);
    }
    if (value) number.set(adaptive, *value);
  }
  ReadWindow(parameters, adaptive);
  adaptive.set_weights(parameters.VoteWeights());
}

absl::StatusOr<StrategyTemplate> Parse(absl::string_view text, Sizes sizes) {
  const absl::StatusOr<Call> call = ParseCall(text);
  if (!call.ok()) return call.status();
  if (std::find(std::begin(kNames), std::end(kNames), call->name) == std::end(kNames)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown strategy ", Quoted(call->name), DidYouMean(call->name, kNames),
                     ", expected one of ", absl::StrJoin(kNames, ", ")));
  }
  StrategyTemplate result;
  v1::Strategy& strategy = result.strategy;
  ParameterReader parameters(*call, sizes);
  if (call->name == "simple") {
    strategy.mutable_simple();
  } else if (call->name == "majority_vote") {
    v1::MajorityVote& vote = *strategy.mutable_majority_vote();
    vote.set_n(parameters.Size("n").value_or(0));
    vote.set_stop(parameters.StopRule());
    vote.set_weights(parameters.VoteWeights());
    vote.set_keep(parameters.Number("keep", 0, 1).value_or(0));
    ReadWindow(parameters, vote);
  } else if (call->name == "first_finish") {
    result.k_is_n = ReadFinish(parameters, *strategy.mutable_first_finish());
  } else if (call->name == "last_finish") {
    result.k_is_n = ReadFinish(parameters, *strategy.mutable_last_finish());
  } else if (call->name == "beam_search") {
    v1::BeamSearch& beam = *strategy.mutable_beam_search();
    beam.set_width(parameters.Integer("width", 1, kMaxBeamWidth));
    beam.set_step_tokens(parameters.Integer("step_tokens", 1, kMaxStepTokens));
    beam.set_step_delimiter(parameters.Delimiter("step_delimiter"));
    beam.set_expansion(parameters.Integer("expansion", kMinExpansion, kMaxExpansion));
    beam.set_length_penalty(parameters.Penalty("length_penalty"));
  } else if (call->name == "adaptive") {
    ReadAdaptive(parameters, *strategy.mutable_adaptive());
  }
  if (absl::Status status = parameters.Finish(); !status.ok()) return status;
  if (absl::Status status = CheckStrategy(strategy); !status.ok()) return status;
  return result;
}

}  // namespace

absl::StatusOr<v1::Strategy> ParseStrategy(absl::string_view text) {
  absl::StatusOr<StrategyTemplate> parsed = Parse(text, Sizes::kNumbers);
  if (!parsed.ok()) return parsed.status();
  return std::move(parsed->strategy);
}

absl::StatusOr<StrategyTemplate> ParseStrategyTemplate(absl::string_view text) {
  return Parse(text, Sizes::kNumbersOrLarge);
}

absl::string_view StrategyName(const v1::Strategy& strategy) {
  switch (strategy.kind_case()) {
    case v1::Strategy::kSimple:
      return "simple";
    case v1::Strategy::kMajorityVote:
      return "majority_vote";
    case v1::Strategy::kFirstFinish:
      return "first_finish";
    case v1::Strategy::kLastFinish:
      return "last_finish";
    case v1::Strategy::kBeamSearch:
      return "beam_search";
    case v1::Strategy::kAdaptive:
      return "adaptive";
    case v1::Strategy::KIND_NOT_SET:
      return "auto";
  }
  return "auto";
}

const std::vector<std::string>& StrategyNames() {
  static const auto& names = *[] {
    auto* result = new std::vector<std::string>;
    const google::protobuf::OneofDescriptor& kind = *v1::Strategy::descriptor()->oneof_decl(0);
    for (int i = 0; i < kind.field_count(); ++i) result->push_back(kind.field(i)->name());
    return result;
  }();
  return names;
}

int32_t TraceCount(const v1::Strategy& strategy) {
  if (strategy.has_majority_vote()) return strategy.majority_vote().n();
  if (strategy.has_first_finish()) return strategy.first_finish().n();
  if (strategy.has_last_finish()) return strategy.last_finish().n();
  if (strategy.has_adaptive()) return strategy.adaptive().n();
  return 0;
}

v1::Weights WeightsOf(const v1::Strategy& strategy) {
  if (strategy.has_majority_vote()) return strategy.majority_vote().weights();
  if (strategy.has_first_finish()) return strategy.first_finish().weights();
  if (strategy.has_last_finish()) return strategy.last_finish().weights();
  if (strategy.has_adaptive()) return strategy.adaptive().weights();
  return v1::WEIGHTS_UNSPECIFIED;
}

int32_t FinishCount(const v1::Strategy& strategy) {
  if (strategy.has_first_finish()) return strategy.first_finish().k();
  if (strategy.has_last_finish()) return strategy.last_finish().k();
  return 0;
}

ConfidenceUse ConfidenceUseOf(const v1::Strategy& strategy) {
  ConfidenceUse use;
  const auto take = [&use](const auto& message) {
    use = {.window = message.window(), .keep = message.keep(), .warmup = message.warmup()};
  };
  if (strategy.has_majority_vote()) take(strategy.majority_vote());
  if (strategy.has_adaptive()) take(strategy.adaptive());
  const bool is_used = use.keep > 0 || WeightsOf(strategy) == v1::WEIGHTS_CONFIDENCE;
  if (!is_used) return {};
  if (use.window == 0) use.window = kDefaultConfidenceWindow;
  return use;
}

}  // namespace sextant
