// What estimates how hard a problem is, as configured for a model: the key `difficulty`.
//
//   difficulty:
//     before: prompt_features   # none | prompt_features (the default) | judge
//     during: pilot             # none | pilot (the default)
//     judge: {model: small, max_tokens: 512, timeout: 10s}   # With before: judge
//
// A hint in the request wins over all of them.
#pragma once
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sextant {

class YamlMap;

// What the plan is made with. kNone: nothing is estimated, and every problem counts as hard.
enum class DifficultyBefore { kNone, kPromptFeatures, kJudge };
// What an adaptive strategy goes by while it runs; see pilot.h.
enum class DifficultyDuring { kNone, kPilot };

// A configured model that is asked before the plan, in one short completion; see judge.h.
struct JudgeConfig {
  std::string model;                           // Its name in the configuration. Empty: none.
  int max_tokens = 512;                        // Of its completion. 16 to 100,000.
  absl::Duration timeout = absl::Seconds(10);  // For all of its work. 1 ms to 60 s.
};

struct DifficultyConfig {
  DifficultyBefore before = DifficultyBefore::kPromptFeatures;
  DifficultyDuring during = DifficultyDuring::kPilot;
  JudgeConfig judge;  // Has a model where `before` is kJudge, and only there.
};

// Reads the mapping under `difficulty`. Whether the judge is a configured model is for the reader
// of the whole file to check.
DifficultyConfig ReadDifficultyConfig(YamlMap& map);

// An error about the judge of the model that `model_map` describes.
void FailJudge(YamlMap& model_map, absl::string_view message);

}  // namespace sextant
