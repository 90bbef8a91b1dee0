// Numbers that look random and are the same on every machine and in every run: a stream has to
// repeat exactly for its seed, which the standard library's distributions do not promise.
#pragma once
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sextant {

// Spreads the bits of `value` (the finaliser of splitmix64).
uint64_t Mix(uint64_t value);

// A hash of `text` that depends on nothing else (FNV-1a, spread). Chain calls over several texts
// through `start`.
uint64_t StableHash(absl::string_view text, uint64_t start = 0);

// `bits` as a number in [0, 1).
double UnitInterval(uint64_t bits);

// A sequence of numbers that its seed fixes (splitmix64). Not for secrets.
class StableRandom {
 public:
  explicit StableRandom(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  double Uniform();            // In [0, 1).
  double Normal();             // Mean 0, standard deviation 1.
  size_t Below(size_t limit);  // In [0, limit); `limit` is above 0.

 private:
  uint64_t state_;
};

}  // namespace sextant
