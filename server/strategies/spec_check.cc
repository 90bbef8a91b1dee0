// The ranges of every parameter.
#include "absl/strings/str_cat.h"
#include "server/strategies/spec.h"
#include "server/strategies/spec_adaptive.h"
#include "server/strategies/spec_call.h"

namespace sextant {
namespace {

absl::Status CheckInteger(absl::string_view field, int32_t value, int32_t min, int32_t max) {
  if (value == 0 || (value >= min && value <= max)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("strategy.", field, " is ", value, ", expected ", min, " to ", max));
}

absl::Status CheckStop(absl::string_view strategy, v1::Stop stop) {
  if (v1::Stop_IsValid(stop)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("strategy.", strategy, ".stop is ",
                                                 static_cast<int>(stop),
                                                 ", expected STOP_LOSSLESS or STOP_ALL"));
}

absl::Status CheckNumber(absl::string_view field, double value, double min, double max) {
  // Written so that NaN fails.
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("strategy.", field, " is ", value, ", expected ", min, " to ", max));
}

// The parameters that strategies of n traces have. `k` is 0 where there is none.
struct TraceParameters {
  int32_t k = 0;
  int32_t n = 0;
  v1::Stop stop = v1::STOP_UNSPECIFIED;
  v1::Weights weights = v1::WEIGHTS_UNSPECIFIED;
};

absl::Status CheckTraces(absl::string_view name, const TraceParameters& given) {
  const absl::Status n = CheckInteger(absl::StrCat(name, ".n"), given.n, 1, kMaxTraces);
  if (!n.ok()) return n;
  if (given.n != 0 && (given.k < 0 || given.k > given.n)) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.", name, ".k is ", given.k, ", expected 1 to n (", given.n, ")"));
  }
  const absl::Status k = CheckInteger(absl::StrCat(name, ".k"), given.k, 1, kMaxTraces);
  if (!k.ok()) return k;
  if (!v1::Weights_IsValid(given.weights)) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.", name, ".weights is ", static_cast<int>(given.weights),
                     ", expected WEIGHTS_UNIFORM, WEIGHTS_LENGTH or WEIGHTS_CONFIDENCE"));
  }
  return CheckStop(name, given.stop);
}

absl::Status CheckBeamSearch(const v1::BeamSearch& beam) {
  for (const absl::Status& status :
       {CheckInteger("beam_search.width", beam.width(), 1, kMaxBeamWidth),
        CheckInteger("beam_search.step_tokens", beam.step_tokens(), 1, kMaxStepTokens),
        CheckInteger("beam_search.expansion", beam.expansion(), kMinExpansion, kMaxExpansion)}) {
    if (!status.ok()) return status;
  }
  if (beam.step_delimiter().size() > kMaxDelimiterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.beam_search.step_delimiter has ", beam.step_delimiter().size(),
                     " bytes, expected at most ", kMaxDelimiterBytes));
  }
  // Written so that NaN fails.
  if (!(beam.length_penalty() >= 0 && beam.length_penalty() <= kMaxLengthPenalty)) {
    return absl::InvalidArgumentError(absl::StrCat("strategy.beam_search.length_penalty is ",
                                                   beam.length_penalty(), ", expected 0 to ",
                                                   kMaxLengthPenalty));
  }
  return absl::OkStatus();
}

// What MajorityVote and Adaptive have in common.
template <typename Message>
absl::Status CheckConfidence(absl::string_view name, const Message& given) {
  for (const absl::Status& status :
       {CheckNumber(absl::StrCat(name, ".keep"), given.keep(), 0, 1),
        CheckInteger(absl::StrCat(name, ".warmup"), given.warmup(), 1, kMaxTraces - 1),
        CheckInteger(absl::StrCat(name, ".window"), given.window(), 1, kMaxConfidenceWindow)}) {
    if (!status.ok()) return status;
  }
  if (given.n() == 0 || given.warmup() < given.n()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("strategy.", name, ".warmup is ", given.warmup(),
                                                 ", expected below n (", given.n(), ")"));
}

absl::Status CheckMajorityVote(const v1::MajorityVote& vote) {
  absl::Status status =
      CheckTraces("majority_vote", {.n = vote.n(), .stop = vote.stop(), .weights = vote.weights()});
  if (status.ok()) status = CheckConfidence("majority_vote", vote);
  if (!status.ok()) return status;
  // What would be ignored without a word. In `adaptive` a policy's row may hold the rest.
  if (vote.warmup() > 0 && vote.keep() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("strategy.majority_vote.warmup is ",
                                                   vote.warmup(), ", expected keep with it"));
  }
  if (vote.window() > 0 && vote.keep() == 0 && vote.weights() != v1::WEIGHTS_CONFIDENCE) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.majority_vote.window is ", vote.window(),
                     ", expected keep or weights=confidence with it"));
  }
  return absl::OkStatus();
}

absl::Status CheckAdaptive(const v1::Adaptive& adaptive) {
  for (const absl::Status& status :
       {CheckInteger("adaptive.n", adaptive.n(), 1, kMaxTraces),
        CheckInteger("adaptive.first", adaptive.first(), 1, kMaxTraces)}) {
    if (!status.ok()) return status;
  }
  for (const AdaptiveNumber& number : kAdaptiveNumbers) {
    if (!number.has(adaptive)) continue;
    absl::Status status = CheckNumber(absl::StrCat("adaptive.", number.name), number.get(adaptive),
                                      number.min, number.max);
    if (!status.ok()) return status;
  }
  const v1::Weights weights = adaptive.weights();
  if (weights != v1::WEIGHTS_UNSPECIFIED && weights != v1::WEIGHTS_LENGTH &&
      weights != v1::WEIGHTS_CONFIDENCE) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.adaptive.weights is ", static_cast<int>(weights),
                     ", expected WEIGHTS_LENGTH or WEIGHTS_CONFIDENCE"));
  }
  return CheckConfidence("adaptive", adaptive);
}

}  // namespace

absl::Status CheckStrategy(const v1::Strategy& strategy) {
  switch (strategy.kind_case()) {
    case v1::Strategy::kMajorityVote:
      return CheckMajorityVote(strategy.majority_vote());
    case v1::Strategy::kFirstFinish: {
      const v1::FirstFinish& finish = strategy.first_finish();
      return CheckTraces("first_finish", {finish.k(), finish.n(), finish.stop(), finish.weights()});
    }
    case v1::Strategy::kLastFinish: {
      const v1::LastFinish& finish = strategy.last_finish();
      return CheckTraces("last_finish", {finish.k(), finish.n(), finish.stop(), finish.weights()});
    }
    case v1::Strategy::kBeamSearch:
      return CheckBeamSearch(strategy.beam_search());
    case v1::Strategy::kAdaptive:
      return CheckAdaptive(strategy.adaptive());
    case v1::Strategy::kSimple:
    case v1::Strategy::KIND_NOT_SET:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace sextant
