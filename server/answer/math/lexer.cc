#include "server/answer/math/lexer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/answer/math/symbols.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr string_view kSuperscripts[] = {"\u2070", "\u00B9", "\u00B2", "\u00B3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
constexpr string_view kSuperMinus = "\u207B";

bool IsDigit(string_view text, size_t i) { return i < text.size() && absl::ascii_isdigit(text[i]); }

}  // namespace

bool Lexer::Run(bool words) {
  const bool outer = words_;
  words_ = words;
  while (!rest_.empty()) {
    if (tokens_.size() >= kMaxTokens || !Step()) return false;
  }
  words_ = outer;
  return true;
}

void Lexer::Push(Tok kind, absl::string_view text) {
  tokens_.push_back({kind, space_, -1, text});
  space_ = false;
}

bool Lexer::Step() {
  const char c = rest_[0];
  if (absl::ascii_isspace(c) || c == '~') {
    rest_.remove_prefix(1);
    space_ = true;
    return true;
  }
  if (absl::ascii_isdigit(c) || (c == '.' && IsDigit(rest_, 1))) return Number();
  if (absl::ascii_isalpha(c)) return Letters();
  if (c == '\\') return Command();
  if (static_cast<unsigned char>(c) >= 0x80) return Unicode();
  return Punctuation(c);
}

bool Lexer::Letters() {
  size_t end = 0;
  while (end < rest_.size() && absl::ascii_isalpha(rest_[end])) ++end;
  absl::string_view letters = rest_.substr(0, end);
  rest_.remove_prefix(end);
  // "p.m." is one word, and "ft." is "ft".
  if (letters.size() == 1 &&
      (absl::ConsumePrefix(&rest_, ".m.") || absl::ConsumePrefix(&rest_, ".M."))) {
    Push(Tok::kWord, letters == "a" || letters == "A" ? "am" : "pm");
    return true;
  }
  if (absl::StartsWith(rest_, ". ") || rest_ == ".") rest_.remove_prefix(1);
  if (words_) {
    Push(Tok::kWord, letters);
    return true;
  }
  if (const Symbol* symbol = letters.size() > 1 ? FindPlainName(letters) : nullptr) {
    Push(symbol->kind, symbol->text);
  } else {
    Push(Tok::kLetters, letters);
  }
  return true;
}

bool Lexer::Command() {
  rest_.remove_prefix(1);
  if (rest_.empty()) return false;
  const char c = rest_[0];
  if (!absl::ascii_isalpha(c)) {
    rest_.remove_prefix(1);
    return Escaped(c);
  }
  size_t end = 0;
  while (end < rest_.size() && absl::ascii_isalpha(rest_[end])) ++end;
  const absl::string_view name = rest_.substr(0, end);
  rest_.remove_prefix(end);
  if (name == "left" || name == "right") {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    absl::ConsumePrefix(&rest_, ".");
    return true;
  }
  const Symbol* symbol = FindCommand(name);
  if (symbol == nullptr) return false;
  if (symbol->kind == Tok::kEnd) {
    space_ = space_ || symbol->text == " ";
    return true;
  }
  if (symbol->kind == Tok::kSetName) return SetName();
  if (symbol->text.empty() && (symbol->kind == Tok::kWord || symbol->kind == Tok::kLetters))
    return Held(symbol->kind, name);
  if (symbol->kind == Tok::kCommand && (symbol->text == "begin" || symbol->text == "end"))
    return Environment(symbol->text);
  if (symbol->kind == Tok::kDegree && Last() == Tok::kCaret) tokens_.pop_back();
  if (symbol->kind == Tok::kOpen) ++depth_;
  if (symbol->kind == Tok::kClose) --depth_;
  Push(symbol->kind, symbol->text);
  return true;
}

bool Lexer::Escaped(char c) {
  switch (c) {
    case ',':
    case ';':
    case ':':
    case ' ':
    case '>':
      space_ = true;
      return true;
    case '!':
      return true;
    case '{':
      ++depth_;
      Push(Tok::kOpen, "\\{");
      return true;
    case '}':
      --depth_;
      Push(Tok::kClose, "\\{");
      return true;
    case '%':
      Push(Tok::kPercent);
      return true;
    case '$':
      Push(Tok::kCurrency, "USD");
      return true;
    case '\\':
      Push(Tok::kNewRow);
      // \\[4pt] asks for more space.
      if (absl::StartsWith(rest_, "[") && rest_.find("]") < 10 && absl::ascii_isdigit(rest_[1]) &&
          absl::ascii_isalpha(rest_[rest_.find(']') - 1]))
        rest_.remove_prefix(rest_.find(']') + 1);
      return true;
    case '_':
    case '&':
      return false;
    default:
      return false;
  }
}

bool Lexer::SetName() {
  rest_ = absl::StripLeadingAsciiWhitespace(rest_);
  const bool braces = absl::ConsumePrefix(&rest_, "{");
  if (rest_.empty() || !absl::StrContains("RZNQC", rest_.substr(0, 1))) return false;
  Push(Tok::kSetName, rest_.substr(0, 1));
  rest_.remove_prefix(1);
  return !braces || absl::ConsumePrefix(&rest_, "}");
}

// The braces after \text or \mathbf, read as words or as they are.
bool Lexer::Held(Tok kind, absl::string_view name) {
  rest_ = absl::StripLeadingAsciiWhitespace(rest_);
  if (!absl::StartsWith(rest_, "{")) return true;
  int depth = 0;
  size_t end = 0;
  for (; end < rest_.size(); ++end) {
    if (rest_[end] == '\\') {
      ++end;
      continue;
    }
    if (rest_[end] == '{') ++depth;
    if (rest_[end] == '}' && --depth == 0) break;
  }
  if (end >= rest_.size() || held_ > 4) return false;
  absl::string_view inner = rest_.substr(1, end - 1);
  const absl::string_view after = rest_.substr(end + 1);
  // Functions by name, and single letters in roman type, are no words.
  const absl::string_view bare = absl::StripAsciiWhitespace(inner);
  const bool function = name == "operatorname" || name == "mathrm" || name == "text";
  const bool roman = name == "mathrm" && (bare == "e" || bare == "i");
  const bool words = kind == Tok::kWord && !roman && !(function && FindPlainName(bare) != nullptr);
  ++held_;
  rest_ = inner;
  const bool outer = words_;
  const bool good = Run(words);
  words_ = outer;
  --held_;
  rest_ = after;
  return good;
}

bool Lexer::Environment(absl::string_view what) {
  rest_ = absl::StripLeadingAsciiWhitespace(rest_);
  if (!absl::ConsumePrefix(&rest_, "{")) return false;
  const size_t end = rest_.find('}');
  if (end == absl::string_view::npos) return false;
  absl::string_view name = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  absl::ConsumeSuffix(&name, "*");
  if (name == "array" && what == "begin") {
    // The layout of its columns.
    const size_t columns = rest_.find('}');
    if (!absl::StartsWith(rest_, "{") || columns == absl::string_view::npos) return false;
    rest_.remove_prefix(columns + 1);
  }
  Push(Tok::kCommand, Keep(absl::StrCat(what, ":", name)));
  return true;
}

bool Lexer::Superscript() {
  std::string digits;
  bool minus = absl::ConsumePrefix(&rest_, kSuperMinus);
  for (bool more = true; more && !rest_.empty();) {
    more = false;
    for (int digit = 0; digit < 10; ++digit) {
      if (!absl::ConsumePrefix(&rest_, kSuperscripts[digit])) continue;
      digits += static_cast<char>('0' + digit);
      more = true;
    }
  }
  if (digits.empty()) return false;
  Push(Tok::kCaret);
  Push(Tok::kOpen, "{");
  if (minus) Push(Tok::kMinus);
  Push(Tok::kNumber, Keep(std::move(digits)));
  Push(Tok::kClose, "{");
  return true;
}

bool Lexer::Unicode() {
  const Character* character = FindCharacter(rest_);
  if (character == nullptr) return Superscript();
  rest_.remove_prefix(character->bytes.size());
  const Symbol& symbol = character->symbol;
  if (symbol.kind == Tok::kEnd) {
    space_ = space_ || symbol.text == " ";
    return true;
  }
  if (symbol.kind == Tok::kOpen) ++depth_;
  if (symbol.kind == Tok::kClose) --depth_;
  Push(symbol.kind, symbol.text);
  return true;
}

bool Lexer::Punctuation(char c) {
  const absl::string_view itself = rest_.substr(0, 1);
  rest_.remove_prefix(1);
  const auto takes = [this](absl::string_view next) { return absl::ConsumePrefix(&rest_, next); };
  switch (c) {
    case '+':
      if (takes("/-")) {
        Push(Tok::kPlusMinus);
      } else {
        Push(Tok::kPlus);
      }
      return true;
    case '-':
      Push(Tok::kMinus);
      return true;
    case '*':
      Push(takes("*") ? Tok::kCaret : Tok::kTimes);
      return true;
    case '/':
      Push(Tok::kSlash);
      return true;
    case '^':
      if (takes("\\circ") || takes("{\\circ}") || takes("{\\degree}") || takes("\u00B0")) {
        Push(Tok::kDegree);
      } else if (takes("\\prime") || takes("{\\prime}")) {
        Push(Tok::kPrime);
      } else {
        Push(Tok::kCaret);
      }
      return true;
    case '_':
      Push(Tok::kUnderscore);
      return true;
    case '!':
      if (takes("=")) {
        Push(Tok::kNotEqual);
      } else {
        Push(Tok::kBang);
      }
      return true;
    case '\'':
      Push(Tok::kPrime);
      return true;
    case '|':
      Push(Tok::kBar);
      return true;
    case '%':
      Push(Tok::kPercent);
      return true;
    case '$':
      Push(Tok::kCurrency, "USD");
      return true;
    case ',':
      Push(Tok::kComma);
      return true;
    case ';':
      Push(Tok::kSemicolon);
      return true;
    case ':':
      Push(Tok::kColon);
      return true;
    case '=':
      takes("=");
      Push(Tok::kEqual);
      return true;
    case '<':
      Push(takes("=") ? Tok::kLessEqual : Tok::kLess);
      return true;
    case '>':
      Push(takes("=") ? Tok::kGreaterEqual : Tok::kGreater);
      return true;
    case '&':
      Push(Tok::kAmpersand);
      return true;
    case '(':
    case '[':
      ++depth_;
      Push(Tok::kOpen, itself);
      return true;
    case '{':
      Push(Tok::kOpen, "{");
      return true;
    case ')':
      --depth_;
      Push(Tok::kClose, "(");
      return true;
    case ']':
      --depth_;
      Push(Tok::kClose, "[");
      return true;
    case '}':
      Push(Tok::kClose, "{");
      return true;
    default:
      return false;
  }
}

}  // namespace sextant::math
