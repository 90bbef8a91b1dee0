// The grammar of expressions, by recursive descent. Used by ParseExpression alone.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/math/expression.h"

namespace sextant::math {

using MaybeNode = std::optional<int>;

// Reads the tokens of one range into the nodes of `expressions`. Methods leave off where what they
// read ends, and give nullopt for what has no or two meanings; nothing is read after that.
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
  const Token& Peek(int ahead = 0) const {
    static const Token& end = *new Token();
    return at_ + ahead < end_ ? tokens_[static_cast<size_t>(at_ + ahead)] : end;
  }
  // What is left of the text of a token that is taken letter by letter or digit by digit.
  absl::string_view Text() const { return Peek().text.substr(offset_); }
  bool Is(Tok kind) const { return Peek().kind == kind; }
  bool IsOpen(absl::string_view bracket) const { return Is(Tok::kOpen) && Peek().text == bracket; }
  bool IsCommand(absl::string_view name) const { return Is(Tok::kCommand) && Peek().text == name; }
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

  // parser.cc
  MaybeNode Sum();
  MaybeNode SignedTerm();
  bool StartsFactor() const;
  MaybeNode Product();
  // In 3! 7! the second number can only be a factor.
  bool IsAfterFactorial() const {
    return at_ > 0 && tokens_[static_cast<size_t>(at_) - 1].kind == Tok::kBang;
  }

  MaybeNode SignedFactor();
  MaybeNode Factor();
  MaybeNode Exponent();
  MaybeNode ExponentFactor();
  MaybeNode Primary();
  MaybeNode Group();
  MaybeNode Bracket();
  MaybeNode Bars();
  // parser_number.cc
  MaybeNode Vulgar();
  MaybeNode Number();
  MaybeNode Mixed(const Rational& whole);
  // parser_symbol.cc
  MaybeNode Letter();
  MaybeNode Name() {
    const std::string name(Peek().text);
    Next();
    return Symbol(name);
  }

  MaybeNode Symbol(std::string name);
  std::optional<std::string> Subscript();
  MaybeNode Arguments(absl::string_view name);
  MaybeNode Function();
  MaybeNode Called(const std::string& name);
  MaybeNode Argument();
  MaybeNode Command();
  // dy of dy/dx.
  bool IsDifferential(int node) const;
  MaybeNode Root();

  const std::vector<Token>& tokens_;
  int at_;
  int end_;
  Expressions& out_;
  size_t offset_ = 0;  // Characters of this token that are read already.
  int depth_ = 0;
  bool in_bars_ = false;
};

// The value of a number token; nullopt beyond the limits of digits and exponents.
std::optional<Rational> ReadLiteral(absl::string_view text);

}  // namespace sextant::math
