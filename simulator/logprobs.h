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

struct PseudoLogprobs {
  uint64_t key = 0;     // Same key and position, same numbers.
  double surprise = 0;  // Mean of -logprob over many tokens.

  // Of the token at `position` in the whole text.
  double Of(int64_t position) const;
  // The `count` likeliest tokens there, likeliest first; the probabilities sum to at most 1. As on
  // real servers, `token` itself may be missing when it was an unlikely one.
  std::vector<TokenLogprob> Top(int64_t position, absl::string_view token, int count) const;
};

}  // namespace sextant
