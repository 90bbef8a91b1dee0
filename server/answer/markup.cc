#include "server/answer/markup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr int kMaxDepth = 16;  // Nested commands; what is deeper stays as it is written.

using Rewrite = std::pair<string_view, string_view>;

// Commands whose argument is prose: it is set apart, so that 5\text{cm} does not read as 5*c*m.
constexpr std::array<string_view, 12> kProse = {"text",   "textbf", "textit", "textrm",
                                                "textsf", "mathrm", "mbox",   "hbox",
                                                "emph",   "textup", "textsc", "operatorname"};
// Commands that only change the look of their argument.
constexpr std::array<string_view, 9> kLook = {"boxed", "fbox",       "mathbf", "mathsf",   "mathit",
                                              "bm",    "boldsymbol", "mathtt", "underline"};
constexpr std::array<string_view, 16> kNothing = {
    "left", "right", "big", "Big", "bigl",         "bigr",      "Bigl", "Bigr",
    "bigg", "Bigg",  "bf",  "rm",  "displaystyle", "textstyle", "it",   "limits"};
constexpr std::array<string_view, 3> kFractions = {"frac", "dfrac", "tfrac"};
constexpr std::array<Rewrite, 13> kSymbols = {{{"cdot", "*"},
                                               {"times", "*"},
                                               {"div", "/"},
                                               {"circ", kDegreeSign},
                                               {"degree", kDegreeSign},
                                               {"approx", kAlmostEqual},
                                               {"simeq", kAlmostEqual},
                                               {"sim", "~"},
                                               {"quad", " "},
                                               {"qquad", " "},
                                               {"colon", ":"},
                                               {"angle", "angle "},
                                               {"triangle", "triangle "}}};
// Typographic characters of models' prose and their plain forms.
constexpr std::array<Rewrite, 9> kUnicode = {{{"\xE2\x88\x92", "-"},  // minus sign
                                              {"\xE2\x80\x90", "-"},  // hyphen
                                              {"\xE2\x80\x91", "-"},  // non-breaking hyphen
                                              {"\xE2\x80\x93", "-"},  // en dash
                                              {"\xC2\xA0", " "},      // no-break space
                                              {"\xE2\x80\xAF", " "},  // narrow no-break space
                                              {"\xE2\x80\x89", " "},  // thin space
                                              {"\xE2\x80\x8B", ""},   // zero-width space
                                              {"\xC3\x97", "*"}}};    // multiplication sign

// Bytes that may not stand for themselves.
constexpr std::array<bool, 256> SpecialBytes() {
  std::array<bool, 256> special = {};
  for (size_t byte = 0x80; byte < special.size(); ++byte) special[byte] = true;
  for (const char c : string_view("\\$`~{*_")) special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = SpecialBytes();

template <size_t N>
bool Contains(const std::array<string_view, N>& names, string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Reads a statement from left to right; `depth` counts the commands around it.
class Undresser {
 public:
  // `in` starts at `offset` of the statement whose braces are in `closes`.
  Undresser(string_view in, size_t offset, const std::vector<size_t>& closes, int depth)
      : in_(in), offset_(offset), closes_(closes), depth_(depth) {}

  std::string Run() {
    while (at_ < in_.size()) {
      const size_t plain = PlainBytes();
      if (plain > 0) {
        Emit(in_.substr(at_, plain), plain);
        continue;
      }
      const char c = in_[at_];
      if (c == '\\') {
        Command();
      } else if (c == '$' || c == '`') {
        ++at_;
      } else if (c == '~') {
        Emit(" ", 1);
      } else if (absl::StartsWith(in_.substr(at_), "{,}")) {
        Emit(",", 3);
      } else if ((c == '*' || c == '_') && at_ + 1 < in_.size() && in_[at_ + 1] == c) {
        at_ += 2;
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        NonAscii();
      } else {
        Emit(in_.substr(at_, 1), 1);
      }
    }
    return std::move(out_);
  }

 private:
  // How many of the next bytes stand for themselves.
  size_t PlainBytes() const {
    size_t end = at_;
    while (end < in_.size() && !kSpecial[static_cast<unsigned char>(in_[end])]) ++end;
    return end - at_;
  }

  void Emit(string_view text, size_t read) {
    absl::StrAppend(&out_, text);
    at_ += read;
  }

  void NonAscii() {
    const Utf8Char c = CharAt(in_, at_);
    // All characters that are rewritten begin with one of these bytes.
    const unsigned char lead = static_cast<unsigned char>(in_[at_]);
    if (lead == 0xC2 || lead == 0xC3 || lead == 0xE2) {
      for (const auto& [from, to] : kUnicode) {
        if (absl::StartsWith(in_.substr(at_), from)) return Emit(to, from.size());
      }
    } else if (const string_view form = AsciiForm(c.code); !form.empty()) {
      return Emit(form, c.bytes);
    }
    Emit(in_.substr(at_, c.bytes), c.bytes);
  }

  void Command() {
    if (at_ + 1 == in_.size()) return Emit("", 1);
    const char next = in_[at_ + 1];
    if (!absl::ascii_isalpha(next)) return EscapedCharacter(next);
    size_t end = at_ + 1;
    while (end < in_.size() && absl::ascii_isalpha(in_[end])) ++end;
    const string_view name = in_.substr(at_ + 1, end - at_ - 1);
    const size_t start = at_;
    at_ = end;
    if (Contains(kNothing, name)) return;
    if (Contains(kFractions, name) && Fraction()) return;
    if (Contains(kProse, name) && Argument(" ")) return;
    if (Contains(kLook, name) && Argument("")) return;
    for (const auto& [symbol, plain] : kSymbols) {
      if (symbol == name) return Emit(plain, 0);
    }
    Emit(in_.substr(start, end - start), 0);
  }

  void EscapedCharacter(char c) {
    if (static_cast<unsigned char>(c) >= 0x80) return Emit("", 1);
    switch (c) {
      case '(':
      case ')':
      case '[':
      case ']':
      case '!':
        return Emit("", 2);
      case '%':
      case '$':
      case '_':
      case '&':
      case '#':
      case '{':
      case '}':
        return Emit(in_.substr(at_ + 1, 1), 2);
      default:  // Spaces of several widths, line breaks.
        return Emit(" ", 2);
    }
  }

  // Where one argument of a command stands: {...}, or the single character that TeX takes without
  // braces. Found first and undressed later, as undressing what is then not used again and again
  // would be exponential in the nesting.
  struct Extent {
    size_t begin = 0;
    size_t end = 0;
    size_t next = 0;  // After the closing brace.
  };
  std::optional<Extent> ArgumentAt(size_t open) const {
    while (open < in_.size() && in_[open] == ' ') ++open;
    if (open >= in_.size() || depth_ >= kMaxDepth) return std::nullopt;
    if (in_[open] != '{') {
      if (!absl::ascii_isalnum(in_[open])) return std::nullopt;
      return Extent{open, open + 1, open + 1};
    }
    if (closes_[offset_ + open] == string_view::npos) return std::nullopt;
    const size_t close = closes_[offset_ + open] - offset_;
    if (close >= in_.size()) return std::nullopt;
    return Extent{open + 1, close, close + 1};
  }

  std::string Undressed(const Extent& argument) const {
    const string_view inner = in_.substr(argument.begin, argument.end - argument.begin);
    return Undresser(inner, offset_ + argument.begin, closes_, depth_ + 1).Run();
  }

  bool Argument(string_view around) {
    const std::optional<Extent> argument = ArgumentAt(at_);
    if (!argument.has_value()) return false;
    at_ = argument->next;
    absl::StrAppend(&out_, around, Undressed(*argument));
    // A power or an index belongs to what it follows: \text{cm}^2.
    const bool goes_on = at_ < in_.size() && (in_[at_] == '^' || in_[at_] == '_');
    if (!goes_on) absl::StrAppend(&out_, around);
    return true;
  }

  bool Fraction() {
    const std::optional<Extent> over = ArgumentAt(at_);
    if (!over.has_value()) return false;
    const std::optional<Extent> under = ArgumentAt(over->next);
    if (!under.has_value()) return false;
    at_ = under->next;
    absl::StrAppend(&out_, "(", Undressed(*over), ")", kFractionSlash, "(", Undressed(*under), ")");
    return true;
  }

  const string_view in_;
  const size_t offset_;
  const std::vector<size_t>& closes_;
  const int depth_;
  size_t at_ = 0;
  std::string out_;
};

// For each opening brace the index of the one that closes it. One pass for the whole statement, as
// looking for each anew would be quadratic in unclosed braces.
std::vector<size_t> ClosingBraces(string_view text) {
  std::vector<size_t> closes(text.size(), string_view::npos);
  std::vector<size_t> open;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      open.push_back(i);
    } else if (text[i] == '}' && !open.empty()) {
      closes[open.back()] = i;
      open.pop_back();
    }
  }
  return closes;
}

bool IsWrappedInBraces(string_view text) {
  return absl::StartsWith(text, "{") && MatchingBrace(text, 0, text.size()) + 1 == text.size();
}

string_view StripEnds(string_view text) {
  for (int layer = 0; layer < kMaxDepth; ++layer) {
    const size_t before = text.size();
    text = absl::StripAsciiWhitespace(text);
    while (absl::ConsumePrefix(&text, "*") || absl::ConsumePrefix(&text, "_")) {
    }
    while (absl::ConsumeSuffix(&text, "*") || absl::ConsumeSuffix(&text, "_") ||
           absl::ConsumeSuffix(&text, ".")) {
    }
    if (IsWrappedInBraces(text)) text = text.substr(1, text.size() - 2);
    if (text.size() == before) break;
  }
  return text;
}

}  // namespace

size_t MatchingBrace(string_view text, size_t open, size_t limit) {
  int depth = 0;
  const size_t end = std::min(text.size(), limit);
  for (size_t i = open; i < end; ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return string_view::npos;
}

std::string PlainText(string_view statement) {
  statement = CutAtChar(statement, kMaxStatementBytes);
  std::string plain = Undresser(statement, 0, ClosingBraces(statement), 0).Run();
  absl::RemoveExtraAsciiWhitespace(&plain);
  return std::string(StripEnds(plain));
}

}  // namespace sextant
