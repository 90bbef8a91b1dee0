// The form in which text answers are compared.
#pragma once
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// Plain text (see PlainText) without what two spellings of one answer may differ in: ASCII case,
// spacing, quotes, and the punctuation of prose. Punctuation inside a word or a number ("3.5",
// "10:30") and the signs of formulas stay, as they tell answers apart. May be empty.
std::string FoldText(absl::string_view plain);

}  // namespace sextant
