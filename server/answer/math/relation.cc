// Equations, inequalities and membership.
#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/normal_form.h"
#include "server/answer/math/numeric.h"
#include "server/answer/math/statement.h"

namespace sextant::math {
namespace {

using absl::string_view;

bool IsStrict(Tok relation) { return relation == Tok::kLess || relation == Tok::kGreater; }
bool IsRising(Tok relation) { return relation == Tok::kLess || relation == Tok::kLessEqual; }

void CollectNames(const Expressions& in, int id, std::set<std::string>& names) {
  const Node& node = in[id];
  const bool unknown = node.op == Op::kCall && !IsKnownFunction(node.text);
  if (node.op == Op::kVariable || node.op == Op::kLiteral || unknown) names.insert(node.text);
  for (const int kid : node.kids) CollectNames(in, kid, names);
}

}  // namespace

// The name that stands for a value: x, f(x), \text{Area}.
std::optional<std::string> StatementParser::NameOf(Range range) {
  if (range.empty() || range.end - range.begin > 8) return std::nullopt;
  const absl::string_view letter = At(range.begin).text;
  if (range.end - range.begin == 1 && At(range.begin).kind == Tok::kLetters && letter.size() == 1 &&
      letter != "e" && letter != "i") {
    return std::string(letter);
  }
  bool words = true;
  for (int i = range.begin; i < range.end; ++i) {
    words = words &&
            (At(i).kind == Tok::kWord || (At(i).kind == Tok::kLetters && At(i).text.size() > 3));
  }
  if (words) {
    std::string name;
    for (int i = range.begin; i < range.end; ++i)
      absl::StrAppend(&name, name.empty() ? "" : " ", absl::AsciiStrToLower(At(i).text));
    return name;
  }
  const Token& first = At(range.begin);
  const bool applied =
      range.end - range.begin == 4 && first.kind == Tok::kLetters && first.text.size() == 1 &&
      (absl::ascii_isupper(first.text[0]) || absl::StrContains("fghpqr", first.text)) &&
      IsSingleBracket({range.begin + 1, range.end});
  const Token& argument = applied ? At(range.begin + 2) : first;
  if (applied && (argument.kind == Tok::kLetters || argument.kind == Tok::kName ||
                  argument.kind == Tok::kNumber))
    return absl::StrCat(first.text, "(", argument.text, ")");
  const std::optional<int> node = Parse(range);
  if (!node.has_value()) return std::nullopt;
  const Node& parsed = expressions_[*node];
  if (parsed.op == Op::kVariable) return parsed.text;
  if (parsed.op != Op::kCall || IsKnownFunction(parsed.text)) return std::nullopt;
  const std::optional<Quotient> form = NormalForm(expressions_, *node, algebra_);
  return form.has_value() ? std::optional<std::string>(algebra_.Print(*form)) : std::nullopt;
}

bool StatementParser::HasNumbers(int id) const {
  const Node& node = expressions_[id];
  if (node.op == Op::kNumber || node.op == Op::kConstant || node.op == Op::kPower) return true;
  for (const int kid : node.kids) {
    if (HasNumbers(kid)) return true;
  }
  return false;
}

std::optional<Reading> StatementParser::Equation(const std::vector<Range>& parts) {
  if (parts.size() > 8) return std::nullopt;
  if (parts.size() == 2) return Equal(parts[0], parts[1]);
  // A chain says its ends: A = pi r^2 = 25 pi, or 2 + 3 = 1 + 4 = 5.
  Maybe chain = Equal(parts.front(), parts.back());
  if (!chain.has_value() || NameOf(parts.front()).has_value()) return chain;
  const Maybe step = Equal(parts[parts.size() - 2], parts.back());
  return step.has_value() && step->bare ? chain : std::nullopt;
}

std::optional<Reading> StatementParser::Equal(Range left, Range right) {
  if (left.empty()) return Value(right);
  if (right.empty()) return std::nullopt;
  const std::optional<std::string> name = NameOf(left);
  Maybe value = Value(right);
  if (!value.has_value()) return std::nullopt;
  if (name.has_value() && (value->kind != Kind::kExpression || value->constant))
    return MakeSolved(*name, *std::move(value));
  if (value->kind == Kind::kTuple) {
    const Maybe names = Value(left);
    if (!names.has_value() || names->kind != Kind::kTuple) return std::nullopt;
    if (names->items.size() != value->items.size()) return std::nullopt;
    std::vector<Reading> solved;
    for (size_t i = 0; i < value->items.size(); ++i) {
      if (names->items[i].constant || names->items[i].kind != Kind::kExpression)
        return std::nullopt;
      solved.push_back(MakeSolved(names->items[i].canonical, value->items[i]));
    }
    return System(std::move(solved));
  }
  if (value->kind != Kind::kExpression) return std::nullopt;
  if (name.has_value() && absl::StrContains(*name, "("))
    return MakeSolved(*name, *std::move(value));
  const int difference = Difference(left, right);
  if (difference < 0) {
    if (!name.has_value()) return std::nullopt;
    return MakeSolved(*name, *std::move(value));
  }
  std::set<std::string> names;
  CollectNames(expressions_, difference, names);
  if (names.empty()) {
    // 147 + 147 = 294 says 294.
    const Maybe known = Value(left);
    return known.has_value() && known->key == value->key ? value : std::nullopt;
  }
  if (const std::optional<LinearSolution> solution = SolveLinear(difference)) {
    Maybe solved_value = FromQuotient(solution->value);
    if (!solved_value.has_value()) return std::nullopt;
    return MakeSolved(solution->name, *std::move(solved_value));
  }
  Maybe relation = Relation(difference, "=");
  if (!relation.has_value()) return std::nullopt;
  const int left_node = expressions_[difference].kids[0];
  const bool stands_for = value->constant && value->key != "0" && !HasNumbers(left_node);
  if (name.has_value()) relation->canonical = absl::StrCat(*name, " = ", value->canonical);
  if (name.has_value() || stands_for) relation->loose_key = value->key;
  return relation;
}

int StatementParser::Difference(Range left, Range right) {
  const std::optional<int> a = Parse(left);
  const std::optional<int> b = Parse(right);
  if (!a.has_value() || !b.has_value()) return -1;
  const int minus = expressions_.Make(Op::kNegate, {*b});
  return expressions_.Make(Op::kAdd, {*a, minus});
}

std::optional<LinearSolution> StatementParser::SolveLinear(int difference) {
  std::set<std::string> names;
  CollectNames(expressions_, difference, names);
  if (names.size() != 1) return std::nullopt;
  const std::optional<Quotient> form = NormalForm(expressions_, difference, algebra_);
  return form.has_value() ? algebra_.SolveLinear(*form, *names.begin()) : std::nullopt;
}

// `difference` = 0, > 0 or >= 0.
std::optional<Reading> StatementParser::Relation(int difference, string_view sign) {
  const std::optional<Quotient> form = NormalForm(expressions_, difference, algebra_);
  if (!form.has_value() || Algebra::AsRational(*form).has_value()) return std::nullopt;
  Quotient primitive = Algebra::Primitive(*form);
  const bool equation = sign == "=" || sign == "!=";
  if (equation && primitive.over[0].factor.Sign() < 0) primitive = algebra_.Negate(primitive);
  Reading relation;
  relation.kind = Kind::kRelation;
  relation.bare = false;
  relation.canonical = absl::StrCat(algebra_.Print(primitive), " ", sign, " 0");
  if (const ValueSummary* known = effort_.Find(relation.canonical)) {
    relation.key = known->key;
    return relation;
  }
  const NumericOptions options{equation ? Proportion::kUpToFactor : Proportion::kUpToPositiveFactor,
                               false};
  const std::optional<NumericIdentity> identity = Identify(evaluator_, difference, options);
  relation.key = identity.has_value() ? absl::StrCat(sign, identity->key)
                                      : absl::StrCat("=", relation.canonical);
  if (identity.has_value())
    effort_.Remember(relation.canonical, {.known = true, .key = relation.key});
  return relation;
}

std::optional<Reading> StatementParser::Inequality(Range range, const std::vector<Range>& parts) {
  if (parts.size() > 3 || parts[0].empty()) return std::nullopt;
  std::vector<Reading> sides;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i + 1].empty() || parts[i].end >= range.end) return std::nullopt;
    const Tok relation = At(parts[i].end).kind;
    Maybe side = IsRising(relation) ? Less(parts[i], parts[i + 1], relation)
                                    : Less(parts[i + 1], parts[i], relation);
    if (!side.has_value()) return std::nullopt;
    sides.push_back(*std::move(side));
  }
  if (sides.size() == 1) return sides[0];
  if (IsRising(At(parts[0].end).kind) != IsRising(At(parts[1].end).kind)) return std::nullopt;
  return Joined(std::move(sides), Joint::kAnd);
}

std::optional<Reading> StatementParser::Less(Range low, Range high, Tok relation) {
  const Maybe no_low = Infinity(low);
  const Maybe no_high = Infinity(high);
  if (no_low.has_value() || no_high.has_value()) {
    const std::optional<std::string> name = NameOf(no_low.has_value() ? high : low);
    if (!name.has_value()) return std::nullopt;
    return MakeSolved(*name, MakeRegion({WholeLine()}));
  }
  const int difference = Difference(high, low);
  if (difference < 0) return std::nullopt;
  const std::optional<LinearSolution> solution = SolveLinear(difference);
  if (!solution.has_value() || solution->sign == 0)
    return Relation(difference, IsStrict(relation) ? ">" : ">=");
  const Maybe value = FromQuotient(solution->value);
  if (!value.has_value() || !value->constant) return std::nullopt;
  const End end{value->order, value->canonical, value->key, !IsStrict(relation)};
  Piece piece = WholeLine();
  (solution->sign > 0 ? piece.low : piece.high) = end;
  return MakeSolved(solution->name, MakeRegion({piece}));
}

std::optional<Reading> StatementParser::NotEqual(Range left, Range right) {
  const int difference = Difference(left, right);
  if (difference < 0) return std::nullopt;
  const std::optional<LinearSolution> solution = SolveLinear(difference);
  if (!solution.has_value()) return Relation(difference, "!=");
  const Maybe value = FromQuotient(solution->value);
  if (!value.has_value()) return std::nullopt;
  if (!value->constant) return Relation(difference, "!=");
  return MakeSolved(solution->name, MakeRegion(Without({WholeLine()}, *value)));
}

std::optional<Reading> StatementParser::Member(Range left, Range right) {
  const std::optional<std::string> name = NameOf(left);
  Maybe value = name.has_value() ? Value(right) : std::nullopt;
  if (!value.has_value()) return std::nullopt;
  if (value->kind == Kind::kTuple) {
    std::optional<std::vector<Piece>> region = AsRegion(*value);
    if (!region.has_value()) return std::nullopt;
    return MakeSolved(*name, MakeRegion(*std::move(region)));
  }
  if (value->kind != Kind::kSet && value->kind != Kind::kRegion) return std::nullopt;
  return MakeSolved(*name, *std::move(value));
}

}  // namespace sextant::math
