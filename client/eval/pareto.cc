#include "client/eval/pareto.h"

#include <algorithm>

namespace sextant {
namespace {

bool Beats(const Offer& offer, const Offer& other) {
  return offer.tokens <= other.tokens && offer.accuracy >= other.accuracy &&
         (offer.tokens < other.tokens || offer.accuracy > other.accuracy);
}

}  // namespace

std::vector<size_t> ParetoFront(const std::vector<Offer>& offers) {
  std::vector<size_t> front;
  for (size_t i = 0; i < offers.size(); ++i) {
    const auto beats_it = [&](const Offer& other) { return Beats(other, offers[i]); };
    if (std::none_of(offers.begin(), offers.end(), beats_it)) front.push_back(i);
  }
  std::stable_sort(front.begin(), front.end(),
                   [&](size_t a, size_t b) { return offers[a].tokens < offers[b].tokens; });
  return front;
}

}  // namespace sextant
