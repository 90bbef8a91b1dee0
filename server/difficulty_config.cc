#include "server/difficulty_config.h"

#include <optional>
#include <utility>

#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxNameBytes = 256;
constexpr std::pair<absl::string_view, DifficultyBefore> kBefore[] = {
    {"none", DifficultyBefore::kNone},
    {"prompt_features", DifficultyBefore::kPromptFeatures},
    {"judge", DifficultyBefore::kJudge}};
constexpr std::pair<absl::string_view, DifficultyDuring> kDuring[] = {
    {"none", DifficultyDuring::kNone}, {"pilot", DifficultyDuring::kPilot}};

JudgeConfig ReadJudge(YamlMap& map) {
  JudgeConfig judge;
  map.Require("model");
  judge.model = map.Text("model", kMaxNameBytes).value_or("");
  judge.max_tokens =
      static_cast<int>(map.Integer("max_tokens", 16, 100'000).value_or(judge.max_tokens));
  judge.timeout =
      map.Duration("timeout", absl::Milliseconds(1), absl::Minutes(1)).value_or(judge.timeout);
  map.RejectUnknownKeys();
  return judge;
}

}  // namespace

DifficultyConfig ReadDifficultyConfig(YamlMap& map) {
  DifficultyConfig difficulty;
  difficulty.before = map.Word<DifficultyBefore>("before", kBefore).value_or(difficulty.before);
  difficulty.during = map.Word<DifficultyDuring>("during", kDuring).value_or(difficulty.during);
  if (difficulty.before == DifficultyBefore::kJudge) map.Require("judge");
  if (std::optional<YamlMap> judge = map.Map("judge")) {
    difficulty.judge = ReadJudge(*judge);
    // One that is never asked is a mistake, not a default.
    if (difficulty.before != DifficultyBefore::kJudge) {
      map.Fail("judge", "there is a judge that nobody asks, expected before: judge");
    }
  }
  map.RejectUnknownKeys();
  return difficulty;
}

void FailJudge(YamlMap& model_map, absl::string_view message) {
  std::optional<YamlMap> difficulty = model_map.Map("difficulty");
  std::optional<YamlMap> judge = difficulty ? difficulty->Map("judge") : std::nullopt;
  if (judge) judge->Fail("model", message);
}

}  // namespace sextant
