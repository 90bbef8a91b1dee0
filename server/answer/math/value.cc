// Values in general, and expressions.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/normal_form.h"
#include "server/answer/math/numeric.h"
#include "server/answer/math/short_key.h"
#include "server/answer/math/short_parser.h"
#include "server/answer/math/split.h"
#include "server/answer/math/statement.h"
#include "server/answer/math/units.h"

namespace sextant::math {
namespace {

constexpr int kMaxValueDepth = 10;
constexpr double kHuge = 1e308;

}  // namespace

std::optional<Reading> StatementParser::Value(Range range) {
  if (range.empty() || depth_ > kMaxValueDepth) return std::nullopt;
  if (!effort_.Spend(1 + (range.end - range.begin) / 8)) return std::nullopt;
  uint64_t kinds = 0;
  int plus_minus = 0;
  for (int i = range.begin; i < range.end; ++i) {
    const Tok kind = At(i).kind;
    kinds |= Bit(kind);
    plus_minus += kind == Tok::kPlusMinus ? 1 : 0;
  }
  ++depth_;
  Maybe value;
  // In a set each element has a sign of its own: {1 ± sqrt(5), -2} has three elements.
  const bool braces = IsSingleBracket(range) && absl::StrContains(At(range.begin).text, '{');
  if (plus_minus > 0 && braces) {
    value = Braces(range);
  } else if (plus_minus > 0) {
    value = plus_minus == 1 ? PlusMinus(range) : std::nullopt;
  } else {
    value = Plain(range, kinds);
  }
  --depth_;
  return value;
}

std::optional<Reading> StatementParser::Plain(Range range, uint64_t kinds) {
  if (Maybe regions = Regions(range)) return regions;
  if (Maybe bracketed = Bracketed(range)) return bracketed;
  if (Maybe matrix = Matrix(range)) return matrix;
  if (Maybe infinity = Infinity(range)) return infinity;
  if (Maybe sum = Short(range)) return sum;
  // As MayBeUnit has them.
  constexpr uint64_t kUnits = Bit(Tok::kLetters) | Bit(Tok::kWord) | Bit(Tok::kDegree) |
                              Bit(Tok::kCurrency) | Bit(Tok::kName);
  constexpr uint64_t kClocks = kUnits | Bit(Tok::kMinus) | Bit(Tok::kSlash) | Bit(Tok::kColon);
  if ((kinds & kClocks) != 0) {
    if (Maybe clock = Clock(range)) return clock;
  }
  if ((kinds & Bit(Tok::kColon)) != 0) {
    if (Maybe ratio = Ratio(range)) return ratio;
  }
  if ((kinds & kUnits) != 0) {
    if (Maybe quantity = Quantity(range)) return quantity;
  }
  return Expression(range);
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

// What ExpressionOf says, the quick way.
std::optional<Reading> StatementParser::Short(Range range) const {
  std::optional<ShortReading> read = ReadShort(Span(range));
  if (!read.has_value()) return std::nullopt;
  Reading reading;
  reading.own = true;
  reading.canonical = read->sum.Print(read->names);
  if (read->sum.IsRational()) {
    const auto terms = read->sum.terms();
    reading.key = reading.canonical;
    reading.constant = true;
    reading.rational = true;
    reading.order = terms.empty() ? 0
                                  : static_cast<double>(terms[0].factor) /
                                        static_cast<double>(read->sum.under());
    return reading;
  }
  std::optional<ShortKey> key = KeyOfShort(read->sum, read->names);
  if (!key.has_value()) return std::nullopt;
  reading.key = std::move(key->key);
  reading.constant = read->sum.HasOneRoot();
  reading.order = key->approximate;
  return reading;
}

std::optional<int> StatementParser::Parse(Range range) {
  if (!effort_.Spend(1 + (range.end - range.begin) / 2)) return std::nullopt;
  return ParseExpression(Span(range), expressions_);
}

std::optional<Reading> StatementParser::Expression(Range range) {
  const std::optional<int> node = Parse(range);
  return node.has_value() ? ExpressionOf(*node) : std::nullopt;
}

std::optional<Reading> StatementParser::ExpressionOf(int node) {
  const std::optional<Quotient> form = NormalForm(expressions_, node, algebra_);
  if (!form.has_value()) return std::nullopt;
  Reading reading;
  if (const std::optional<Rational> value = Algebra::AsRational(*form)) {
    reading.canonical = value->ToString();
    reading.key = reading.canonical;
    reading.constant = true;
    reading.rational = true;
    reading.order = fmpq_get_d(value->get());
    return reading;
  }
  reading.canonical = algebra_.Print(*form);
  const ValueSummary value = ValueOf(node, *form, reading.canonical);
  if (!value.known) {
    reading.key = absl::StrCat("=", reading.canonical);
    return reading;
  }
  reading.key = value.key;
  reading.constant = value.constant;
  reading.order = value.order;
  reading.rational = value.rational;
  if (value.rational) reading.canonical = value.key;
  return reading;
}

// `canonical` is how the normal form of the node is written.
ValueSummary StatementParser::ValueOf(int node, const Quotient& form,
                                      const std::string& canonical) {
  if (const ValueSummary* known = effort_.Find(canonical)) return *known;
  const bool fresh = evaluator_.IsFresh();
  const NumericOptions options{Proportion::kExact, algebra_.IsIrrationalForSure(form)};
  std::optional<NumericIdentity> identity = Identify(evaluator_, node, options);
  if (!identity.has_value()) {
    // What is unknown as it is written, x!/x!, may be known in its normal form.
    const std::optional<int> again = Reparse(canonical);
    if (again.has_value()) identity = Identify(evaluator_, *again, options);
  }
  ValueSummary value;
  if (identity.has_value()) {
    value = {true, std::move(identity->key), identity->constant && identity->real,
             identity->rational.has_value(), identity->approximate};
  }
  // With no more left than now, it may be found in another reading.
  if (value.known || fresh) effort_.Remember(canonical, value);
  return value;
}

std::optional<int> StatementParser::Reparse(const std::string& canonical) {
  const std::optional<Tokens> tokens = Tokenise(canonical);
  if (!tokens.has_value()) return std::nullopt;
  const int end = static_cast<int>(tokens->list.size()) - 1;
  return ParseExpression({&tokens->list, 0, end}, expressions_);
}

std::optional<Reading> StatementParser::FromQuotient(const Quotient& value) {
  if (!effort_.Spend(10)) return std::nullopt;
  const std::optional<int> node = Reparse(algebra_.Print(value));
  return node.has_value() ? ExpressionOf(*node) : std::nullopt;
}

}  // namespace sextant::math
