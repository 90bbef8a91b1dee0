// Reads short sums off tokens, without trees. It takes what most answers are written with: whole
// numbers, single letters, + - * /, small powers, fractions, square roots and brackets.
#pragma once
#include <optional>
#include <string>

#include "server/answer/math/expression.h"
#include "server/answer/math/short_sum.h"

namespace sextant::math {

struct ShortReading {
  ShortSum sum;
  std::string names;  // Of its variables, in the order of the alphabet.
};

// What ParseExpression and NormalForm would say about these tokens; nullopt where they might say
// something else, or where the tokens may be a unit, a date or a mixed number.
std::optional<ShortReading> ReadShort(const TokenRange& range);

}  // namespace sextant::math
