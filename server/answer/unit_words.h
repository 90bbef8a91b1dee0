// What may follow a number as its unit.
#pragma once
#include "absl/strings/string_view.h"

namespace sextant {

// Whether what stands after a number (from the space before it on) is nothing or a unit: "", "cm",
// " minutes", " m/s^2", " square units", a degree sign, and counting words of Chinese, Japanese and
// Korean. Words that make the number part of something else ("5 or 6", "2 pi") are none.
bool IsUnit(absl::string_view rest);

}  // namespace sextant
