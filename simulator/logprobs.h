// Log-probabilities for texts that have none: derived from a hash, equal for equal texts, with a
// chosen mean. They are plausible to look at and mean nothing, which the README says.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

struct TokenLogprob {
  std::string token;
  double logprob = 0;  // Natural logarithm, at most 0.
};

// The least that a token confidence over 20 tokens can be here: below, their probabilities would be
// too even for the tail that is left over.
inline constexpr double kLeastConfidence = 3.4;
inline constexpr double kMostConfidence = 50;

struct PseudoLogprobs {
  uint64_t key = 0;     // Same key and position, same numbers.
  double surprise = 0;  // Mean of -logprob over many tokens, where `confidence` is 0.
  // Above kLeastConfidence: the mean over many tokens of the token confidence, -(1/20) * sum of log
  // p over the 20 likeliest. A token's own is uniform between kLeastConfidence and what gives that
  // mean.
  double confidence = 0;

  // Of the token at `position` in the whole text.
  double Of(int64_t position) const;
  // The `count` likeliest tokens there, likeliest first; the probabilities sum to at most 1. As on
  // real servers, `token` itself may be missing when it was an unlikely one.
  std::vector<TokenLogprob> Top(int64_t position, absl::string_view token, int count) const;

 private:
  double RatioAt(int64_t position) const;
  size_t RankAt(int64_t position, double ratio) const;
};

}  // namespace sextant
