// Exact rational numbers: FLINT's fmpq with value semantics. Small ones need no memory of their
// own.
#pragma once
#include <flint/fmpq.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace sextant::math {

// Bits of a numerator or denominator; what grows beyond it stays a formula.
constexpr int kMaxRationalBits = 4096;

class Rational {
 public:
  Rational() { fmpq_init(value_); }
  Rational(int64_t integer) : Rational() { fmpz_set_si(fmpq_numref(value_), integer); }  // NOLINT
  Rational(int64_t over, int64_t under) : Rational(over) { *this = *this / Rational(under); }
  Rational(const Rational& other) : Rational() { fmpq_set(value_, other.value_); }
  Rational(Rational&& other) noexcept : Rational() { fmpq_swap(value_, other.value_); }
  Rational& operator=(const Rational& other) {
    fmpq_set(value_, other.value_);
    return *this;
  }
  Rational& operator=(Rational&& other) noexcept {
    fmpq_swap(value_, other.value_);
    return *this;
  }
  ~Rational() { fmpq_clear(value_); }

  // Decimal digits, and how many of them stand behind the point.
  static Rational FromDigits(absl::string_view digits, int decimals);

  friend Rational operator+(const Rational& a, const Rational& b) {
    Rational sum;
    fmpq_add(sum.value_, a.value_, b.value_);
    return sum;
  }
  friend Rational operator-(const Rational& a, const Rational& b) {
    Rational difference;
    fmpq_sub(difference.value_, a.value_, b.value_);
    return difference;
  }
  friend Rational operator*(const Rational& a, const Rational& b) {
    Rational product;
    fmpq_mul(product.value_, a.value_, b.value_);
    return product;
  }
  // `b` is not 0.
  friend Rational operator/(const Rational& a, const Rational& b) {
    Rational quotient;
    fmpq_div(quotient.value_, a.value_, b.value_);
    return quotient;
  }
  Rational operator-() const {
    Rational negated;
    fmpq_neg(negated.value_, value_);
    return negated;
  }
  friend bool operator==(const Rational& a, const Rational& b) {
    return fmpq_equal(a.value_, b.value_) != 0;
  }
  friend bool operator!=(const Rational& a, const Rational& b) { return !(a == b); }
  friend bool operator<(const Rational& a, const Rational& b) {
    return fmpq_cmp(a.value_, b.value_) < 0;
  }

  int Sign() const { return fmpq_sgn(value_); }
  bool IsZero() const { return fmpq_is_zero(value_) != 0; }
  bool IsOne() const { return fmpq_is_one(value_) != 0; }
  bool IsInteger() const { return fmpz_is_one(fmpq_denref(value_)) != 0; }
  bool TooBig() const { return fmpq_height_bits(value_) > kMaxRationalBits; }
  // The integer that it is, when that fits.
  std::optional<int64_t> ToInteger() const {
    if (!IsInteger() || !fmpz_fits_si(fmpq_numref(value_))) return std::nullopt;
    return fmpz_get_si(fmpq_numref(value_));
  }
  Rational Numerator() const;
  Rational Denominator() const;
  Rational Floor() const;
  // nullopt when the result is too big or there is none (0 to a negative power).
  std::optional<Rational> Power(int64_t exponent) const;
  std::string ToString() const;  // "-7", "3/4"

  const fmpq* get() const { return value_; }
  fmpq* get() { return value_; }

 private:
  fmpq_t value_;
};

}  // namespace sextant::math
