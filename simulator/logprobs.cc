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

// The ratio of a geometric distribution whose 20 likeliest tokens have this mean of -log p. It
// grows from the mean's least value, at 9.5 / 10.5, towards 0.
double RatioOf(double mean) {
  constexpr double kMeanRank = 9.5;
  double low = 1e-6, high = kMeanRank / (kMeanRank + 1);
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    const double reached = -std::log(1 - middle) - kMeanRank * std::log(middle);
    (reached > mean ? low : high) = middle;
  }
  return (low + high) / 2;
}

struct Sampled {
  absl::string_view token;
  size_t rank;
};

std::vector<TokenLogprob> Geometric(double ratio, int count, Sampled sampled, size_t offset) {
  std::vector<TokenLogprob> top;
  size_t other = offset;
  for (size_t rank = 0; rank < static_cast<size_t>(count); ++rank) {
    absl::string_view token = sampled.token;
    if (rank != sampled.rank) {
      if (kOtherTokens[other % std::size(kOtherTokens)] == sampled.token) ++other;
      token = kOtherTokens[other++ % std::size(kOtherTokens)];
    }
    top.push_back(
        {std::string(token), std::log(1 - ratio) + static_cast<double>(rank) * std::log(ratio)});
  }
  return top;
}

}  // namespace

// With a confidence, the tokens at a place are geometric: the likeliest has 1 - ratio, each further
// one `ratio` times the one before.
double PseudoLogprobs::RatioAt(int64_t position) const {
  const double unit = UnitInterval(Mix(key + static_cast<uint64_t>(position)));
  return RatioOf(kLeastConfidence + 2 * unit * (confidence - kLeastConfidence));
}

// Which of them was sampled.
size_t PseudoLogprobs::RankAt(int64_t position, double ratio) const {
  const double unit = UnitInterval(Mix(Mix(key) + static_cast<uint64_t>(position)));
  return static_cast<size_t>(std::log(1 - unit) / std::log(ratio));
}

double PseudoLogprobs::Of(int64_t position) const {
  if (confidence > 0) {
    const double ratio = RatioAt(position);
    return std::log(1 - ratio) + static_cast<double>(RankAt(position, ratio)) * std::log(ratio);
  }
  // Exponential with the mean `surprise`: mostly near 0, now and then a surprise.
  const double unit = UnitInterval(Mix(key + static_cast<uint64_t>(position)));
  return surprise * std::log(1 - unit);
}

std::vector<TokenLogprob> PseudoLogprobs::Top(int64_t position, absl::string_view token,
                                              int count) const {
  const size_t offset = Mix(key ^ static_cast<uint64_t>(position)) % std::size(kOtherTokens);
  if (confidence > 0) {
    const double ratio = RatioAt(position);
    return Geometric(ratio, count, {token, RankAt(position, ratio)}, offset);
  }
  const double chosen = Of(position);
  std::vector<TokenLogprob> top = {{std::string(token), chosen}};
  // The others share what the chosen token leaves, each half of the rest.
  double rest = 1 - std::exp(chosen);
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
