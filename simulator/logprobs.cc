#include "simulator/logprobs.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "simulator/stable_random.h"

namespace sextant {
namespace {

// Stand-ins for the tokens that were not chosen; more than a request can ask for.
constexpr absl::string_view kOtherTokens[] = {" the",  " of",   " and",  " to",   " is",  " that",
                                              " we",   " so",   " then", " with", " for", " as",
                                              " by",   " from", " this", " it",   " in",  " can",
                                              " have", " thus", " now",  " let",  " if",  " at"};

}  // namespace

double PseudoLogprobs::Of(int64_t position) const {
  // Exponential with the mean `surprise`: mostly near 0, now and then a surprise.
  const double unit = UnitInterval(Mix(key + static_cast<uint64_t>(position)));
  return surprise * std::log(1 - unit);
}

std::vector<TokenLogprob> PseudoLogprobs::Top(int64_t position, absl::string_view token,
                                              int count) const {
  const double chosen = Of(position);
  std::vector<TokenLogprob> top = {{std::string(token), chosen}};
  // The others share what the chosen token leaves, each half of the rest.
  double rest = 1 - std::exp(chosen);
  const size_t offset = Mix(key ^ static_cast<uint64_t>(position)) % std::size(kOtherTokens);
  for (size_t i = 0; top.size() < static_cast<size_t>(count) + 1 && i < std::size(kOtherTokens);
       ++i) {
    const absl::string_view other = kOtherTokens[(offset + i) % std::size(kOtherTokens)];
    if (other == token) continue;
    rest /= 2;
    top.push_back({std::string(other), std::log(std::max(rest, 1e-12))});
  }
  std::stable_sort(top.begin(), top.end(), [](const TokenLogprob& a, const TokenLogprob& b) {
    return a.logprob > b.logprob;
  });
  top.resize(std::min(top.size(), static_cast<size_t>(count)));
  return top;
}

}  // namespace sextant
