// Strategies as text, the way the command line, policies and plans write them:
//   simple, majority_vote(n=8), majority_vote(n=8,stop=all), first_finish(k=3,n=8),
//   last_finish(k=3,n=8), beam_search(width=4), adaptive(n=8), auto
//
// A parameter that is left out has its default, which is 0 (or unset) in v1::Strategy. Parameters:
//   majority_vote: n, stop, weights, keep, warmup, window. first_finish, last_finish: k, n, stop,
//   weights. beam_search: width, step_tokens, step_delimiter (in double quotes, with C escapes),
//   expansion, length_penalty. adaptive: n, first, margin, spare, late_after, drop_after, stated,
//   length_exponent, keep, warmup, window, weights (length or confidence).
// `stop` is lossless or all, `weights` uniform, length or confidence. Pure functions; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Limits and defaults that the contract documents.
inline constexpr int32_t kMaxTraces = 256;
inline constexpr int32_t kMaxBeamWidth = 64;
inline constexpr int32_t kMaxStepTokens = 100'000;
inline constexpr int32_t kMinExpansion = 2;
inline constexpr int32_t kMaxExpansion = 8;
inline constexpr double kMaxLengthPenalty = 2;
inline constexpr double kMaxLengths = 1000;  // Of what adaptive counts in mean lengths.
inline constexpr double kMaxLengthExponent = 2;
inline constexpr int32_t kMaxConfidenceWindow = 32'768;  // Tokens.
inline constexpr int32_t kDefaultConfidenceWindow = 2'048;
inline constexpr int32_t kDefaultBeamWidth = 4;
inline constexpr int32_t kDefaultStepTokens = 256;
inline constexpr absl::string_view kDefaultStepDelimiter = "\n\n";
inline constexpr int32_t kDefaultExpansion = 2;
inline constexpr double kDefaultLengthPenalty = 1;

// "auto" gives a Strategy without kind. INVALID_ARGUMENT says what is known, and what was probably
// meant; a number that is written must be in its range, so 0 never stands for a default here.
absl::StatusOr<v1::Strategy> ParseStrategy(absl::string_view text);

// A strategy of a policy, in which `n=large` stands for what the budget holds (n is then 0, as when
// it is left out) and `k=large` for k = n.
struct StrategyTemplate {
  v1::Strategy strategy;
  bool k_is_n = false;
};
absl::StatusOr<StrategyTemplate> ParseStrategyTemplate(absl::string_view text);

// The inverse of ParseStrategy. Unset parameters are left out, and so are defaults except those of
// n, k and width.
std::string StrategyText(const v1::Strategy& strategy);

// The name alone, as in metrics: "first_finish"; "auto" when no kind is set.
absl::string_view StrategyName(const v1::Strategy& strategy);
// All such names, in the order of the contract; without "auto".
const std::vector<std::string>& StrategyNames();

// INVALID_ARGUMENT unless every parameter is 0 or in its range: `strategy.first_finish.k is 9,
// expected 1 to n (8)`.
absl::Status CheckStrategy(const v1::Strategy& strategy);

// The strategy's n and k; 0 where it has none or leaves it to its default.
int32_t TraceCount(const v1::Strategy& strategy);
int32_t FinishCount(const v1::Strategy& strategy);
// What its votes weigh; WEIGHTS_UNSPECIFIED where it has none or leaves them to their default.
v1::Weights WeightsOf(const v1::Strategy& strategy);

// How the confidence of its traces is used. `window` is 0 where it is not; a strategy's own 0
// stands for its default.
struct ConfidenceUse {
  int32_t window = 0;
  double keep = 0;
  int32_t warmup = 0;
};
ConfidenceUse ConfidenceUseOf(const v1::Strategy& strategy);

}  // namespace sextant
