// The canonical form of a mathematical answer, and what makes two of them equal.
//
// A statement in LaTeX, plain text or Unicode is cut into tokens (token.h) and read as a list, a
// relation or a value (statement.h). Expressions get an exact normal form (algebra.h), which is
// what is shown. Whether two of them are equal is decided by their value to 96 digits, or by values
// at fixed points where they have variables (numeric.h): so sqrt(3 + 2 sqrt(2)) is 1 + sqrt(2)
// although no rule says so. Rational numbers are compared exactly.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/math/effort.h"

namespace sextant {

struct MathForm {
  std::string canonical;  // Readable ASCII normal form; reading it gives itself.
  std::string key;        // Strict class; equal keys are equal answers.
  // What it would be if it were written bare, without its unit or "x ="; empty where it is the key.
  std::string loose_key;
  // The canonical text is known to be read as itself; where it is not, reading it again tells.
  bool own = false;
};

// The form of a whole statement: what a \boxed{} holds, or plain text. nullopt when it cannot be
// read as mathematics: words, more than one meaning, too long or too deep, or no `effort` is left.
// Any thread.
std::optional<MathForm> ReadMath(absl::string_view statement, Effort& effort);

// Numbers alone, with their unit, currency, percent or degrees, and times and dates. nullopt for
// anything else, such as symbols, lists and tuples.
std::optional<MathForm> ReadQuantity(absl::string_view statement, Effort& effort);

}  // namespace sextant
