#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/expression.h"

namespace sextant::math {
namespace {

using absl::string_view;
using MaybeNode = std::optional<int>;

// Short words that are never products of their letters.
constexpr std::array<string_view, 38> kWords = {
    "is",  "of",  "the", "at",  "no",  "to",  "and", "or",  "if",  "it",  "an",  "as",  "so",
    "by",  "we",  "for", "not", "yes", "per", "max", "min", "gcd", "lcm", "mod", "det", "lim",
    "sup", "are", "has", "all", "any", "one", "two", "six", "ten", "odd", "AM",  "PM"};

constexpr int kMaxNumberDigits = 1000;
constexpr int64_t kMaxScientific = 1000;  // Absolute power of ten of a number as written.

std::optional<Rational> ReadLiteral(string_view text) {
  int64_t exponent = 0;
  const size_t e = text.find('e');
  if (e != string_view::npos) {
    if (!absl::SimpleAtoi(text.substr(e + 1), &exponent)) return std::nullopt;
    if (exponent > kMaxScientific || exponent < -kMaxScientific) return std::nullopt;
    text = text.substr(0, e);
  }
  if (text.size() > kMaxNumberDigits) return std::nullopt;
  string_view repeating;
  const size_t open = text.find('(');
  if (open != string_view::npos) {
    repeating = text.substr(open + 1, text.size() - open - 2);
    text = text.substr(0, open);
  }
  const size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  int decimals = 0;
  if (point != string_view::npos) {
    const string_view fraction = text.substr(point + 1);
    digits.append(fraction.data(), fraction.size());
    decimals = static_cast<int>(fraction.size());
  }
  Rational value = Rational::FromDigits(digits, decimals);
  if (!repeating.empty()) {
    const auto length = static_cast<int64_t>(repeating.size());
    const std::optional<Rational> shift = Rational(10).Power(length);
    if (!shift.has_value()) return std::nullopt;
    const Rational nines = (*shift - Rational(1)) * *Rational(10).Power(decimals);
    value = value + Rational::FromDigits(repeating, 0) / nines;
  }
  if (exponent != 0) value = value * *Rational(10).Power(exponent);
  if (value.TooBig()) return std::nullopt;
  return value;
}

bool IsTrigonometric(string_view name) {
  return name == "sin" || name == "cos" || name == "tan" || name == "cot" || name == "sec" ||
         name == "csc" || name == "sinh" || name == "cosh" || name == "tanh";
}

class Parser {
 public:
  Parser(const TokenRange& range, Expressions& expressions)
      : tokens_(*range.list), at_(range.begin), end_(range.end), out_(expressions) {}

  MaybeNode Whole() {
    const MaybeNode sum = Sum();
    if (!sum.has_value() || at_ != end_ || out_.Full()) return std::nullopt;
    return sum;
  }

 private:
  static constexpr Token kNothing = {};

  const Token& Peek(int ahead = 0) const {
    static const Token& end = *new Token();
    return at_ + ahead < end_ ? tokens_[static_cast<size_t>(at_ + ahead)] : end;
  }
  // What is left of the text of a token that is taken letter by letter or digit by digit.
  string_view Text() const { return string_view(Peek().text).substr(offset_); }
  bool Is(Tok kind) const { return Peek().kind == kind; }
  bool IsOpen(string_view bracket) const { return Is(Tok::kOpen) && Peek().text == bracket; }
  bool IsCommand(string_view name) const { return Is(Tok::kCommand) && Peek().text == name; }
  void Next() {
    ++at_;
    offset_ = 0;
  }
  bool Take(Tok kind) {
    if (!Is(kind)) return false;
    Next();
    return true;
  }
  bool TakeClose() { return Take(Tok::kClose); }

  MaybeNode Sum() {
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

  MaybeNode SignedTerm() {
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

  bool StartsFactor() const {
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

  MaybeNode Product() {
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
      } else if (StartsFactor() &&
                 (IsAfterFactorial() || (!Is(Tok::kNumber) && !Is(Tok::kVulgar)))) {
        factor = Factor();
      } else {
        break;
      }
      if (!factor.has_value() || out_.Full()) return std::nullopt;
      factors.push_back(*factor);
    }
    return factors.size() == 1 ? factors[0] : out_.Make(Op::kMultiply, factors);
  }

  // In 3! 7! the second number can only be a factor.
  bool IsAfterFactorial() const {
    return at_ > 0 && tokens_[static_cast<size_t>(at_) - 1].kind == Tok::kBang;
  }

  MaybeNode SignedFactor() {
    const bool negative = Take(Tok::kMinus);
    if (!negative) Take(Tok::kPlus);
    const MaybeNode factor = Factor();
    if (!factor.has_value() || !negative) return factor;
    return out_.Make(Op::kNegate, {*factor});
  }

  // A primary with its factorials, powers, degrees and percent.
  MaybeNode Factor() {
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

  MaybeNode Exponent() {
    if (IsOpen("{")) return Group();
    const bool negative = Take(Tok::kMinus);
    // Right associative: 2^3^2 is 2^9.
    const MaybeNode factor = ExponentFactor();
    if (!factor.has_value() || !negative) return factor;
    return out_.Make(Op::kNegate, {*factor});
  }

  MaybeNode ExponentFactor() {
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

  MaybeNode Primary() {
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

  MaybeNode Group() {
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

  MaybeNode Bracket() {
    const std::string open = Peek().text;
    const std::string close = tokens_[static_cast<size_t>(Peek().match)].text;
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

  MaybeNode Bars() {
    if (in_bars_) return std::nullopt;
    in_bars_ = true;
    Next();
    const MaybeNode sum = Sum();
    in_bars_ = false;
    if (!sum.has_value() || !Take(Tok::kBar)) return std::nullopt;
    return out_.Make(Op::kCall, {*sum}, "abs");
  }

  MaybeNode Vulgar() {
    const string_view text = Peek().text;
    const Rational value(text[0] - '0', text[2] - '0');
    Next();
    return out_.Number(value);
  }

  // A number, one in another base, or a mixed number.
  MaybeNode Number() {
    const std::string text(Text());
    Next();
    const std::optional<Rational> whole = ReadLiteral(text);
    if (!whole.has_value()) return std::nullopt;
    if (Take(Tok::kUnderscore)) {
      const std::optional<std::string> base = Subscript();
      if (!base.has_value() || !std::all_of(base->begin(), base->end(), absl::ascii_isdigit))
        return std::nullopt;
      return out_.Leaf(Op::kLiteral, absl::StrCat(text, "_", *base));
    }
    if (text.find_first_not_of("0123456789") != std::string::npos) return out_.Number(*whole);
    return Mixed(*whole);
  }

  MaybeNode Mixed(const Rational& whole) {
    std::optional<Rational> part;
    int length = 0;
    const auto integer = [this](int ahead) {
      const Token& token = Peek(ahead);
      const bool digits = token.kind == Tok::kNumber &&
                          token.text.find_first_not_of("0123456789") == std::string::npos;
      return digits ? ReadLiteral(token.text) : std::nullopt;
    };
    if (Is(Tok::kVulgar)) {
      part = Rational(Peek().text[0] - '0', Peek().text[2] - '0');
      length = 1;
    } else if (Is(Tok::kNumber) && Peek().space && Peek(1).kind == Tok::kSlash) {
      const std::optional<Rational> over = integer(0);
      const std::optional<Rational> under = integer(2);
      if (!over.has_value() || !under.has_value() || under->IsZero()) return std::nullopt;
      part = *over / *under;
      length = 3;
      if (!(*part < Rational(1))) return std::nullopt;
    } else if (IsCommand("frac")) {
      const int before = at_;
      const MaybeNode fraction = Command();
      if (!fraction.has_value()) return std::nullopt;
      const Node& node = out_[*fraction];
      const bool numbers =
          out_[node.kids[0]].op == Op::kNumber && out_[node.kids[1]].op == Op::kNumber;
      if (!numbers || out_[node.kids[1]].value.IsZero()) {
        at_ = before;
        return out_.Number(whole);
      }
      part = out_[node.kids[0]].value / out_[node.kids[1]].value;
      // 2\frac32 may be a product; 2\frac12 is not.
      if (!(*part < Rational(1)) || part->Sign() <= 0) return std::nullopt;
    }
    if (!part.has_value()) return out_.Number(whole);
    at_ += length;
    return out_.Number(whole + *part);
  }

  MaybeNode Letter() {
    const string_view text = Text();
    const Token& token = Peek();
    if (token.text.size() > 3) return std::nullopt;
    if (std::find(kWords.begin(), kWords.end(), token.text) != kWords.end()) return std::nullopt;
    const std::string name(text.substr(0, 1));
    if (text.size() > 1) {
      ++offset_;
    } else {
      Next();
      // Is x2 a power, an index or a product?
      if (Is(Tok::kNumber) && !Peek().space) return std::nullopt;
    }
    return Symbol(name);
  }

  MaybeNode Name() {
    const std::string name = Peek().text;
    Next();
    return Symbol(name);
  }

  MaybeNode Symbol(std::string name) {
    if (Is(Tok::kUnderscore) && offset_ == 0) {
      Next();
      const std::optional<std::string> index = Subscript();
      if (!index.has_value()) return std::nullopt;
      absl::StrAppend(&name, "_", *index);
    }
    while (offset_ == 0 && Take(Tok::kPrime)) name += '\'';
    if (name == "e" || name == "i" || name == "pi") return out_.Leaf(Op::kConstant, name);
    if (offset_ == 0 && IsOpen("(") && absl::StrContains("fghFGH", name.substr(0, 1)))
      return Arguments(name);
    return out_.Leaf(Op::kVariable, name);
  }

  // What may stand below: "1", "12", "max", "n+1".
  std::optional<std::string> Subscript() {
    const bool group = IsOpen("{");
    if (group) Next();
    std::string index;
    while (index.size() < 40) {
      const Token& token = Peek();
      if (token.kind == Tok::kNumber || token.kind == Tok::kLetters || token.kind == Tok::kWord ||
          token.kind == Tok::kName || token.kind == Tok::kFunction) {
        index += token.text;
      } else if (group && token.kind == Tok::kPlus) {
        index += '+';
      } else if (group && token.kind == Tok::kMinus) {
        index += '-';
      } else if (group && token.kind == Tok::kComma) {
        index += ',';
      } else {
        break;
      }
      Next();
      if (!group) break;
    }
    if (index.empty() || (group && !TakeClose())) return std::nullopt;
    const bool plain = std::all_of(index.begin(), index.end(), absl::ascii_isdigit) ||
                       std::all_of(index.begin(), index.end(), absl::ascii_isalpha);
    return plain ? index : absl::StrCat("{", index, "}");
  }

  MaybeNode Arguments(string_view name) {
    absl::InlinedVector<int, 4> kids;
    const bool bars = in_bars_;
    in_bars_ = false;
    do {
      Next();
      const MaybeNode argument = Sum();
      if (!argument.has_value() || kids.size() > 3) return std::nullopt;
      kids.push_back(*argument);
    } while (Is(Tok::kComma));
    in_bars_ = bars;
    if (!TakeClose()) return std::nullopt;
    return out_.Make(Op::kCall, kids, name);
  }

  MaybeNode Function() {
    std::string name = Peek().text;
    Next();
    MaybeNode base;
    if (Take(Tok::kUnderscore)) {
      if (name != "log") return std::nullopt;
      base = Argument();
      if (!base.has_value()) return std::nullopt;
    }
    MaybeNode power;
    if (Take(Tok::kCaret)) {
      power = Exponent();
      if (!power.has_value()) return std::nullopt;
      const Node& exponent = out_[*power];
      const bool inverse = exponent.op == Op::kNegate && IsTrigonometric(name) &&
                           out_[exponent.kids[0]].value.IsOne();
      if (exponent.op == Op::kNegate && !inverse) return std::nullopt;
      if (inverse) {
        name = absl::StrCat("arc", name);
        power.reset();
      }
    }
    MaybeNode call = Called(name);
    if (!call.has_value() || !IsKnownFunction(name)) return std::nullopt;
    if (base.has_value()) {
      if (out_[*call].kids.size() != 1) return std::nullopt;
      call = out_.Make(Op::kCall, {out_[*call].kids[0], *base}, "log");
    }
    if (power.has_value()) call = out_.Make(Op::kPower, {*call, *power});
    return call;
  }

  MaybeNode Called(const std::string& name) {
    if (IsOpen("(")) {
      const MaybeNode call = Arguments(name);
      if (!call.has_value()) return std::nullopt;
      const size_t arity = name == "binomial" ? 2 : 1;
      return out_[*call].kids.size() == arity ? call : std::nullopt;
    }
    if (IsOpen("{")) {
      const MaybeNode group = Group();
      if (!group.has_value()) return std::nullopt;
      return out_.Make(Op::kCall, {*group}, name);
    }
    absl::InlinedVector<int, 4> factors;
    do {
      const MaybeNode factor = Factor();
      if (!factor.has_value()) return std::nullopt;
      factors.push_back(*factor);
      if (name == "sqrt" || name == "cbrt") break;
      if (IsOpen("(") || IsOpen("[")) return std::nullopt;  // \sin 2(x + 1)
    } while (StartsFactor() && !Is(Tok::kFunction) && !Is(Tok::kNumber));
    const int argument = factors.size() == 1 ? factors[0] : out_.Make(Op::kMultiply, factors);
    return out_.Make(Op::kCall, {argument}, name);
  }

  // What a command takes: a group, or the next digit or letter.
  MaybeNode Argument() {
    if (IsOpen("{")) return Group();
    if (!Is(Tok::kNumber)) return Is(Tok::kLetters) ? Letter() : Primary();
    const string_view text = Text();
    if (!absl::ascii_isdigit(text[0]) || absl::StrContains(text, ".")) return std::nullopt;
    const Rational digit(text[0] - '0');
    if (text.size() > 1) {
      ++offset_;
    } else {
      Next();
    }
    return out_.Number(digit);
  }

  MaybeNode Command() {
    const std::string command = Peek().text;
    Next();
    if (command == "frac" || command == "binom") {
      const MaybeNode over = Argument();
      if (!over.has_value()) return std::nullopt;
      const MaybeNode under = Argument();
      // \frac123 is 1/2 times 3 to LaTeX, and hardly to its author.
      if (!under.has_value() || offset_ != 0) return std::nullopt;
      if (command == "binom") return out_.Make(Op::kCall, {*over, *under}, "binomial");
      return out_.Make(Op::kDivide, {*over, *under});
    }
    if (command == "root") return Root();
    if (command != "radical") return std::nullopt;
    const MaybeNode radicand = Is(Tok::kNumber) ? Number() : Argument();
    if (!radicand.has_value()) return std::nullopt;
    return out_.Make(Op::kCall, {*radicand}, "sqrt");
  }

  MaybeNode Root() {
    MaybeNode degree;
    if (IsOpen("[")) {
      Next();
      degree = Sum();
      if (!degree.has_value() || !TakeClose()) return std::nullopt;
    }
    const MaybeNode radicand = Argument();
    if (!radicand.has_value() || offset_ != 0) return std::nullopt;
    if (!degree.has_value()) return out_.Make(Op::kCall, {*radicand}, "sqrt");
    return out_.Make(Op::kCall, {*radicand, *degree}, "root");
  }

  const std::vector<Token>& tokens_;
  int at_;
  int end_;
  Expressions& out_;
  size_t offset_ = 0;
  int depth_ = 0;
  bool in_bars_ = false;
};

}  // namespace

int Expressions::Number(Rational value) {
  Node node;
  node.value = std::move(value);
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

int Expressions::Leaf(Op op, string_view text) { return Make(op, {}, text); }

int Expressions::Make(Op op, absl::Span<const int> kids, string_view text) {
  Node node;
  node.op = op;
  node.text = std::string(text);
  node.kids.assign(kids.begin(), kids.end());
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

bool IsKnownFunction(string_view name) {
  static constexpr std::array<string_view, 27> kKnown = {
      "sin",     "cos",  "tan",    "cot",    "sec",       "csc",     "sinh",
      "cosh",    "tanh", "arcsin", "arccos", "arctan",    "arcsinh", "arccosh",
      "arctanh", "ln",   "log",    "lg",     "exp",       "abs",     "floor",
      "ceil",    "sqrt", "cbrt",   "root",   "factorial", "binomial"};
  return std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
}

std::optional<int> ParseExpression(const TokenRange& range, Expressions& expressions) {
  return Parser(range, expressions).Whole();
}

}  // namespace sextant::math
