// Expressions as trees, and the parser that makes them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "server/answer/math/rational.h"
#include "server/answer/math/token.h"

namespace sextant::math {

constexpr size_t kMaxNodes = 400;
constexpr int kMaxDepth = 60;

enum class Op : uint8_t {
  kNumber,    // value
  kVariable,  // text
  kConstant,  // text: "pi", "e" or "i"
  kAdd,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
  kCall,    // text: "sin", "factorial", "binomial", "log" (with its base), "f", ...
  kLiteral  // text: "1011_2", which equals only itself
};

struct Node {
  Op op = Op::kNumber;
  Rational value;
  std::string text;
  absl::InlinedVector<int, 2> kids;
};

// A forest: the nodes of all expressions of one statement.
class Expressions {
 public:
  const Node& operator[](int id) const { return nodes_[static_cast<size_t>(id)]; }
  int Number(Rational value);
  int Leaf(Op op, absl::string_view text);
  int Make(Op op, absl::Span<const int> kids, absl::string_view text = "");
  bool Full() const { return nodes_.size() > kMaxNodes; }

 private:
  Node& Added();

  std::vector<Node> nodes_;
};

// What the tokens from `begin` up to `end` say, all of them; nullopt if that is no expression, or
// one that can be read in two ways ("1/2pi").
struct TokenRange {
  const std::vector<Token>* list = nullptr;
  int begin = 0;
  int end = 0;
};
std::optional<int> ParseExpression(const TokenRange& range, Expressions& expressions);

// Whether this function is one that is computed, and not an unknown f.
bool IsKnownFunction(absl::string_view name);

}  // namespace sextant::math
