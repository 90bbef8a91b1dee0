// Quantities with a unit, times and dates, ratios.
#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/answer/math/clock.h"
#include "server/answer/math/normal_form.h"
#include "server/answer/math/split.h"
#include "server/answer/math/statement.h"
#include "server/answer/math/units.h"

namespace sextant::math {
namespace {

constexpr int kMaxUnitTokens = 14;

}  // namespace

bool MayBeUnit(Tok kind) {
  return kind == Tok::kLetters || kind == Tok::kWord || kind == Tok::kDegree ||
         kind == Tok::kCurrency || kind == Tok::kName;
}

std::optional<Reading> StatementParser::Clock(Range range) {
  const std::optional<ClockReading> clock = ReadClock(Span(range));
  if (!clock.has_value()) return std::nullopt;
  Reading reading;
  reading.kind = Kind::kQuantity;
  reading.canonical = clock->canonical;
  reading.key = clock->canonical;
  reading.rational = true;
  return reading;
}

std::optional<Reading> StatementParser::Ratio(Range range) {
  const std::vector<Range> parts =
      Split(range, [](const Token& token) { return token.kind == Tok::kColon; });
  if (parts.size() < 2 || parts.size() > 8) return std::nullopt;
  std::vector<Quotient> terms;
  for (const Range part : parts) {
    const std::optional<int> node = Parse(part);
    if (!node.has_value()) return std::nullopt;
    std::optional<Quotient> term = NormalForm(expressions_, *node, algebra_);
    if (!term.has_value() || term->over.empty()) return std::nullopt;
    terms.push_back(*std::move(term));
  }
  // Up to a factor: in whole numbers, or else with 1 in the first place.
  Rational content;
  for (const Quotient& term : terms) {
    const std::optional<Rational> value = Algebra::AsRational(term);
    if (!value.has_value()) {
      content = Rational();
      break;
    }
    fmpq_gcd(content.get(), content.get(), value->get());
  }
  const Quotient scale = content.IsZero() ? terms[0] : Algebra::Constant(content);
  Reading ratio;
  ratio.kind = Kind::kQuantity;
  for (const Quotient& term : terms) {
    const std::optional<Quotient> scaled = algebra_.Divide(term, scale);
    const Maybe reading = scaled.has_value() ? FromQuotient(*scaled) : std::nullopt;
    if (!reading.has_value()) return std::nullopt;
    absl::StrAppend(&ratio.canonical, ratio.canonical.empty() ? "" : ":", reading->canonical);
    absl::StrAppend(&ratio.key, ratio.key.empty() ? "ratio " : ":", reading->key);
  }
  // What would be read as a time gets blanks.
  const std::optional<Tokens> again = Tokenise(ratio.canonical);
  if (again.has_value() &&
      ReadClock({&again->list, 0, static_cast<int>(again->list.size()) - 1}).has_value()) {
    ratio.canonical = absl::StrJoin(absl::StrSplit(ratio.canonical, ':'), " : ");
  }
  return ratio;
}

std::optional<Reading> StatementParser::Quantity(Range range) {
  if (Maybe compound = Compound(range)) return compound;
  int begin = range.begin;
  Unit unit;
  bool negative = false;
  const int sign = At(begin).kind == Tok::kMinus ? 1 : 0;
  if (begin + sign < range.end) {
    const Token& first = At(begin + sign);
    std::optional<std::string> code;
    if (first.kind == Tok::kCurrency) code = std::string(first.text);
    if (first.kind == Tok::kLetters) code = CurrencyCode(first.text);
    if (code.has_value()) {
      unit = CurrencyUnit(*code);
      negative = sign == 1;
      begin += sign + 1;
    }
  }
  int end = range.end;
  for (int i = std::max(begin + 1, range.end - kMaxUnitTokens); i < range.end; ++i) {
    const Token& token = At(i);
    // The sine of 30 degrees is no angle.
    if (token.kind == Tok::kDegree) {
      const auto is_function = [](const Token& each) { return each.kind == Tok::kFunction; };
      const auto first = tokens_.list.begin() + range.begin;
      if (std::any_of(first, tokens_.list.begin() + i, is_function)) break;
    }
    const bool starts = MayBeUnit(token.kind) || token.kind == Tok::kSlash;
    // 5m is a product, 5 m a length; \text{m} is a unit everywhere.
    const bool loose_letter = token.kind == Tok::kLetters && !token.space && token.text.size() == 1;
    if (!starts || loose_letter || (token.kind == Tok::kName && token.text != "Omega")) continue;
    if (token.kind == Tok::kSlash && !MayBeUnit(At(i + 1).kind)) continue;
    if (token.kind == Tok::kSlash && unit.dimensions.empty()) continue;
    const std::optional<Unit> suffix = ReadUnit(Span({i, range.end}));
    if (!suffix.has_value()) continue;
    unit = Product(unit, *suffix);
    end = i;
    break;
  }
  if (begin == range.begin && end == range.end) return std::nullopt;
  std::optional<int> node = Parse({begin, end});
  if (!node.has_value()) return std::nullopt;
  if (negative) node = expressions_.Make(Op::kNegate, {*node});
  Maybe bare = ExpressionOf(*node);
  if (!bare.has_value() || !bare->constant) return std::nullopt;
  int scaled = expressions_.Make(Op::kMultiply, {*node, expressions_.Number(WholeFactor(unit))});
  for (int i = 0; i < std::abs(unit.degrees) && i < 4; ++i) {
    const int degree = expressions_.Make(Op::kMultiply, {expressions_.Leaf(Op::kConstant, "pi"),
                                                         expressions_.Number(Rational(1, 180))});
    scaled = expressions_.Make(unit.degrees > 0 ? Op::kMultiply : Op::kDivide, {scaled, degree});
  }
  Maybe value = ExpressionOf(scaled);
  if (!value.has_value()) return std::nullopt;
  value->rational = bare->rational;
  if (unit.scale) return value;
  value->loose_key = bare->key;
  const std::string dimensions = PrintDimensions(unit);
  if (dimensions.empty()) {
    if (value->loose_key == value->key) value->loose_key.clear();
    return value;
  }
  const bool sum = absl::StrContains(value->canonical, " ");
  value->kind = Kind::kQuantity;
  value->canonical =
      absl::StrCat(sum ? "(" : "", value->canonical, sum ? ")" : "", " ", dimensions);
  absl::StrAppend(&value->key, " ", dimensions);
  value->constant = false;
  return value;
}

// "1 h 30 min", "3 dollars and 50 cents": quantities of the same kind, added.
std::optional<Reading> StatementParser::Compound(Range range) {
  Unit total;
  int parts = 0;
  for (int at = range.begin; at < range.end; ++parts) {
    if (parts > 0 && (IsWord(at, "and") || At(at).kind == Tok::kComma)) ++at;
    if (parts > 3 || at + 1 >= range.end || At(at).kind != Tok::kNumber) return std::nullopt;
    const std::optional<int> node = Parse({at, at + 1});
    if (!node.has_value()) return std::nullopt;
    int end = at + 1;
    while (end < range.end && MayBeUnit(At(end).kind) && !IsWord(end, "and")) ++end;
    const std::optional<Unit> unit = ReadUnit(Span({at + 1, end}));
    if (!unit.has_value() || unit->dimensions.size() != 1 || end == at + 1) return std::nullopt;
    const Rational amount = expressions_[*node].value * WholeFactor(*unit);
    if (parts == 0) {
      total = *unit;
      total.factor = amount;
      total.tens = 0;
    } else if (total.dimensions != unit->dimensions) {
      return std::nullopt;
    } else {
      total.factor = total.factor + amount;
    }
    at = end;
  }
  if (parts < 2) return std::nullopt;
  Reading sum;
  sum.kind = Kind::kQuantity;
  sum.canonical = absl::StrCat(total.factor.ToString(), " ", PrintDimensions(total));
  sum.key = sum.canonical;
  sum.rational = true;
  return sum;
}

}  // namespace sextant::math
