#include "server/answer/folded_text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;

// The plain form of typographic marks: quotes and dollars are dropped, dashes join or part words
// like a hyphen.
string_view PlainForm(uint32_t code) {
  switch (code) {
    case '"':
    case '\'':
    case '`':
    case '$':   // Of a formula or a price: which of them is not known any more.
    case 0xAB:  // Guillemets.
    case 0xBB:
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x2032:  // Prime signs.
    case 0x2033:
    case 0x2039:
    case 0x203A:
    case 0x300C:  // Corner brackets of Chinese and Japanese.
    case 0x300D:
    case 0x300E:
    case 0x300F:
    case 0x200B:  // Characters without width.
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF:
      return "";
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2212:
      return "-";
    case 0x2014:  // A long dash stands between words and belongs to none.
    case 0x2015:
      return " ";
    case 0x2026:
      return ".";
    case 0xA1:  // Inverted marks of Spanish.
    case 0xBF:
      return " ";
    default:
      return string_view();
  }
}

// Lower case, composed letters, ASCII forms. A letter A that stands alone inside of the text stays
// upper case, as it is a name there (hepatitis A) and no article.
std::string FoldChars(string_view plain) {
  std::string folded;
  uint32_t last = 0;  // Lower-case letter that a combining mark may follow, and where it begins.
  size_t last_at = 0;
  for (size_t at = 0; at < plain.size();) {
    const Utf8Char c = CharAt(plain, at);
    at += c.bytes;
    if (c.bytes == 1 && c.code >= 0x80) {
      folded += static_cast<char>(c.code);
      last = 0;
      continue;
    }
    if (const uint32_t composed = last == 0 ? 0 : Compose(last, c.code)) {
      folded.resize(last_at);
      AppendChar(composed, folded);
      last = composed;
      continue;
    }
    last = 0;
    const string_view form = PlainForm(c.code);
    if (form.data() != nullptr) {
      folded.append(form.data(), form.size());
    } else if (const string_view ascii = AsciiForm(c.code); !ascii.empty()) {
      folded += absl::AsciiStrToLower(ascii);
    } else {
      last = LowerCase(c.code);
      last_at = folded.size();
      AppendChar(c.code == 'A' ? 'A' : last, folded);
    }
  }
  return folded;
}

bool IsLetter(char c) { return absl::ascii_isalpha(c) || static_cast<unsigned char>(c) >= 0x80; }

bool IsWord(string_view text, size_t i) {
  return i < text.size() && (absl::ascii_isdigit(text[i]) || IsLetter(text[i]));
}

std::string WithoutPunctuation(string_view text) {
  std::string words;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool inside = i > 0 && IsWord(text, i - 1) && IsWord(text, i + 1);
    const bool ends_clause = absl::StrContains(".,;:!?", string_view(&c, 1));
    // A decimal point may lead its number: .5 is not 5.
    const bool leads = c == '.' && i + 1 < text.size() && absl::ascii_isdigit(text[i + 1]);
    if (ends_clause && !inside && !leads) {
      // A space, and not nothing, as "(1,)2" is not "(1)2".
      words += ' ';
    } else if (c == '-' && inside && IsLetter(text[i - 1]) && IsLetter(text[i + 1])) {
      words += ' ';
    } else {
      words += c;
    }
  }
  return words;
}

// Articles say nothing before another word; at the end "a" is a name, as in vitamin A.
bool IsArticle(string_view word, bool starts) {
  return word == "the" || absl::EqualsIgnoreCase(word, "an") || word == "a" ||
         (starts && absl::EqualsIgnoreCase(word, "a"));
}

std::string WithoutArticles(string_view text) {
  std::vector<std::string> kept;
  const std::vector<string_view> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n\r\f\v"), absl::SkipEmpty());
  for (size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    const bool starts = kept.empty();
    if (!last && IsWord(words[i + 1], 0) && IsArticle(words[i], starts)) continue;
    std::string word(words[i]);
    const bool is_name = word == "A" && !last && !starts;
    for (char& c : word) {
      if (c == 'A' && !is_name) c = 'a';
    }
    kept.push_back(std::move(word));
  }
  return absl::StrJoin(kept, " ");
}

}  // namespace

std::string FoldText(string_view plain) {
  return WithoutArticles(WithoutPunctuation(FoldChars(plain)));
}

}  // namespace sextant
