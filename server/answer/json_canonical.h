// One way to write a JSON value, so that equal values are equal texts.
#pragma once
#include <optional>
#include <string>

#include "server/answer/json_value.h"

namespace sextant {

constexpr int kMaxJsonDigits = 1000;

// The same JSON for equal values: numbers exact and without exponents (1.0 is 1, 5e-1 is 0.5), keys
// sorted, no spaces. nullopt for a number of more than kMaxJsonDigits digits or so large an
// exponent.
std::optional<std::string> CanonicalJson(const JsonValue& value);

}  // namespace sextant
