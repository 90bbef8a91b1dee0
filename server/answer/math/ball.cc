#include "server/answer/math/ball.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant::math {
namespace {

// The digits of one real number: exactly the same for all balls around it.
std::optional<std::string> Digits(const arb_struct* value, slong bits) {
  if (arb_is_zero(value)) return "0";
  if (arb_contains_zero(value)) return std::nullopt;
  if (arb_rel_accuracy_bits(value) < bits + kGuardBits) return std::nullopt;
  arf_t rounded;
  arf_init(rounded);
  arf_set_round(rounded, arb_midref(value), bits, ARF_RND_NEAR);
  fmpz_t mantissa;
  fmpz_t exponent;
  fmpz_init(mantissa);
  fmpz_init(exponent);
  arf_get_fmpz_2exp(mantissa, exponent, rounded);
  char* text = fmpz_get_str(nullptr, 32, mantissa);
  char* power = fmpz_get_str(nullptr, 10, exponent);
  std::string digits = absl::StrCat(text, "@", power);
  flint_free(text);
  flint_free(power);
  fmpz_clear(mantissa);
  fmpz_clear(exponent);
  arf_clear(rounded);
  return digits;
}

}  // namespace

slong Magnitude(const Complex& value) {
  mag_t bound;
  mag_init(bound);
  acb_get_mag(bound, value.get());
  slong magnitude = -kMaxMagnitude * 4;
  if (!mag_is_zero(bound)) {
    magnitude =
        mag_is_inf(bound) || !fmpz_fits_si(MAG_EXPREF(bound)) ? kMaxMagnitude * 4 : MAG_EXP(bound);
  }
  mag_clear(bound);
  return magnitude;
}

std::optional<std::string> Digits(const Complex& value, slong bits) {
  std::optional<std::string> real = Digits(acb_realref(value.get()), bits);
  if (!real.has_value() || acb_is_real(value.get())) return real;
  const std::optional<std::string> imaginary = Digits(acb_imagref(value.get()), bits);
  if (!imaginary.has_value()) return std::nullopt;
  return absl::StrCat(*real, ",", *imaginary);
}

void Clean(Complex& value) {
  for (arb_struct* part : {acb_realref(value.get()), acb_imagref(value.get())}) {
    if (!arb_contains_zero(part) || arb_is_zero(part)) continue;
    mag_t bound;
    mag_init(bound);
    arb_get_mag(bound, part);
    if (mag_cmp_2exp_si(bound, -(kConstantBits + kGuardBits)) < 0) arb_zero(part);
    mag_clear(bound);
  }
}

// The rational with few digits that the ball holds, by continued fractions: a huge quotient says
// that the one before is it.
std::optional<Rational> NearbyRational(const Complex& complex) {
  const arb_struct* value = acb_realref(complex.get());
  if (arb_is_zero(value)) return Rational(0);
  const slong magnitude = arf_abs_bound_lt_2exp_si(arb_midref(value));
  if (arb_rel_accuracy_bits(value) < kConstantBits || magnitude > 120 || magnitude < -80)
    return std::nullopt;
  Rational rest;
  arf_get_fmpq(rest.get(), arb_midref(value));
  // The last two convergents are over_before / under_before and over / under.
  Rational over_before(0);
  Rational under_before(1);
  Rational over(1);
  Rational under(0);
  for (int step = 0; step < 60; ++step) {
    const Rational whole = rest.Floor();
    if (step > 0 && fmpz_bits(fmpq_numref(whole.get())) > 160) return over / under;
    Rational next_over = whole * over + over_before;
    Rational next_under = whole * under + under_before;
    over_before = std::exchange(over, std::move(next_over));
    under_before = std::exchange(under, std::move(next_under));
    if (fmpz_bits(fmpq_numref(under.get())) > 64) return std::nullopt;
    rest = rest - whole;
    if (rest.IsZero()) return over / under;
    rest = Rational(1) / rest;
  }
  return std::nullopt;
}

}  // namespace sextant::math
