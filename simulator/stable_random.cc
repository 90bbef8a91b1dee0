#include "simulator/stable_random.h"

#include <cmath>

namespace sextant {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;

}  // namespace

uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t StableHash(absl::string_view text, uint64_t start) {
  uint64_t hash = 0xcbf29ce484222325 ^ start;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  // The length keeps ("ab", "c") and ("a", "bc") apart when calls are chained.
  return Mix(hash + kGolden * (text.size() + 1));
}

double UnitInterval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

uint64_t StableRandom::Next() {
  state_ += kGolden;
  return Mix(state_);
}

double StableRandom::Uniform() { return UnitInterval(Next()); }

double StableRandom::Normal() {
  // Box-Muller; 1 - u keeps the logarithm away from 0.
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
  return radius * std::cos(2 * M_PI * Uniform());
}

size_t StableRandom::Below(size_t limit) {
  return static_cast<size_t>(Uniform() * static_cast<double>(limit));
}

}  // namespace sextant
