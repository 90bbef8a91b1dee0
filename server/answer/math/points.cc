#include "server/answer/math/points.h"

namespace sextant::math {
namespace {

uint64_t Mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

uint64_t HashOf(absl::string_view name) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return Mix(hash);
}

}  // namespace

Point PointFor(absl::string_view name, int point) {
  const int place = point / 2;
  const uint64_t bits = Mix(HashOf(name) + 0x9e3779b97f4a7c15U * static_cast<uint64_t>(place + 1));
  // 61 bits with the highest set, so that the size is known to a factor of two.
  const auto mantissa = static_cast<int64_t>((bits >> 4) | (uint64_t{1} << 60));
  // Neighbours in the alphabet get all combinations of signs.
  const uint64_t letter = name.size() == 1 ? static_cast<unsigned char>(name[0]) : bits;
  const bool mirrored = place > 0 && ((letter >> (place - 1)) & 1) != 0;
  constexpr int kExponents[] = {-62, -59, -52};
  return {(point % 2 == 1) != mirrored ? -mantissa : mantissa, kExponents[place]};
}

}  // namespace sextant::math
