// Sums, products, powers and brackets.
#include "server/answer/math/parser.h"

#include "absl/strings/match.h"

namespace sextant::math {

MaybeNode Parser::Sum() {
  if (++depth_ > kMaxDepth || out_.Full()) return std::nullopt;
  absl::InlinedVector<int, 8> terms;
  MaybeNode term = SignedTerm();
  while (term.has_value()) {
    terms.push_back(*term);
    if (!Is(Tok::kPlus) && !Is(Tok::kMinus)) break;
    term = SignedTerm();
  }
  --depth_;
  if (!term.has_value()) return std::nullopt;
  return terms.size() == 1 ? terms[0] : out_.Make(Op::kAdd, terms);
}

MaybeNode Parser::SignedTerm() {
  bool negative = false;
  for (int signs = 0; Is(Tok::kPlus) || Is(Tok::kMinus); ++signs) {
    if (signs > 2) return std::nullopt;
    negative = negative != Is(Tok::kMinus);
    Next();
  }
  const MaybeNode term = Product();
  if (!term.has_value() || !negative) return term;
  return out_.Make(Op::kNegate, {*term});
}

bool Parser::StartsFactor() const {
  switch (Peek().kind) {
    case Tok::kNumber:
    case Tok::kVulgar:
    case Tok::kLetters:
    case Tok::kName:
    case Tok::kFunction:
    case Tok::kOpen:
    case Tok::kInfinity:
      return true;
    case Tok::kCommand:
      return !absl::StrContains(Peek().text, ':') && Peek().text != "over";
    case Tok::kBar:
      return !in_bars_;
    default:
      return false;
  }
}

MaybeNode Parser::Product() {
  absl::InlinedVector<int, 8> factors;
  MaybeNode factor = Factor();
  if (!factor.has_value()) return std::nullopt;
  factors.push_back(*factor);
  while (true) {
    if (Take(Tok::kTimes)) {
      factor = SignedFactor();
    } else if (Is(Tok::kSlash)) {
      Next();
      const int over = factors.size() == 1 ? factors[0] : out_.Make(Op::kMultiply, factors);
      factor = SignedFactor();
      if (!factor.has_value()) return std::nullopt;
      // Is 1/2pi a half of pi? Only a fraction of numbers before a letter is clear.
      const bool numbers = out_[over].op == Op::kNumber && out_[*factor].op == Op::kNumber;
      if (StartsFactor() && !(numbers && Is(Tok::kLetters))) return std::nullopt;
      factors.clear();
      factor = out_.Make(Op::kDivide, {over, *factor});
    } else if (StartsFactor() && (IsAfterFactorial() || (!Is(Tok::kNumber) && !Is(Tok::kVulgar)))) {
      factor = Factor();
    } else {
      break;
    }
    if (!factor.has_value() || out_.Full()) return std::nullopt;
    factors.push_back(*factor);
  }
  return factors.size() == 1 ? factors[0] : out_.Make(Op::kMultiply, factors);
}

MaybeNode Parser::SignedFactor() {
  const bool negative = Take(Tok::kMinus);
  if (!negative) Take(Tok::kPlus);
  const MaybeNode factor = Factor();
  if (!factor.has_value() || !negative) return factor;
  return out_.Make(Op::kNegate, {*factor});
}

// A primary with its factorials, powers, degrees and percent.
MaybeNode Parser::Factor() {
  if (++depth_ > kMaxDepth || out_.Full()) return std::nullopt;
  MaybeNode node = Primary();
  if (node.has_value() && Take(Tok::kBang)) {
    if (Is(Tok::kBang)) return std::nullopt;
    node = out_.Make(Op::kCall, {*node}, "factorial");
  }
  if (node.has_value() && Take(Tok::kCaret)) {
    const MaybeNode exponent = Exponent();
    if (!exponent.has_value()) return std::nullopt;
    node = out_.Make(Op::kPower, {*node, *exponent});
  }
  if (node.has_value() && Take(Tok::kDegree)) {
    const int pi = out_.Leaf(Op::kConstant, "pi");
    node = out_.Make(Op::kMultiply, {*node, pi, out_.Number(Rational(1, 180))});
  } else if (node.has_value() && Take(Tok::kPercent)) {
    node = out_.Make(Op::kMultiply, {*node, out_.Number(Rational(1, 100))});
  }
  if (Is(Tok::kCaret) || Is(Tok::kUnderscore) || Is(Tok::kPrime)) return std::nullopt;
  --depth_;
  return node;
}

MaybeNode Parser::Exponent() {
  if (IsOpen("{")) return Group();
  const bool negative = Take(Tok::kMinus);
  // Right associative: 2^3^2 is 2^9.
  const MaybeNode factor = ExponentFactor();
  if (!factor.has_value() || !negative) return factor;
  return out_.Make(Op::kNegate, {*factor});
}

MaybeNode Parser::ExponentFactor() {
  if (++depth_ > kMaxDepth) return std::nullopt;
  MaybeNode node;
  if (Is(Tok::kLetters) && Text().size() > 1) {
    node = Letter();
  } else {
    node = Primary();
  }
  if (node.has_value() && Take(Tok::kCaret)) {
    const MaybeNode exponent = Exponent();
    if (!exponent.has_value()) return std::nullopt;
    node = out_.Make(Op::kPower, {*node, *exponent});
  }
  --depth_;
  return node;
}

MaybeNode Parser::Primary() {
  switch (Peek().kind) {
    case Tok::kNumber:
      return Number();
    case Tok::kVulgar:
      return Vulgar();
    case Tok::kLetters:
      return Letter();
    case Tok::kName:
      return Name();
    case Tok::kFunction:
      return Function();
    case Tok::kCommand:
      return Command();
    case Tok::kOpen:
      return Bracket();
    case Tok::kBar:
      return Bars();
    default:
      return std::nullopt;
  }
}

MaybeNode Parser::Group() {
  Next();
  MaybeNode sum = Sum();
  if (sum.has_value() && IsCommand("over")) {
    Next();
    const MaybeNode under = Sum();
    if (!under.has_value()) return std::nullopt;
    sum = out_.Make(Op::kDivide, {*sum, *under});
  }
  if (!sum.has_value() || !TakeClose()) return std::nullopt;
  return sum;
}

MaybeNode Parser::Bracket() {
  const absl::string_view open = Peek().text;
  const absl::string_view close = tokens_[static_cast<size_t>(Peek().match)].text;
  if (open != close || open == "\\{" || open == "<") return std::nullopt;
  const bool bars = in_bars_;
  in_bars_ = false;
  const MaybeNode inner = Group();
  in_bars_ = bars;
  if (!inner.has_value()) return std::nullopt;
  if (open == "F") return out_.Make(Op::kCall, {*inner}, "floor");
  if (open == "C") return out_.Make(Op::kCall, {*inner}, "ceil");
  if (open == "|") return out_.Make(Op::kCall, {*inner}, "abs");
  return inner;
}

MaybeNode Parser::Bars() {
  if (in_bars_) return std::nullopt;
  in_bars_ = true;
  Next();
  const MaybeNode sum = Sum();
  in_bars_ = false;
  if (!sum.has_value() || !Take(Tok::kBar)) return std::nullopt;
  return out_.Make(Op::kCall, {*sum}, "abs");
}

std::optional<int> ParseExpression(const TokenRange& range, Expressions& expressions) {
  return Parser(range, expressions).Whole();
}

}  // namespace sextant::math
