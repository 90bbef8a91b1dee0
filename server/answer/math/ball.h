// Complex numbers as Arb's balls, and the digits of them that are certain.
#pragma once
#include <acb.h>

#include <optional>
#include <string>

#include "server/answer/math/rational.h"

namespace sextant::math {

constexpr slong kPrecision = 448;         // Bits of a computation.
constexpr slong kConstantBits = 320;      // Bits of a constant's key; 96 decimal digits.
constexpr slong kPointBits = 192;         // Bits of the value at one point.
constexpr slong kGuardBits = 32;          // Bits beyond those of the key that have to be right.
constexpr slong kMaxMagnitude = 1 << 20;  // Binary logarithm of a value.

class Complex {
 public:
  Complex() { acb_init(value_); }
  Complex(const Complex& other) : Complex() { acb_set(value_, other.value_); }
  Complex& operator=(const Complex& other) {
    acb_set(value_, other.value_);
    return *this;
  }
  ~Complex() { acb_clear(value_); }
  acb_struct* get() { return value_; }
  const acb_struct* get() const { return value_; }

 private:
  acb_t value_;
};

// Binary logarithm of the absolute value, rounded up; very low for 0, very high for infinity.
slong Magnitude(const Complex& value);

// The first `bits` of it, exactly the same text for all balls around it; nullopt when the ball is
// too wide.
std::optional<std::string> Digits(const Complex& value, slong bits);

// Rounds noise around 0 to 0: a part that is certainly tiny, and not certainly something.
void Clean(Complex& value);

// The rational with few digits that a real ball holds; nullopt for others.
std::optional<Rational> NearbyRational(const Complex& value);

}  // namespace sextant::math
