#include "server/answer/math/expression.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sextant::math {

Node& Expressions::Added() {
  if (nodes_.empty()) nodes_.reserve(24);
  return nodes_.emplace_back();
}

int Expressions::Number(Rational value) {
  Added().value = std::move(value);
  return static_cast<int>(nodes_.size()) - 1;
}

int Expressions::Leaf(Op op, absl::string_view text) { return Make(op, {}, text); }

int Expressions::Make(Op op, absl::Span<const int> kids, absl::string_view text) {
  Node& node = Added();
  node.op = op;
  node.text = std::string(text);
  node.kids.assign(kids.begin(), kids.end());
  return static_cast<int>(nodes_.size()) - 1;
}

bool IsKnownFunction(absl::string_view name) {
  static constexpr std::array<absl::string_view, 27> kKnown = {
      "sin",     "cos",  "tan",    "cot",    "sec",       "csc",     "sinh",
      "cosh",    "tanh", "arcsin", "arccos", "arctan",    "arcsinh", "arccosh",
      "arctanh", "ln",   "log",    "lg",     "exp",       "abs",     "floor",
      "ceil",    "sqrt", "cbrt",   "root",   "factorial", "binomial"};
  return std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
}

}  // namespace sextant::math
