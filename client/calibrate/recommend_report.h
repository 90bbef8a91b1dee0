// What calibration recommends, as text, as JSON and as comments of a profile.
#pragma once
#include <string>
#include <vector>

#include "client/calibrate/recommend.h"
#include "nlohmann/json.hpp"

namespace sextant {

// A table of the policy's row and the best three variants of each goal, and a sentence on each.
std::string RecommendationText(const std::vector<Recommendation>& recommendations, Horizon horizon);

// Comment lines, each ended: rows of a policy to paste, or that the policy's own are recommended.
std::string RecommendationComment(const std::vector<Recommendation>& recommendations,
                                  Horizon horizon);

// For each goal `row`, `strategy`, `is_policy`, `held_out_gain` (points; value, low, high) and
// `variants`, the policy's row first. Shares, not points.
nlohmann::ordered_json RecommendationJson(const std::vector<Recommendation>& recommendations);

}  // namespace sextant
