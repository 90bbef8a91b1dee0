// Numeric identity of expressions: their values to many digits, at fixed points where they have
// variables. Two expressions with the same key agree at all points to more digits than a formula
// that fits into the limits can agree by chance. Arb's balls bound the error, so a key is either
// right or missing; since keys are compared as texts, equality of keys is an equivalence relation.
#pragma once
#include <optional>
#include <string>

#include "server/answer/math/evaluator.h"

namespace sextant::math {

struct NumericIdentity {
  std::string key;                   // "~" and digits
  std::optional<Rational> rational;  // The value is this number, whatever it looks like.
  bool constant = false;             // It has the same value at all points.
  bool real = false;
  double approximate = 0;  // Of a real constant.
};

enum class Proportion { kExact, kUpToFactor, kUpToPositiveFactor };

// nullopt where the value is not known well enough. `kUpToFactor` gives all multiples by constants
// the same key, as needed for equations, and `kUpToPositiveFactor` for inequalities.
// `irrational`: a caller who knows that spares the search for a rational value.
struct NumericOptions {
  Proportion proportion = Proportion::kExact;
  bool irrational = false;
};
std::optional<NumericIdentity> Identify(Evaluator& evaluator, int node, NumericOptions options);

}  // namespace sextant::math
