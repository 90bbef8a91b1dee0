// Keeps retries from multiplying an outage.
#pragma once
#include <algorithm>

#include "server/backend/recent_count.h"

namespace sextant {

// Retries are at most a share of the requests of the last ten seconds, or of the traces in flight
// where those are more, and a few on top, so that a service with little to do can retry at all. Not
// thread-safe.
class RetryBudget {
 public:
  // `share`: 0 to 1. 0: no retries.
  explicit RetryBudget(double share) : share_(share) {}

  void OnRequest(absl::Time now) { requests_.Add(now); }

  // Takes one retry from the budget. False: there is none left.
  bool Take(absl::Time now, int in_flight) {
    if (share_ <= 0) return false;
    const double base = std::max<double>(static_cast<double>(requests_.Sum(now)), in_flight);
    if (static_cast<double>(retries_.Sum(now)) >= kAlways + share_ * base) return false;
    retries_.Add(now);
    return true;
  }

 private:
  static constexpr double kAlways = 10;
  const double share_;
  RecentCount requests_, retries_;
};

}  // namespace sextant
