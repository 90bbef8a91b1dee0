// The YAML form of simulated models.
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/yaml_reader.h"
#include "simulator/logprobs.h"
#include "simulator/simulated_model.h"

namespace sextant {
namespace {

constexpr size_t kMaxModels = 100;
constexpr int64_t kMaxTraceTokens = 1'000'000;

constexpr std::pair<absl::string_view, SimulatedHorizon> kHorizons[] = {
    {"short", SimulatedHorizon::kShort},
    {"long", SimulatedHorizon::kLong},
    {"non_reasoning", SimulatedHorizon::kNonReasoning}};
constexpr std::pair<absl::string_view, ThinkingStyle> kThinkingStyles[] = {
    {"none", ThinkingStyle::kNone},
    {"think_tag", ThinkingStyle::kThinkTag},
    {"reasoning", ThinkingStyle::kReasoning},
    {"reasoning_content", ThinkingStyle::kReasoningContent}};

void ReadTokens(YamlMap tokens, SimulatedModel& model) {
  model.mean_tokens = tokens.Number("mean", {1, kMaxTraceTokens}).value_or(model.mean_tokens);
  model.sigma = tokens.Number("sigma", {0, 3}).value_or(model.sigma);
  model.min_tokens = tokens.Integer("min", 2, kMaxTraceTokens).value_or(model.min_tokens);
  model.max_tokens = tokens.Integer("max", 2, kMaxTraceTokens).value_or(model.max_tokens);
  model.by_difficulty = tokens.Number("by_difficulty", {0, 2}).value_or(model.by_difficulty);
  if (model.max_tokens < model.min_tokens) {
    tokens.Fail("max", absl::StrCat("is ", model.max_tokens, ", expected at least min (",
                                    model.min_tokens, ")"));
  }
  tokens.RejectUnknownKeys();
}

void ReadAccuracy(YamlMap accuracy, SimulatedModel& model) {
  model.easy_accuracy = accuracy.Number("easy", {0, 1}).value_or(model.easy_accuracy);
  model.hard_accuracy = accuracy.Number("hard", {0, 1}).value_or(model.hard_accuracy);
  model.length_effect = accuracy.Number("length_effect", {0, 10}).value_or(model.length_effect);
  accuracy.RejectUnknownKeys();
}

SimulatedModel::Judge ReadJudge(YamlMap judge) {
  SimulatedModel::Judge read;
  read.noise = judge.Number("noise", {0, 1}).value_or(read.noise);
  judge.RejectUnknownKeys();
  return read;
}

void ReadConfidence(YamlMap confidence, SimulatedModel& model) {
  confidence.Require("right");
  confidence.Require("wrong");
  const NumberRange range{kLeastConfidence, kMostConfidence};
  model.right_confidence = confidence.Number("right", range).value_or(kLeastConfidence);
  model.wrong_confidence = confidence.Number("wrong", range).value_or(kLeastConfidence);
  model.confidence_spread = confidence.Number("spread", {0, 20}).value_or(0);
  confidence.RejectUnknownKeys();
}

SimulatedModel ReadModel(YamlMap& map) {
  SimulatedModel model;
  map.Require("name");
  map.Require("horizon");
  model.name = map.Text("name").value_or("");
  model.horizon = map.Word<SimulatedHorizon>("horizon", kHorizons).value_or(model.horizon);
  model.thinking = map.Word<ThinkingStyle>("thinking", kThinkingStyles).value_or(model.thinking);
  model.no_answer = map.Number("no_answer", {0, 1}).value_or(model.no_answer);
  if (std::optional<YamlMap> tokens = map.Map("tokens")) ReadTokens(*tokens, model);
  if (std::optional<YamlMap> accuracy = map.Map("accuracy")) ReadAccuracy(*accuracy, model);
  if (std::optional<YamlMap> judge = map.Map("judge")) model.judge = ReadJudge(*judge);
  if (std::optional<YamlMap> confidence = map.Map("confidence")) {
    ReadConfidence(*confidence, model);
  }
  map.RejectUnknownKeys();
  return model;
}

}  // namespace

absl::StatusOr<std::vector<SimulatedModel>> LoadSimulatedModels(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  const absl::StatusOr<YamlNode> document = ParseYaml(*text, path);
  if (!document.ok()) return document.status();
  YamlErrors errors(path);
  YamlMap root(*document, "", errors);
  root.Require("models");
  std::vector<SimulatedModel> models;
  absl::flat_hash_set<std::string> names;
  for (YamlMap& map : root.Maps("models", kMaxModels)) {
    SimulatedModel model = ReadModel(map);
    if (!model.name.empty() && !names.insert(model.name).second) {
      map.Fail("name", absl::StrCat(model.name, " is there for the second time"));
    }
    models.push_back(std::move(model));
  }
  root.RejectUnknownKeys();
  if (absl::Status status = errors.ToStatus(); !status.ok()) return status;
  return models;
}

}  // namespace sextant
