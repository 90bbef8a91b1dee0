#include "server/answer/math/rational.h"

#include <cstdlib>

namespace sextant::math {

Rational Rational::FromDigits(absl::string_view digits, int decimals) {
  Rational value;
  if (digits.size() < 18) {
    int64_t integer = 0;
    for (const char c : digits) integer = integer * 10 + (c - '0');
    fmpz_set_si(fmpq_numref(value.value_), integer);
  } else {
    fmpz_set_str(fmpq_numref(value.value_), std::string(digits).c_str(), 10);
  }
  if (decimals > 0) {
    fmpz_set_ui(fmpq_denref(value.value_), 10);
    fmpz_pow_ui(fmpq_denref(value.value_), fmpq_denref(value.value_), static_cast<ulong>(decimals));
    fmpq_canonicalise(value.value_);
  }
  return value;
}

Rational Rational::Numerator() const {
  Rational part;
  fmpz_set(fmpq_numref(part.value_), fmpq_numref(value_));
  return part;
}

Rational Rational::Denominator() const {
  Rational part;
  fmpz_set(fmpq_numref(part.value_), fmpq_denref(value_));
  return part;
}

Rational Rational::Floor() const {
  Rational floor;
  fmpz_fdiv_q(fmpq_numref(floor.value_), fmpq_numref(value_), fmpq_denref(value_));
  return floor;
}

std::optional<Rational> Rational::Power(int64_t exponent) const {
  if (IsZero() && exponent < 0) return std::nullopt;
  const auto bits = static_cast<int64_t>(fmpq_height_bits(value_));
  const bool unit = bits <= 1;  // 0, 1 and -1 stay small whatever the exponent is.
  if (!unit && std::llabs(exponent) > kMaxRationalBits / (bits - 1)) return std::nullopt;
  Rational power;
  fmpq_pow_si(power.value_, value_, unit ? exponent % 2 + 2 * (exponent != 0) : exponent);
  return power;
}

std::string Rational::ToString() const {
  char* text = fmpq_get_str(nullptr, 10, value_);
  std::string copy(text);
  flint_free(text);
  return copy;
}

}  // namespace sextant::math
