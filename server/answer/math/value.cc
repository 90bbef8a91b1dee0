// Values: expressions, quantities, tuples, sets, intervals, matrices, ratios.
#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/answer/math/clock.h"
#include "server/answer/math/normal_form.h"
#include "server/answer/math/numeric.h"
#include "server/answer/math/split.h"
#include "server/answer/math/statement.h"
#include "server/answer/math/units.h"

namespace sextant::math {
namespace {

constexpr size_t kMaxItems = 64;
constexpr int kMaxValueDepth = 10;
constexpr int kMaxUnitTokens = 14;
constexpr double kHuge = 1e308;

bool IsSeparator(const Token& token) {
  return token.kind == Tok::kComma || token.kind == Tok::kSemicolon;
}

bool MayBeUnit(Tok kind) {
  return kind == Tok::kLetters || kind == Tok::kWord || kind == Tok::kDegree ||
         kind == Tok::kCurrency || kind == Tok::kName;
}

}  // namespace

std::optional<Reading> StatementParser::Value(Range range) {
  if (range.empty() || depth_ > kMaxValueDepth) return std::nullopt;
  bool units = false;
  int plus_minus = 0;
  for (int i = range.begin; i < range.end; ++i) {
    const Tok kind = At(i).kind;
    units = units || MayBeUnit(kind) || kind == Tok::kColon || kind == Tok::kMinus ||
            kind == Tok::kSlash;
    if (kind == Tok::kPlusMinus) ++plus_minus;
  }
  ++depth_;
  Maybe value;
  if (plus_minus > 0) {
    value = plus_minus == 1 ? PlusMinus(range) : std::nullopt;
  } else {
    value = Regions(range);
    if (!value.has_value()) value = Bracketed(range);
    if (!value.has_value()) value = Matrix(range);
    if (!value.has_value()) value = Infinity(range);
    if (!value.has_value() && units) {
      value = Clock(range);
      if (!value.has_value()) value = Ratio(range);
      if (!value.has_value()) value = Quantity(range);
    }
    if (!value.has_value()) value = Expression(range);
  }
  --depth_;
  return value;
}

// Both values of a formula with one plus-minus; with a minus-plus the signs are opposite.
std::optional<Reading> StatementParser::PlusMinus(Range range) {
  std::vector<Reading> both;
  for (const bool plus : {true, false}) {
    std::vector<std::pair<int, Tok>> changed;
    for (int i = range.begin; i < range.end; ++i) {
      Token& token = tokens_.list[static_cast<size_t>(i)];
      if (token.kind != Tok::kPlusMinus && token.kind != Tok::kMinusPlus) continue;
      changed.emplace_back(i, token.kind);
      token.kind = (token.kind == Tok::kPlusMinus) == plus ? Tok::kPlus : Tok::kMinus;
    }
    Maybe value = Value(range);
    for (const auto& [i, kind] : changed) tokens_.list[static_cast<size_t>(i)].kind = kind;
    if (!value.has_value()) return std::nullopt;
    both.push_back(*std::move(value));
  }
  return MakeSet(std::move(both));
}

std::optional<Reading> StatementParser::Infinity(Range range) const {
  int at = range.begin;
  const bool negative = At(at).kind == Tok::kMinus;
  if (negative || At(at).kind == Tok::kPlus) ++at;
  if (at + 1 != range.end || At(at).kind != Tok::kInfinity) return std::nullopt;
  Reading infinity;
  infinity.canonical = negative ? "-inf" : "inf";
  infinity.key = infinity.canonical;
  infinity.constant = true;
  infinity.order = negative ? -kHuge : kHuge;
  return infinity;
}

// Unions, differences and intersections of sets on the line, and sets with a name.
std::optional<Reading> StatementParser::Regions(Range range) {
  if (range.end - range.begin == 1) {
    const Token& token = At(range.begin);
    if (token.kind == Tok::kEmptySet) return MakeSet({});
    if (token.kind != Tok::kSetName) return std::nullopt;
    if (token.text == "R") return MakeRegion({WholeLine()});
    Reading set;
    set.kind = Kind::kSet;
    set.canonical = absl::StrCat(token.text, token.text);
    set.key = absl::StrCat("set ", token.text);
    return set;
  }
  const auto joins = [this](const Token& token) {
    if (token.kind == Tok::kUnion || token.kind == Tok::kSetMinus ||
        token.kind == Tok::kIntersection)
      return true;
    const int i = static_cast<int>(&token - tokens_.list.data());
    return token.kind == Tok::kLetters && token.text == "U" && i > 0 &&
           At(i - 1).kind == Tok::kClose && At(i + 1).kind == Tok::kOpen;
  };
  const std::vector<Range> parts = Split(range, joins);
  if (parts.size() < 2 || parts.size() > kMaxItems) return std::nullopt;
  std::optional<Reading> all = Value(parts[0]);
  for (size_t i = 1; i < parts.size() && all.has_value(); ++i) {
    const Tok joint = At(parts[i].begin - 1).kind;
    const Maybe next = Value(parts[i]);
    if (!next.has_value()) return std::nullopt;
    std::optional<std::vector<Piece>> left = AsRegion(*all);
    const std::optional<std::vector<Piece>> right = AsRegion(*next);
    if (!left.has_value()) return std::nullopt;
    if (joint == Tok::kSetMinus) {
      if (next->kind != Kind::kSet || next->items.empty()) return std::nullopt;
      for (const Reading& point : next->items) {
        if (!point.constant) return std::nullopt;
        *left = Without(*left, point);
      }
    } else if (!right.has_value()) {
      return std::nullopt;
    } else if (joint == Tok::kIntersection) {
      *left = Intersect(*left, *right);
    } else {
      left->insert(left->end(), right->begin(), right->end());
    }
    all = MakeRegion(*std::move(left));
  }
  return all;
}

// A tuple, an interval, a set or a matrix; nullopt also for a formula in parentheses.
std::optional<Reading> StatementParser::Bracketed(Range range) {
  if (!IsSingleBracket(range)) return std::nullopt;
  const std::string& open = At(range.begin).text;
  const std::string& close = At(range.end - 1).text;
  const Range inner{range.begin + 1, range.end - 1};
  if (open == "\\{" || open == "{") return Braces(range);
  if (open != "(" && open != "[" && open != "<") return std::nullopt;
  if (open == "[" && close == "[") {
    if (Maybe matrix = NestedMatrix(inner)) return matrix;
  }
  if (!inner.empty() && At(inner.begin).kind == Tok::kCommand) {
    if (Maybe matrix = Matrix(inner)) return matrix;
  }
  const std::vector<Range> parts = Split(inner, IsSeparator);
  if (parts.size() > kMaxItems) return std::nullopt;
  if (parts.size() < 2) {
    // A statement in parentheses: (x = 5) is left alone.
    return open == "(" && close == "(" && parts.size() == 1 && IsSingleBracket(parts[0])
               ? Value(parts[0])
               : std::nullopt;
  }
  std::vector<Reading> items;
  for (const Range part : parts) {
    Maybe item = Value(part);
    if (!item.has_value()) return std::nullopt;
    items.push_back(*std::move(item));
  }
  if (open == "<" || (open == "(" && close == "(")) return MakeTuple(std::move(items));
  const bool pair = items.size() == 2 && items[0].constant && items[1].constant;
  if (pair && items[0].order < items[1].order) {
    return MakeRegion({{{items[0].order, items[0].canonical, items[0].key, open == "["},
                        {items[1].order, items[1].canonical, items[1].key, close == "["}}});
  }
  // A list in square brackets, or an interval with open formulas for ends.
  Reading list = MakeTuple(std::move(items));
  for (std::string* text : {&list.canonical, &list.key}) {
    text->front() = open[0];
    text->back() = close == "[" ? ']' : ')';
  }
  return list;
}

std::optional<Reading> StatementParser::Braces(Range range) {
  const Range inner{range.begin + 1, range.end - 1};
  if (inner.empty()) return MakeSet({});
  // {x | x > 2}: what the condition says.
  const std::vector<Range> condition = Split(inner, [](const Token& token) {
    return token.kind == Tok::kBar || token.kind == Tok::kColon;
  });
  if (condition.size() == 2) {
    const auto is_in = [](const Token& token) { return token.kind == Tok::kIn; };
    const Maybe name = Value(Split(condition[0], is_in)[0]);
    Maybe line = Statement(condition[1]);
    if (!line.has_value()) line = Line(condition[1]);
    if (!name.has_value() || !line.has_value() || line->kind != Kind::kSolved) return std::nullopt;
    if (line->name != name->canonical) return std::nullopt;
    Reading value = line->items[0];
    return value.kind == Kind::kExpression ? MakeSet({value}) : value;
  }
  const std::vector<Range> parts = Split(inner, IsSeparator);
  if (parts.size() > kMaxItems) return std::nullopt;
  std::vector<Reading> items;
  for (const Range part : parts) {
    Maybe item = Value(part);
    if (!item.has_value()) return std::nullopt;
    // A set of plus-minus is part of the set that it stands in.
    bool spread = false;
    for (int i = part.begin; i < part.end; ++i)
      spread = spread || (At(i).kind == Tok::kPlusMinus && item->kind == Kind::kSet);
    if (spread) {
      items.insert(items.end(), item->items.begin(), item->items.end());
    } else {
      items.push_back(*std::move(item));
    }
  }
  return MakeSet(std::move(items));
}

// \begin{pmatrix} ... \end{pmatrix}
std::optional<Reading> StatementParser::Matrix(Range range) {
  if (range.end - range.begin < 3) return std::nullopt;
  const Token& begin = At(range.begin);
  const Token& end = At(range.end - 1);
  if (begin.kind != Tok::kCommand || end.kind != Tok::kCommand) return std::nullopt;
  static constexpr std::array<absl::string_view, 6> kMatrices = {
      "begin:pmatrix", "begin:bmatrix", "begin:Bmatrix",
      "begin:matrix",  "begin:array",   "begin:smallmatrix"};
  if (std::find(kMatrices.begin(), kMatrices.end(), begin.text) == kMatrices.end())
    return std::nullopt;
  if (end.text != absl::StrCat("end:", absl::StripPrefix(begin.text, "begin:")))
    return std::nullopt;
  Range inner{range.begin + 1, range.end - 1};
  for (int i = inner.begin; i < inner.end; ++i) {
    if (At(i).kind == Tok::kCommand && absl::StrContains(At(i).text, ':')) return std::nullopt;
  }
  if (At(inner.end - 1).kind == Tok::kNewRow) --inner.end;
  std::vector<std::vector<Range>> rows;
  for (const Range row :
       Split(inner, [](const Token& token) { return token.kind == Tok::kNewRow; })) {
    rows.push_back(Split(row, [](const Token& token) { return token.kind == Tok::kAmpersand; }));
  }
  return MakeMatrix(rows);
}

// [[1, 2], [3, 4]]
std::optional<Reading> StatementParser::NestedMatrix(Range range) {
  std::vector<std::vector<Range>> rows;
  for (const Range row : Split(range, IsSeparator)) {
    if (!IsSingleBracket(row) || At(row.begin).text != "[" || At(row.end - 1).text != "[")
      return std::nullopt;
    rows.push_back(Split({row.begin + 1, row.end - 1}, IsSeparator));
  }
  return MakeMatrix(rows);
}

std::optional<Reading> StatementParser::MakeMatrix(const std::vector<std::vector<Range>>& rows) {
  if (rows.empty() || rows.size() > kMaxItems) return std::nullopt;
  Reading matrix;
  matrix.kind = Kind::kMatrix;
  for (const std::vector<Range>& row : rows) {
    if (row.size() != rows[0].size() || row.size() > kMaxItems) return std::nullopt;
    std::vector<std::string> canonicals;
    std::vector<std::string> keys;
    for (const Range cell : row) {
      const Maybe entry = Value(cell);
      if (!entry.has_value()) return std::nullopt;
      canonicals.push_back(entry->canonical);
      keys.push_back(entry->key);
    }
    const absl::string_view joint = matrix.key.empty() ? "[" : ", ";
    absl::StrAppend(&matrix.canonical, joint, "[", absl::StrJoin(canonicals, ", "), "]");
    absl::StrAppend(&matrix.key, joint, "[", absl::StrJoin(keys, ", "), "]");
  }
  matrix.canonical += "]";
  matrix.key += "]";
  return matrix;
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
    const std::optional<int> node = ParseExpression(Span(part), expressions_);
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
    if (first.kind == Tok::kCurrency) code = first.text;
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
  std::optional<int> node = ParseExpression(Span({begin, end}), expressions_);
  if (!node.has_value()) return std::nullopt;
  if (negative) node = expressions_.Make(Op::kNegate, {*node});
  Maybe bare = ExpressionOf(*node);
  if (!bare.has_value() || !bare->constant) return std::nullopt;
  int scaled = expressions_.Make(Op::kMultiply, {*node, expressions_.Number(unit.factor)});
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
  value->canonical = absl::StrCat(sum ? "(" : "", value->canonical, sum ? ")" : "", " ",
                                  absl::StartsWith(dimensions, "/") ? "1" : "", dimensions);
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
    const std::optional<int> node = ParseExpression(Span({at, at + 1}), expressions_);
    if (!node.has_value()) return std::nullopt;
    int end = at + 1;
    while (end < range.end && MayBeUnit(At(end).kind) && !IsWord(end, "and")) ++end;
    const std::optional<Unit> unit = ReadUnit(Span({at + 1, end}));
    if (!unit.has_value() || unit->dimensions.size() != 1 || end == at + 1) return std::nullopt;
    const Rational amount = expressions_[*node].value * unit->factor;
    if (parts == 0) {
      total = *unit;
      total.factor = amount;
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

std::optional<Reading> StatementParser::Expression(Range range) {
  const std::optional<int> node = ParseExpression(Span(range), expressions_);
  return node.has_value() ? ExpressionOf(*node) : std::nullopt;
}

std::optional<Reading> StatementParser::ExpressionOf(int node) {
  const std::optional<Quotient> form = NormalForm(expressions_, node, algebra_);
  if (!form.has_value()) return std::nullopt;
  Reading reading;
  reading.node = node;
  if (const std::optional<Rational> value = Algebra::AsRational(*form)) {
    reading.canonical = value->ToString();
    reading.key = reading.canonical;
    reading.constant = true;
    reading.rational = true;
    reading.order = fmpq_get_d(value->get());
    return reading;
  }
  reading.canonical = algebra_.Print(*form);
  const NumericOptions options{Proportion::kExact, algebra_.IsIrrationalForSure(*form)};
  const std::optional<NumericIdentity> identity = Identify(expressions_, node, options);
  if (!identity.has_value()) {
    reading.key = absl::StrCat("=", reading.canonical);
    return reading;
  }
  reading.key = identity->key;
  reading.constant = identity->constant && identity->real;
  reading.order = identity->approximate;
  if (identity->rational.has_value()) {
    reading.canonical = identity->key;
    reading.rational = true;
  }
  return reading;
}

std::optional<Reading> StatementParser::FromQuotient(const Quotient& value) {
  const std::optional<Tokens> tokens = Tokenise(algebra_.Print(value));
  if (!tokens.has_value()) return std::nullopt;
  const int end = static_cast<int>(tokens->list.size()) - 1;
  const std::optional<int> node = ParseExpression({&tokens->list, 0, end}, expressions_);
  return node.has_value() ? ExpressionOf(*node) : std::nullopt;
}

}  // namespace sextant::math
