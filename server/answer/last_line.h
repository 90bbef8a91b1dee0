// The end of a text, where an answer may stand without a word that announces it.
#pragma once
#include "absl/strings/string_view.h"

namespace sextant {

// A line that only closes a formula, a list or a block of code.
bool IsDecoration(absl::string_view line);

// The last line that says something; a few lines of decoration may follow it.
absl::string_view LastLine(absl::string_view text);

// What stands between the marks of a display formula ($$..$$, \[..\]) that ends the text, perhaps
// over several lines; empty when it ends in none.
absl::string_view ClosingFormula(absl::string_view text);

// The only bold part of a line that is a whole sentence; empty when there is none or several, in a
// heading and in an item of a list.
absl::string_view SoleBold(absl::string_view line);

// The only formula ($..$, \(..\)) of a line; empty when there is none or several.
absl::string_view SoleFormula(absl::string_view line);

// Whether the text's last line stands apart from what comes before it, and is neither a heading, an
// item of a list nor a sentence.
bool EndsInLineOfItsOwn(absl::string_view text);

// A text that ends inside of a formula was cut off: what stands there is no answer. The start of
// the text may be missing as well. A dollar that starts a price opens no formula.
bool EndsInFormula(absl::string_view text);

}  // namespace sextant
