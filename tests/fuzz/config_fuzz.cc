// Reads arbitrary text as each of what an operator writes: a configuration, a policy, a profile, a
// strategy. Any mistake is an error with its reason; what is accepted is used once.
#include <cstdint>
#include <string>

#include "server/config.h"
#include "server/policy.h"
#include "server/profile.h"
#include "server/strategies/spec.h"
#include "server/yaml_reader.h"
#include "tests/fuzz/expect.h"

namespace sextant {
namespace {

void ExpectReason(const absl::Status& status) {
  Expect(status.ok() ||
         (status.code() == absl::StatusCode::kInvalidArgument && !status.message().empty()));
}

void ReadConfig(absl::string_view text) {
  const auto config = ParseConfig(text, "fuzz.yaml");
  ExpectReason(config.status());
  if (!config.ok()) return;
  Expect(!config->models.empty() && !config->server.listen.empty());
  for (const ModelConfig& model : config->models) Expect(!model.backends.empty());
}

void ReadPolicy(absl::string_view text) {
  const auto policy = ParsePolicy(text, "fuzz.yaml");
  ExpectReason(policy.status());
  if (!policy.ok()) return;
  // Every cell has a row.
  for (const BudgetLevel budget : {BudgetLevel::kLow, BudgetLevel::kHigh}) {
    for (const TimeLevel time : {TimeLevel::kTight, TimeLevel::kLoose})
      Expect(!policy->RowFor({.budget = budget, .time = time}).name.empty());
  }
}

void ReadProfile(absl::string_view text) {
  const auto root = ParseYaml(text, "fuzz.yaml");
  ExpectReason(root.status());
  if (!root.ok()) return;
  YamlErrors errors("fuzz.yaml");
  YamlMap map(*root, "", errors);
  const ModelProfile profile = ReadModelProfile(map);
  // What calibration writes can be read again.
  Expect(ParseYaml(ModelProfileYaml(profile), "fuzz.yaml").ok());
}

void ReadStrategy(absl::string_view text) {
  const auto strategy = ParseStrategy(text);
  if (!strategy.ok()) return;
  const auto again = ParseStrategy(StrategyText(*strategy));
  Expect(again.ok() && StrategyText(*again) == StrategyText(*strategy));
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  sextant::ReadConfig(text);
  sextant::ReadPolicy(text);
  sextant::ReadProfile(text);
  sextant::ReadStrategy(text);
  return 0;
}
