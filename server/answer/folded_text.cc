#include "server/answer/folded_text.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sextant {
namespace {

using absl::string_view;

bool IsWord(string_view text, size_t i) {
  return i < text.size() &&
         (absl::ascii_isalnum(text[i]) || static_cast<unsigned char>(text[i]) >= 0x80);
}

// Length of the quotation mark at `i`, straight or typographic; 0 when there is none.
size_t QuoteAt(string_view text, size_t i) {
  if (text[i] == '"' || text[i] == '\'' || text[i] == '`') return 1;
  const string_view here = text.substr(i, 3);
  for (const string_view quote : {"\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C", "\xE2\x80\x9D"}) {
    if (here == quote) return quote.size();
  }
  return 0;
}

}  // namespace

std::string FoldText(string_view plain) {
  std::string folded;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (const size_t quote = QuoteAt(plain, i)) {
      i += quote - 1;
      continue;
    }
    const char c = plain[i];
    const bool inside = i > 0 && IsWord(plain, i - 1) && IsWord(plain, i + 1);
    const bool ends_clause = absl::StrContains(".,;:!?", string_view(&c, 1));
    // A decimal point may lead its number: .5 is not 5.
    const bool leads = c == '.' && i + 1 < plain.size() && absl::ascii_isdigit(plain[i + 1]);
    if (ends_clause && !inside && !leads) {
      // A space, and not nothing, as "(1,)2" is not "(1)2".
      folded += ' ';
    } else if (c == '-' && inside && absl::ascii_isalpha(plain[i - 1]) &&
               absl::ascii_isalpha(plain[i + 1])) {
      folded += ' ';
    } else {
      folded += absl::ascii_tolower(c);
    }
  }
  absl::RemoveExtraAsciiWhitespace(&folded);
  return folded;
}

}  // namespace sextant
