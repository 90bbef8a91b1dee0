// Numbers as exact rationals, and what is left of one that carries a unit.
#pragma once
#include <gmpxx.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

constexpr int kMaxDigits = 1000;    // Of a number as written.
constexpr int kMaxExponent = 1000;  // Absolute power of ten of a number as written.

// Whether 50% is the number 1/2, or 50 of the unit percent as in questions that ask for an integer.
enum class PercentMeans { kHundredths, kUnit };

// The number that a plain statement (see PlainText) says and nothing else: "204", "-1,234",
// "12.50", "1 234", "3/4", "(1)⁄(2)", "2 (1)⁄(2)", "1.5*10^-3", "6e4", "40%", "$5", "5 cm^2", "204
// minutes", "xy = 25", "147 + 147 = 294". Units are dropped, also common ones of Chinese and
// Korean. nullopt for anything else: a list, a product with a symbol, a root, an open formula, or a
// number beyond the limits above. With kHundredths a value that is rounded at the end (1/3 ≈ 0.333)
// counts as its exact part.
std::optional<mpq_class> ReadNumber(absl::string_view plain, PercentMeans percent);

// The same number, and whether a unit or a currency was dropped: what is more than a number then.
struct NumberReading {
  mpq_class value;
  bool has_unit = false;
};
std::optional<NumberReading> ReadNumberWithUnit(absl::string_view plain, PercentMeans percent);

// "-7" or "3/4", in lowest terms.
std::string CanonicalNumber(const mpq_class& number);

}  // namespace sextant
