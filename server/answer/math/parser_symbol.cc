// Variables, functions and LaTeX commands.
#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/parser.h"

namespace sextant::math {
namespace {

using absl::string_view;

// Short words that are never products of their letters.
constexpr std::array<string_view, 38> kWords = {
    "is",  "of",  "the", "at",  "no",  "to",  "and", "or",  "if",  "it",  "an",  "as",  "so",
    "by",  "we",  "for", "not", "yes", "per", "max", "min", "gcd", "lcm", "mod", "det", "lim",
    "sup", "are", "has", "all", "any", "one", "two", "six", "ten", "odd", "AM",  "PM"};

bool IsTrigonometric(string_view name) {
  return name == "sin" || name == "cos" || name == "tan" || name == "cot" || name == "sec" ||
         name == "csc" || name == "sinh" || name == "cosh" || name == "tanh";
}

}  // namespace

MaybeNode Parser::Letter() {
  const absl::string_view text = Text();
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

MaybeNode Parser::Symbol(std::string name) {
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
std::optional<std::string> Parser::Subscript() {
  const bool group = IsOpen("{");
  if (group) Next();
  std::string index;
  while (index.size() < 40) {
    const Token& token = Peek();
    if (token.kind == Tok::kNumber || token.kind == Tok::kLetters || token.kind == Tok::kWord ||
        token.kind == Tok::kName || token.kind == Tok::kFunction) {
      absl::StrAppend(&index, token.text);
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

MaybeNode Parser::Arguments(absl::string_view name) {
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

MaybeNode Parser::Function() {
  std::string name(Peek().text);
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
    const bool inverse =
        exponent.op == Op::kNegate && IsTrigonometric(name) && out_[exponent.kids[0]].value.IsOne();
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

MaybeNode Parser::Called(const std::string& name) {
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
MaybeNode Parser::Argument() {
  if (IsOpen("{")) return Group();
  if (!Is(Tok::kNumber)) return Is(Tok::kLetters) ? Letter() : Primary();
  const absl::string_view text = Text();
  if (!absl::ascii_isdigit(text[0]) || absl::StrContains(text, ".")) return std::nullopt;
  const Rational digit(text[0] - '0');
  if (text.size() > 1) {
    ++offset_;
  } else {
    Next();
  }
  return out_.Number(digit);
}

bool Parser::IsDifferential(int node) const {
  const Node& product = out_[node];
  if (product.op == Op::kVariable) return product.text == "d";
  return product.op == Op::kMultiply && out_[product.kids[0]].text == "d";
}

MaybeNode Parser::Command() {
  const absl::string_view command = Peek().text;
  Next();
  if (command == "frac" || command == "binom") {
    const MaybeNode over = Argument();
    if (!over.has_value()) return std::nullopt;
    const MaybeNode under = Argument();
    // \frac123 is 1/2 times 3 to LaTeX, and hardly to its author.
    if (!under.has_value() || offset_ != 0) return std::nullopt;
    if (IsDifferential(*over) && IsDifferential(*under)) return std::nullopt;
    if (command == "binom") return out_.Make(Op::kCall, {*over, *under}, "binomial");
    return out_.Make(Op::kDivide, {*over, *under});
  }
  if (command == "root") return Root();
  if (command != "radical") return std::nullopt;
  const MaybeNode radicand = Is(Tok::kNumber) ? Number() : Argument();
  if (!radicand.has_value()) return std::nullopt;
  return out_.Make(Op::kCall, {*radicand}, "sqrt");
}

MaybeNode Parser::Root() {
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

}  // namespace sextant::math
