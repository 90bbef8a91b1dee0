// The exact normal form of an expression.
#pragma once
#include <optional>

#include "server/answer/math/algebra.h"
#include "server/answer/math/expression.h"

namespace sextant::math {

// nullopt for what has no value (1/0, tan(pi/2)) and what passes a limit.
std::optional<Quotient> NormalForm(const Expressions& expressions, int node, Algebra& algebra);

}  // namespace sextant::math
