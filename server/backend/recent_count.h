// How often something happened lately.
#pragma once
#include <array>
#include <cstdint>

#include "absl/time/time.h"

namespace sextant {

// Counts over the last ten seconds, to the second, in constant space. Time does not go back.
class RecentCount {
 public:
  void Add(absl::Time now) {
    Bucket& bucket = buckets_[Index(now)];
    if (bucket.second != Second(now)) bucket = {.second = Second(now)};
    ++bucket.count;
  }
  int64_t Sum(absl::Time now) const {
    int64_t sum = 0;
    for (const Bucket& bucket : buckets_) {
      if (bucket.second > Second(now) - kSeconds) sum += bucket.count;
    }
    return sum;
  }
  void Clear() { buckets_ = {}; }

 private:
  static constexpr int64_t kSeconds = 10;
  struct Bucket {
    int64_t second = -kSeconds;
    int64_t count = 0;
  };
  static int64_t Second(absl::Time now) { return absl::ToUnixSeconds(now); }
  static size_t Index(absl::Time now) { return static_cast<size_t>(Second(now) % kSeconds); }

  std::array<Bucket, kSeconds> buckets_;
};

}  // namespace sextant
