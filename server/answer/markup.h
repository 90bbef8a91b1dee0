// Takes LaTeX and Markdown dress off a short statement, so that what it says can be parsed.
#pragma once
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// Bytes of one statement (a box, a sentence) that are looked at; a longer one is no answer.
constexpr size_t kMaxStatementBytes = 4096;

// Index of the brace that closes the one at `open`, not beyond `limit`; npos when there is none. A
// backslash escapes the brace after it. Linear in the distance.
size_t MatchingBrace(absl::string_view text, size_t open, size_t limit);

// Plain text of a statement: `\text{(B) } 3\,\text{cm}` becomes "(B) 3 cm" and `**204**` "204".
// Fractions become "(a)⁄(b)" with U+2044, so that 2\frac12 stays apart from 2(1)/2. Unknown
// commands keep their names and braces. Spaces are collapsed, Unicode minus signs, spaces and
// full-width characters become ASCII, and a full stop at the end is dropped. Input beyond
// kMaxStatementBytes is cut.
std::string PlainText(absl::string_view statement);

// U+2044, which stands between the two parts of a LaTeX fraction in plain text.
constexpr absl::string_view kFractionSlash = "\xE2\x81\x84";
constexpr absl::string_view kDegreeSign = "\xC2\xB0";
constexpr absl::string_view kAlmostEqual = "\xE2\x89\x88";

}  // namespace sextant
