// Times of day and dates.
#pragma once
#include <optional>
#include <string>

#include "server/answer/math/expression.h"

namespace sextant::math {

struct ClockReading {
  std::string canonical;  // "15:30", "2020-03-05", "March 5", "3/5/2020"
};

// What all tokens of the range say, if that is a time of day or a date; nullopt otherwise.
std::optional<ClockReading> ReadClock(const TokenRange& range);

}  // namespace sextant::math
