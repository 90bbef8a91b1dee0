// The form in which text answers are compared.
#pragma once
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// Plain text (see PlainText) without what two spellings of one answer may differ in: case, articles
// (a, an, the), spacing, quotes, the punctuation of prose, full-width forms, and letters with marks
// that are written as one character or as two. Punctuation inside a word or a number ("3.5",
// "10:30"), accents and the signs of formulas stay, as they tell answers apart. A letter A inside
// of the text that is upper case, as in "hepatitis A virus", stays. May be empty. Folding a folded
// text changes nothing.
std::string FoldText(absl::string_view plain);

}  // namespace sextant
