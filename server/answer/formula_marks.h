// The marks that models put around formulas, and how they differ from prices.
#pragma once
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// Whether the dollar at `dollar` may end a formula: it follows it without a space, and no digit
// comes after it as one would in a price.
bool ClosesFormula(absl::string_view text, size_t dollar);

// Whether WithoutFormulaMarks may change the statement.
bool MayHaveFormulaMarks(absl::string_view statement);

// A statement without the marks around its formulas ($, $$, \(, \[), bold and backticks: "$5$ cm"
// is "5 cm" and "$x = 3$ or $x = 5$" is "x = 3 or x = 5". Dollars of prices stay, as in "$5".
std::string WithoutFormulaMarks(absl::string_view statement);

}  // namespace sextant
