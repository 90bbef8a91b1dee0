// The numeric identity of short sums: the same texts that Identify (numeric.h) gives, from whole
// numbers of a fixed size instead of balls, which is ten times as fast.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/math/short_sum.h"

namespace sextant::math {

struct ShortKey {
  std::string key;         // "~" and digits.
  double approximate = 0;  // Of a constant.
};

// Of a sum that is small and has one root, or is a polynomial of the variables in `names`. nullopt
// for any other.
std::optional<ShortKey> KeyOfShort(const ShortSum& sum, absl::string_view names);

}  // namespace sextant::math
