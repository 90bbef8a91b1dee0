#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/math/symbols.h"
#include "server/answer/math/token.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr string_view kSuperscripts[] = {"\u2070", "\u00B9", "\u00B2", "\u00B3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
constexpr string_view kSuperMinus = "\u207B";

bool IsDigit(string_view text, size_t i) { return i < text.size() && absl::ascii_isdigit(text[i]); }

// Blanks and thousands separators that may stand between groups of digits.
constexpr string_view kGroupMarks[] = {",",   "{,}", "\\,",    "\\!",    ",\\!",  " ",
                                       "\\ ", "~",   "\u202F", "\u2009", "\u00A0"};

class Lexer {
 public:
  explicit Lexer(string_view text) : rest_(text) {}

  bool Run(bool words) {
    const bool outer = words_;
    words_ = words;
    while (!rest_.empty()) {
      if (tokens_.size() >= kMaxTokens || !Step()) return false;
    }
    words_ = outer;
    return true;
  }

  std::vector<Token> Take() && {
    Push(Tok::kEnd);
    return std::move(tokens_);
  }

 private:
  void Push(Tok kind, string_view text = "") {
    Token token;
    token.kind = kind;
    token.space = space_;
    token.text = std::string(text);
    tokens_.push_back(std::move(token));
    space_ = false;
  }

  Tok Last() const { return tokens_.empty() ? Tok::kEnd : tokens_.back().kind; }

  bool Step() {
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

  size_t DigitsAt(size_t i) const {
    const size_t begin = i;
    while (IsDigit(rest_, i)) ++i;
    return i - begin;
  }

  // The length of a group mark at `i` that three digits and no fourth follow; 0 if there is none.
  size_t GroupMark(size_t i, string_view mark) const {
    if (!absl::StartsWith(rest_.substr(std::min(i, rest_.size())), mark)) return 0;
    return DigitsAt(i + mark.size()) == 3 ? mark.size() : 0;
  }

  // The end of the integer part that `end` digits begin, with its groups.
  size_t Groups(size_t end, std::string& digits) const {
    if (end == 0 || end > 3 || rest_[0] == '0') return end;
    for (const string_view mark : kGroupMarks) {
      // Inside brackets a comma is what separates the entries.
      if (depth_ > 0 && mark == ",") continue;
      std::string all = digits;
      size_t at = end;
      while (const size_t length = GroupMark(at, mark)) {
        all.append(rest_.data() + at + length, 3);
        at += length + 3;
      }
      if (at == end) continue;
      // "1,234,5" is a list, and "2 100/3" is left alone.
      if (mark == "," && at < rest_.size() && rest_[at] == ',' && IsDigit(rest_, at + 1)) continue;
      digits = all;
      return at;
    }
    return end;
  }

  // Digits under a bar, under a dot, or in parentheses, right after decimals.
  size_t Repeating(size_t end, std::string& digits) const {
    for (const string_view open : {"\\overline{", "\\bar{", "\\dot{", "(", "\\overline "}) {
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

  bool Number() {
    size_t end = DigitsAt(0);
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
    Push(Tok::kNumber, digits);
    rest_.remove_prefix(end);
    return true;
  }

  bool Letters() {
    size_t end = 0;
    while (end < rest_.size() && absl::ascii_isalpha(rest_[end])) ++end;
    string_view letters = rest_.substr(0, end);
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
    if (const Symbol* symbol = FindPlainName(letters)) {
      Push(symbol->kind, symbol->text);
    } else {
      Push(Tok::kLetters, letters);
    }
    return true;
  }

  bool Command() {
    rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    const char c = rest_[0];
    if (!absl::ascii_isalpha(c)) {
      rest_.remove_prefix(1);
      return Escaped(c);
    }
    size_t end = 0;
    while (end < rest_.size() && absl::ascii_isalpha(rest_[end])) ++end;
    const string_view name = rest_.substr(0, end);
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

  bool Escaped(char c) {
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

  bool SetName() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    const bool braces = absl::ConsumePrefix(&rest_, "{");
    if (rest_.empty() || !absl::StrContains("RZNQC", rest_.substr(0, 1))) return false;
    Push(Tok::kSetName, rest_.substr(0, 1));
    rest_.remove_prefix(1);
    return !braces || absl::ConsumePrefix(&rest_, "}");
  }

  // The braces after \text or \mathbf, read as words or as they are.
  bool Held(Tok kind, string_view name) {
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
    string_view inner = rest_.substr(1, end - 1);
    const string_view after = rest_.substr(end + 1);
    // Functions by name, and single letters in roman type, are no words.
    const string_view bare = absl::StripAsciiWhitespace(inner);
    const bool function = name == "operatorname" || name == "mathrm" || name == "text";
    const bool roman = name == "mathrm" && (bare == "e" || bare == "i");
    const bool words =
        kind == Tok::kWord && !roman && !(function && FindPlainName(bare) != nullptr);
    ++held_;
    rest_ = inner;
    const bool outer = words_;
    const bool good = Run(words);
    words_ = outer;
    --held_;
    rest_ = after;
    return good;
  }

  bool Environment(string_view what) {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    if (!absl::ConsumePrefix(&rest_, "{")) return false;
    const size_t end = rest_.find('}');
    if (end == string_view::npos) return false;
    string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    absl::ConsumeSuffix(&name, "*");
    if (name == "array" && what == "begin") {
      // The layout of its columns.
      const size_t columns = rest_.find('}');
      if (!absl::StartsWith(rest_, "{") || columns == string_view::npos) return false;
      rest_.remove_prefix(columns + 1);
    }
    Push(Tok::kCommand, what);
    tokens_.back().text += ":" + std::string(name);
    return true;
  }

  bool Superscript() {
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
    Push(Tok::kNumber, digits);
    Push(Tok::kClose, "{");
    return true;
  }

  bool Unicode() {
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

  bool Punctuation(char c) {
    rest_.remove_prefix(1);
    const auto takes = [this](string_view next) { return absl::ConsumePrefix(&rest_, next); };
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
        Push(Tok::kOpen, string_view(&c, 1));
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

  string_view rest_;
  std::vector<Token> tokens_;
  bool space_ = false;
  bool words_ = false;
  int held_ = 0;   // Nested \text.
  int depth_ = 0;  // Of brackets that may hold a list.
};

// Brackets of a half-open interval do not match in kind.
bool Fits(string_view open, string_view close) {
  const auto round = [](string_view kind) { return kind == "(" || kind == "["; };
  return open == close || (round(open) && round(close));
}

bool MatchBrackets(std::vector<Token>& tokens) {
  std::vector<int> open;
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    Token& token = tokens[static_cast<size_t>(i)];
    if (token.kind == Tok::kOpen) open.push_back(i);
    if (open.size() > kMaxNesting) return false;
    if (token.kind != Tok::kClose) continue;
    if (open.empty() || !Fits(tokens[static_cast<size_t>(open.back())].text, token.text))
      return false;
    token.match = open.back();
    tokens[static_cast<size_t>(open.back())].match = i;
    open.pop_back();
  }
  return open.empty();
}

// Takes off dollars, \( \), \[ \], ** and a full stop around the whole; true if it was dressed.
bool Undress(string_view& text) {
  bool dressed = false;
  for (int round = 0; round < 8; ++round) {
    const size_t before = text.size();
    text = absl::StripAsciiWhitespace(text);
    const auto around = [&text](string_view open, string_view close) {
      if (text.size() < open.size() + close.size() || !absl::StartsWith(text, open)) return false;
      if (!absl::EndsWith(text, close)) return false;
      const string_view inner = text.substr(open.size(), text.size() - open.size() - close.size());
      if (absl::StrContains(inner, close)) return false;
      text = inner;
      return true;
    };
    if (around("$$", "$$") || around("\\(", "\\)") || around("\\[", "\\]")) dressed = true;
    if (text.size() > 2 && !absl::EndsWith(text, "\\$") && around("$", "$")) dressed = true;
    around("**", "**");
    around("`", "`");
    if (!absl::EndsWith(text, "..") && !absl::EndsWith(text, ".m."))
      absl::ConsumeSuffix(&text, ".");
    if (text.size() == before) break;
  }
  return dressed;
}

}  // namespace

std::optional<Tokens> Tokenise(string_view statement) {
  Tokens tokens;
  tokens.dressed = Undress(statement);
  if (statement.empty() || statement.size() > kMaxMathBytes) return std::nullopt;
  Lexer lexer(statement);
  if (!lexer.Run(false)) return std::nullopt;
  tokens.list = std::move(lexer).Take();
  if (!MatchBrackets(tokens.list)) return std::nullopt;
  return tokens;
}

}  // namespace sextant::math
