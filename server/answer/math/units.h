// Units of measurement, currencies and words that are counted, as exact factors and dimensions.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "server/answer/math/expression.h"

namespace sextant::math {

struct Unit {
  Rational factor = 1;
  // A power of ten beside it, so that no factor in a table is longer than a word: FLINT keeps long
  // ones where a leak check does not find them.
  int tens = 0;
  int degrees = 0;    // Powers of pi / 180.
  bool scale = true;  // Only words that are part of a number ("million", "percent") so far.
  std::map<std::string, int> dimensions;  // "m" -> 2; none for radians and percent.
};

// Whether a unit may begin with it.
bool MayBeUnit(Tok kind);

// The unit that the tokens of `range` say, all of them: "km/h", "square meters", "red apples".
// nullopt where they say something else.
std::optional<Unit> ReadUnit(const TokenRange& range);

// "kg*m^2/s^2"; empty without dimensions. Read again by ReadUnit.
std::string PrintDimensions(const Unit& unit);

// The factor with its power of ten.
Rational WholeFactor(const Unit& unit);

Unit Product(const Unit& a, const Unit& b);
Unit CurrencyUnit(absl::string_view code);
// The code of a currency that stands before its amount as letters: "USD 5".
std::optional<std::string> CurrencyCode(absl::string_view letters);

}  // namespace sextant::math
