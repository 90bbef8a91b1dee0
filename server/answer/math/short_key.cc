#include "server/answer/math/short_key.h"

#include <gmp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <utility>

#include "server/answer/math/ball.h"
#include "server/answer/math/points.h"

namespace sextant::math {
namespace {

static_assert(GMP_NUMB_BITS == 64);

constexpr int kWindowDigits = 12;  // To base 32, in 64 bits.
constexpr int kRootBits = 416;     // Behind the point of a root; rounded to kConstantBits later.

// A whole number from 0 on, of up to 1024 bits: each step below says why its result fits.
class Wide {
 public:
  explicit Wide(uint64_t value = 0) { Push(value); }
  Wide(const Wide& other) { *this = other; }
  // Copies what is used of it.
  Wide& operator=(const Wide& other) {
    size_ = other.size_;
    std::copy(other.limbs_.begin(), other.limbs_.begin() + size_, limbs_.begin());
    return *this;
  }

  int Bits() const {
    return size_ == 0 ? 0 : 64 * size_ - std::countl_zero(limbs_[static_cast<size_t>(size_) - 1]);
  }
  bool IsZero() const { return size_ == 0; }
  bool Bit(int i) const { return (Limb(i / 64) >> (i % 64) & 1) != 0; }
  int TrailingZeros() const {
    int limb = 0;
    while (Limb(limb) == 0) ++limb;
    return 64 * limb + std::countr_zero(Limb(limb));
  }
  // Bits `low` to `low` + 63.
  uint64_t Window(int low) const {
    const uint64_t first = Limb(low / 64) >> (low % 64);
    return low % 64 == 0 ? first : first | Limb(low / 64 + 1) << (64 - low % 64);
  }

  void Multiply(uint64_t factor) {
    if (size_ > 0) Push(mpn_mul_1(limbs_.data(), limbs_.data(), size_, factor));
  }
  void ShiftLeft(int bits) {
    if (size_ == 0) return;
    const int whole = bits / 64;
    std::copy_backward(limbs_.begin(), limbs_.begin() + size_, limbs_.begin() + size_ + whole);
    std::fill(limbs_.begin(), limbs_.begin() + whole, 0);
    size_ += whole;
    if (bits % 64 == 0) return;
    Push(mpn_lshift(limbs_.data(), limbs_.data(), size_, static_cast<unsigned>(bits % 64)));
  }
  void ShiftRight(int bits) {
    const int whole = std::min(bits / 64, size_);
    std::copy(limbs_.begin() + whole, limbs_.begin() + size_, limbs_.begin());
    size_ -= whole;
    if (size_ > 0 && bits % 64 != 0)
      mpn_rshift(limbs_.data(), limbs_.data(), size_, static_cast<unsigned>(bits % 64));
    Trim();
  }
  void Add(const Wide& other) {
    if (size_ < other.size_) {
      std::fill(limbs_.begin() + size_, limbs_.begin() + other.size_, 0);
      size_ = other.size_;
    }
    if (other.size_ == 0) return;
    Push(mpn_add(limbs_.data(), limbs_.data(), size_, other.limbs_.data(), other.size_));
  }
  // The distance to `other`; true if that is larger.
  bool Subtract(const Wide& other) {
    const bool less = size_ != other.size_
                          ? size_ < other.size_
                          : size_ > 0 && mpn_cmp(limbs_.data(), other.limbs_.data(), size_) < 0;
    const Wide& large = less ? other : *this;
    const Wide& small = less ? *this : other;
    const int size = large.size_;
    if (small.size_ > 0) {
      mpn_sub(limbs_.data(), large.limbs_.data(), size, small.limbs_.data(), small.size_);
    } else if (less) {
      std::copy(other.limbs_.begin(), other.limbs_.begin() + size, limbs_.begin());
    }
    size_ = size;
    Trim();
    return less;
  }
  // True if it leaves a remainder.
  bool Divide(uint64_t divisor) {
    if (size_ == 0) return false;
    const bool rest = mpn_divrem_1(limbs_.data(), 0, limbs_.data(), size_, divisor) != 0;
    Trim();
    return rest;
  }
  void SquareRoot() {
    if (size_ == 0) return;
    std::array<mp_limb_t, kLimbs> root;
    mpn_sqrtrem(root.data(), nullptr, limbs_.data(), size_);
    size_ = (size_ + 1) / 2;
    std::copy(root.begin(), root.begin() + size_, limbs_.begin());
    Trim();
  }

 private:
  static constexpr size_t kLimbs = 18;

  uint64_t Limb(int i) const { return i < size_ ? limbs_[static_cast<size_t>(i)] : 0; }
  void Push(uint64_t limb) {
    if (limb != 0) limbs_[static_cast<size_t>(size_++)] = limb;
  }
  void Trim() {
    while (size_ > 0 && limbs_[static_cast<size_t>(size_) - 1] == 0) --size_;
  }

  std::array<mp_limb_t, kLimbs> limbs_;
  int size_ = 0;
};

// wide * 2^exponent, or a little more where it is not `exact`.
struct Scaled {
  Wide wide;
  int exponent = 0;
  bool negative = false;
  bool exact = true;
};

double Approximate(const Scaled& value) {
  const int surplus = std::max(0, value.wide.Bits() - 64);
  const auto top = static_cast<double>(value.wide.Window(surplus) | 1);
  const double size = std::ldexp(top, surplus + value.exponent);
  return value.negative ? -size : size;
}

// As Digits (ball.h) writes it: an odd mantissa to base 32, and the power of two behind it.
void AppendDigits(Scaled& value, int bits, std::string* text) {
  const int surplus = value.wide.Bits() - bits;
  if (surplus > 0) {
    // To the nearest; from half way to the even one.
    const bool half = value.wide.Bit(surplus - 1);
    const bool more = !value.exact || value.wide.TrailingZeros() < surplus - 1;
    const bool odd = value.wide.Bit(surplus);
    value.wide.ShiftRight(surplus);
    value.exponent += surplus;
    if (half && (more || odd)) value.wide.Add(Wide(1));
  }
  const int zeros = value.wide.TrailingZeros();
  const int digits = (value.wide.Bits() - zeros + 4) / 5;
  std::array<char, 96> buffer;
  char* at = buffer.data();
  if (value.negative) *at++ = '-';
  for (int done = 0; done < digits; done += kWindowDigits) {
    uint64_t window = value.wide.Window(zeros + 5 * done);
    for (int i = done; i < std::min(digits, done + kWindowDigits); ++i, window >>= 5)
      at[digits - 1 - i] = "0123456789abcdefghijklmnopqrstuv"[window & 31];
  }
  at += digits;
  *at++ = '@';
  at = std::to_chars(at, buffer.end(), value.exponent + zeros).ptr;
  text->append(buffer.data(), at);
}

uint64_t SizeOf(int64_t value) { return static_cast<uint64_t>(value < 0 ? -value : value); }

// (a + b sqrt(n)) / d. The root of b^2 n has up to 41 bits before the point, and what it loses to
// a of the same size is no more than that: 370 bits of the sum are right.
ShortKey KeyOfRoot(const ShortSum& sum) {
  Scaled value{Wide(), -kRootBits, false, false};
  bool minus = false;
  Wide plain;
  for (const ShortTerm& term : sum.terms()) {
    if (term.radicand == 1) {
      plain = Wide(SizeOf(term.factor));
      plain.ShiftLeft(kRootBits);
      minus = term.factor < 0;
      continue;
    }
    value.wide = Wide(SizeOf(term.factor));
    value.wide.Multiply(SizeOf(term.factor));
    value.wide.Multiply(term.radicand);
    value.wide.ShiftLeft(2 * kRootBits);
    value.wide.SquareRoot();
    value.negative = term.factor < 0;
  }
  if (minus == value.negative) {
    value.wide.Add(plain);
  } else if (value.wide.Subtract(plain)) {
    value.negative = minus;
  }
  if (sum.under() != 1) {
    value.wide.ShiftLeft(64);
    value.exponent -= 64;
    value.wide.Divide(SizeOf(sum.under()));
  }
  ShortKey key{"~", Approximate(value)};
  AppendDigits(value, kConstantBits, &key.key);
  return key;
}

// The values of all terms at one place, where points of both signs are.
class Place {
 public:
  Place(const ShortSum& sum, absl::string_view names, int first_point) : sum_(sum) {
    for (const ShortTerm& term : sum.terms()) degree_ = std::max(degree_, term.Degree());
    std::array<Point, kShortNames> points;
    for (size_t i = 0; i < names.size(); ++i) {
      points[i] = PointFor(names.substr(i, 1), first_point);
      exponent_ = points[i].exponent;
    }
    for (size_t i = 0; i < sum.terms().size(); ++i) {
      const ShortTerm& term = sum.terms()[i];
      // A coefficient of 31 bits and six mantissas of 61 bits, with a shift where there are fewer.
      sizes_[i] = Wide(SizeOf(term.factor));
      negative_[i] = term.factor < 0;
      for (size_t name = 0; name < names.size(); ++name) {
        for (int power = 0; power < term.Power(name); ++power) {
          sizes_[i].Multiply(SizeOf(points[name].mantissa));
          negative_[i] = negative_[i] != (points[name].mantissa < 0);
        }
      }
      sizes_[i].ShiftLeft(-exponent_ * (degree_ - term.Degree()));
    }
  }

  // At the point itself, or at its mirror image: there the odd powers change their signs.
  Scaled At(int mirror) const {
    Scaled value{Wide(), exponent_ * degree_};
    Wide below;
    for (size_t i = 0; i < sum_.terms().size(); ++i) {
      const bool turned = mirror == 1 && sum_.terms()[i].Degree() % 2 == 1;
      (negative_[i] != turned ? below : value.wide).Add(sizes_[i]);
    }
    value.negative = value.wide.Subtract(below);
    if (sum_.under() != 1) {
      value.wide.ShiftLeft(256);
      value.exponent -= 256;
      value.exact = !value.wide.Divide(SizeOf(sum_.under()));
    }
    return value;
  }

 private:
  const ShortSum& sum_;
  std::array<Wide, kShortTerms> sizes_;
  std::array<bool, kShortTerms> negative_ = {};
  int degree_ = 0;
  int exponent_ = 0;
};

std::optional<ShortKey> KeyOfPolynomial(const ShortSum& sum, absl::string_view names) {
  ShortKey key{"~"};
  key.key.reserve(128);
  for (int point = 0; point < kPoints; point += 2) {
    const Place place(sum, names, point);
    for (const int mirror : {0, 1}) {
      Scaled value = place.At(mirror);
      if (value.wide.IsZero()) return std::nullopt;
      AppendDigits(value, kPointBits, &key.key);
      key.key += ';';
    }
  }
  return key;
}

}  // namespace

std::optional<ShortKey> KeyOfShort(const ShortSum& sum, absl::string_view names) {
  if (!sum.IsSmall() || sum.IsRational()) return std::nullopt;
  if (sum.HasOneRoot()) return KeyOfRoot(sum);
  if (sum.IsPolynomial()) return KeyOfPolynomial(sum, names);
  return std::nullopt;
}

}  // namespace sextant::math
