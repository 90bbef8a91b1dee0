// Numbers.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/parser.h"

namespace sextant::math {
namespace {

constexpr int kMaxNumberDigits = 1000;
constexpr int64_t kMaxScientific = 1000;  // Absolute power of ten of a number as written.

}  // namespace

std::optional<Rational> ReadLiteral(absl::string_view text) {
  int64_t exponent = 0;
  const size_t e = text.find('e');
  if (e != absl::string_view::npos) {
    if (!absl::SimpleAtoi(text.substr(e + 1), &exponent)) return std::nullopt;
    if (exponent > kMaxScientific || exponent < -kMaxScientific) return std::nullopt;
    text = text.substr(0, e);
  }
  if (text.size() > kMaxNumberDigits) return std::nullopt;
  absl::string_view repeating;
  const size_t open = text.find('(');
  if (open != absl::string_view::npos) {
    repeating = text.substr(open + 1, text.size() - open - 2);
    text = text.substr(0, open);
  }
  const size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  int decimals = 0;
  if (point != absl::string_view::npos) {
    const absl::string_view fraction = text.substr(point + 1);
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

MaybeNode Parser::Vulgar() {
  const absl::string_view text = Peek().text;
  const Rational value(text[0] - '0', text[2] - '0');
  Next();
  return out_.Number(value);
}

// A number, one in another base, or a mixed number.
MaybeNode Parser::Number() {
  std::string text(Text());
  Next();
  const std::optional<Rational> whole = ReadLiteral(text);
  if (!whole.has_value()) return std::nullopt;
  // 1A_{16} is one number, and no product.
  const bool letters = Is(Tok::kLetters) && !Peek().space && Peek(1).kind == Tok::kUnderscore;
  if (letters && Text().find_first_not_of("ABCDEF") == absl::string_view::npos) {
    absl::StrAppend(&text, Text());
    Next();
  }
  if (Take(Tok::kUnderscore)) {
    const std::optional<std::string> base = Subscript();
    if (!base.has_value() || !std::all_of(base->begin(), base->end(), absl::ascii_isdigit))
      return std::nullopt;
    return out_.Leaf(Op::kLiteral, absl::StrCat(text, "_", *base));
  }
  if (text.find_first_not_of("0123456789") != std::string::npos) return out_.Number(*whole);
  return Mixed(*whole);
}

MaybeNode Parser::Mixed(const Rational& whole) {
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

}  // namespace sextant::math
