// What `sextant calibrate` prints.
#pragma once
#include <string>

#include "client/calibrate/profile.h"
#include "client/calibrate/traces.h"
#include "nlohmann/json.hpp"

namespace sextant {

// The class and what decided it, lengths, accuracy by length and difficulty, and the recommended
// parameters, as tables.
std::string CalibrationText(const Calibration& calibration);

// Several models in one table: class, interval and accuracy.
std::string ComparisonText(const std::vector<Calibration>& calibrations);

// `model`, `horizon`, `reason`, `short_minus_long` with an entry for all, easy and hard problems,
// `profile`, and `recommended` (see recommend_report.h). Shares, not points.
nlohmann::ordered_json CalibrationJson(const Calibration& calibration);

// A line for each kind of row that did not count. Empty when all did.
std::string LeftOutText(const LeftOut& left_out);

}  // namespace sextant
