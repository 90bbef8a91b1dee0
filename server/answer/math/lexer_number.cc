// Numbers as they are written: with groups of digits, a point, repeating digits, an exponent.
#include <algorithm>

#include "server/answer/math/lexer.h"

namespace sextant::math {
namespace {

using absl::string_view;

bool IsDigit(string_view text, size_t i) { return i < text.size() && absl::ascii_isdigit(text[i]); }

// Blanks and thousands separators that may stand between groups of digits.
constexpr string_view kGroupMarks[] = {",",   "{,}", "\\,",    "\\!",    ",\\!",  " ",
                                       "\\ ", "~",   "\u202F", "\u2009", "\u00A0"};

// Whether a number may go on after its digits with what stands there: a point, an exponent, or one
// of the marks above with a digit behind it.
bool MayContinue(string_view rest) {
  const auto next_is = [rest](string_view characters) {
    return rest.size() > 1 && absl::StrContains(characters, rest.substr(1, 1));
  };
  switch (rest[0]) {
    case '.':
    case 'e':
    case 'E':
      return true;
    case ',':
      return IsDigit(rest, 1) || next_is("\\");
    case ' ':
    case '~':
      return IsDigit(rest, 1);
    case '{':
      return next_is(",");
    case '\\':
      return next_is(",! ");
    default:
      return static_cast<unsigned char>(rest[0]) >= 0x80;
  }
}

}  // namespace

// The end of the integer part that `end` digits begin, with its groups.
size_t Lexer::Groups(size_t end, std::string& digits) const {
  if (end == 0 || end > 3 || rest_[0] == '0') return end;
  for (const absl::string_view mark : kGroupMarks) {
    // Inside brackets a comma is what separates the entries.
    if (depth_ > 0 && mark == ",") continue;
    if (GroupMark(end, mark) == 0) continue;
    std::string all = digits;
    size_t at = end;
    while (const size_t length = GroupMark(at, mark)) {
      all.append(rest_.data() + at + length, 3);
      at += length + 3;
    }
    // "1,234,5" is a list, and "2 100/3" is left alone.
    if (mark == "," && at < rest_.size() && rest_[at] == ',' && IsDigit(rest_, at + 1)) continue;
    digits = all;
    return at;
  }
  return end;
}

// Digits under a bar, under a dot, or in parentheses, right after decimals.
size_t Lexer::Repeating(size_t end, std::string& digits) const {
  for (const absl::string_view open : {"\\overline{", "\\bar{", "\\dot{", "(", "\\overline "}) {
    if (!absl::StartsWith(rest_.substr(end), open)) continue;
    const size_t begin = end + open.size();
    const size_t length = DigitsAt(begin);
    const char close = open == "(" ? ')' : '}';
    if (length == 0 || begin + length >= rest_.size() || rest_[begin + length] != close) continue;
    digits += "(" + std::string(rest_.substr(begin, length)) + ")";
    return begin + length + 1;
  }
  return end;
}

bool Lexer::Number() {
  size_t end = DigitsAt(0);
  // Most numbers are digits alone: nothing follows that could be part of them.
  if (end == rest_.size() || (end > 0 && !MayContinue(rest_.substr(end)))) {
    Push(Tok::kNumber, rest_.substr(0, end));
    rest_.remove_prefix(end);
    return true;
  }
  std::string digits(rest_.substr(0, end));
  end = Groups(end, digits);
  if (end < rest_.size() && rest_[end] == '.') {
    const size_t decimals = DigitsAt(end + 1);
    std::string fraction(rest_.substr(end + 1, decimals));
    const size_t after = Repeating(end + 1 + decimals, fraction);
    if (fraction.empty()) return false;
    digits += "." + fraction;
    end = after;
    if (absl::StartsWith(rest_.substr(end), "..")) return false;
    if (absl::StartsWith(rest_.substr(end), "\u2026")) return false;
  }
  if (end < rest_.size() && (rest_[end] == 'e' || rest_[end] == 'E')) {
    size_t begin = end + 1;
    if (begin < rest_.size() && (rest_[begin] == '-' || rest_[begin] == '+')) ++begin;
    const size_t length = DigitsAt(begin);
    const size_t after = begin + length;
    if (length > 0 && (after == rest_.size() || !absl::ascii_isalpha(rest_[after]))) {
      digits += "e" + std::string(rest_.substr(end + 1, after - end - 1));
      end = after;
    }
  }
  Push(Tok::kNumber, Keep(std::move(digits)));
  rest_.remove_prefix(end);
  return true;
}

}  // namespace sextant::math
