// The units that are known by name.
#pragma once
#include "absl/strings/string_view.h"
#include "server/answer/math/units.h"

namespace sextant::math {

// nullptr for a name that is not known. Symbols ("mL") are case-sensitive, words are not.
const Unit* FindUnit(absl::string_view name);

}  // namespace sextant::math
