// Where variables are put when formulas are compared by their values.
#pragma once
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sextant::math {

// Three points and their mirror images: around 1/3, around 3 and around 400. Real, since answers
// are about real variables (sqrt(x^2) is |x|), and of both signs and orders, so that |x - y| is
// neither x - y nor y - x.
constexpr int kPoints = 6;

struct Point {
  int64_t mantissa = 0;
  int exponent = 0;  // The value is mantissa * 2^exponent.
};

// A value without structure that depends on the name alone.
Point PointFor(absl::string_view name, int point);

}  // namespace sextant::math
