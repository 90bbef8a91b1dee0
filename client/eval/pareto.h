// The Pareto front: what nothing else beats on accuracy and tokens at once.
#pragma once
#include <cstddef>
#include <vector>

namespace sextant {

struct Offer {
  double tokens = 0;
  double accuracy = 0;
};

// Places of the offers on the front, fewest tokens first. An offer is on it when no other has as
// few tokens and as high an accuracy with one of the two better; of equal ones all are.
std::vector<size_t> ParetoFront(const std::vector<Offer>& offers);

}  // namespace sextant
