#include "server/profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr int kMaxTokens = 10'000'000;
constexpr int kMaxCount = 1'000'000'000;
constexpr NumberRange kShare = {.min = 0, .max = 1};
constexpr NumberRange kTokens = {.min = 0, .max = kMaxTokens};

std::optional<int> ReadCount(YamlMap& map, absl::string_view key, int most) {
  const std::optional<int64_t> count = map.Integer(key, 1, most);
  if (!count.has_value()) return std::nullopt;
  return static_cast<int>(*count);
}

template <size_t kSize>
std::optional<std::array<double, kSize>> ReadNumbers(YamlMap& map, absl::string_view key,
                                                     NumberRange range) {
  const std::vector<double> numbers = map.Numbers(key, kSize, range);
  if (numbers.empty()) return std::nullopt;
  std::array<double, kSize> read{};
  std::copy(numbers.begin(), numbers.end(), read.begin());
  return read;
}

std::optional<LengthQuantiles> ReadQuantiles(YamlMap& map, absl::string_view key) {
  const auto quantiles = ReadNumbers<kLengthShares.size()>(map, key, kTokens);
  if (quantiles.has_value() && !std::is_sorted(quantiles->begin(), quantiles->end())) {
    map.Fail(key, "expected quantiles that do not fall");
  }
  return quantiles;
}

LengthProfile ReadLengths(YamlMap& map) {
  LengthProfile lengths;
  lengths.all = ReadQuantiles(map, "all");
  lengths.right = ReadQuantiles(map, "right");
  lengths.wrong = ReadQuantiles(map, "wrong");
  map.RejectUnknownKeys();
  return lengths;
}

DifficultyProfile ReadDifficulty(YamlMap& map) {
  DifficultyProfile difficulty;
  difficulty.hard_share = map.Number("hard_share", kShare);
  difficulty.accuracy_easy = map.Number("accuracy_easy", kShare);
  difficulty.accuracy_hard = map.Number("accuracy_hard", kShare);
  difficulty.agreement_easy = map.Number("agreement_easy", kShare);
  difficulty.agreement_hard = map.Number("agreement_hard", kShare);
  difficulty.length_easy = map.Number("length_easy", kTokens);
  difficulty.length_hard = map.Number("length_hard", kTokens);
  map.RejectUnknownKeys();
  return difficulty;
}

PilotModel ReadPilot(YamlMap& map) {
  constexpr NumberRange kCoefficient = {.min = -100, .max = 100};
  PilotModel pilot;
  for (const char* key : {"intercept", "support", "length"}) map.Require(key);
  pilot.intercept = map.Number("intercept", kCoefficient).value_or(pilot.intercept);
  pilot.support = map.Number("support", kCoefficient).value_or(pilot.support);
  pilot.length = map.Number("length", kCoefficient).value_or(pilot.length);
  map.RejectUnknownKeys();
  return pilot;
}

// Lines of `key: value` below a common indent.
class YamlLines {
 public:
  explicit YamlLines(absl::string_view indent) : indent_(indent) {}

  void Add(absl::string_view key, const std::string& value) {
    absl::StrAppend(&text_, indent_, key, ": ", value, "\n");
  }
  void AddShare(absl::string_view key, std::optional<double> share) {
    if (share.has_value()) Add(key, absl::StrFormat("%.4f", *share));
  }
  void AddNumber(absl::string_view key, double number) {
    Add(key, absl::StrFormat("%.4f", number));
  }
  void AddTokens(absl::string_view key, std::optional<double> tokens) {
    if (tokens.has_value()) Add(key, absl::StrCat(std::llround(*tokens)));
  }
  void AddCount(absl::string_view key, std::optional<int> count) {
    if (count.has_value()) Add(key, absl::StrCat(*count));
  }
  void AddQuantiles(absl::string_view key, const std::optional<LengthQuantiles>& quantiles) {
    if (!quantiles.has_value()) return;
    const auto whole = [](std::string* out, double tokens) {
      absl::StrAppend(out, std::llround(tokens));
    };
    Add(key, absl::StrCat("[", absl::StrJoin(*quantiles, ", ", whole), "]"));
  }

  // `name` and the lines below it; nothing when there are none.
  std::string Under(absl::string_view name) const {
    return text_.empty() ? "" : absl::StrCat(name, ":\n", text_);
  }
  const std::string& text() const { return text_; }

 private:
  absl::string_view indent_;
  std::string text_;
};

}  // namespace

absl::string_view HorizonName(Horizon horizon) {
  for (const auto& [name, value] : kHorizons) {
    if (value == horizon) return name;
  }
  return "unknown";
}

ModelProfile ReadModelProfile(YamlMap& map) {
  ModelProfile profile;
  profile.horizon = map.Word<Horizon>("horizon", kHorizons);
  profile.typical_trace_tokens = ReadCount(map, "typical_trace_tokens", kMaxTokens);
  profile.traces = ReadCount(map, "traces", kMaxCount);
  profile.problems = ReadCount(map, "problems", kMaxCount);
  profile.accuracy = map.Number("accuracy", kShare);
  profile.agreement = map.Number("agreement", kShare);
  profile.answer_rate = map.Number("answer_rate", kShare);
  profile.drop_after = map.Number("drop_after", {.min = 1, .max = kMaxTokens});
  if (std::optional<YamlMap> lengths = map.Map("lengths")) profile.lengths = ReadLengths(*lengths);
  profile.accuracy_by_length = ReadNumbers<kLengthBins>(map, "accuracy_by_length", kShare);
  if (std::optional<YamlMap> difficulty = map.Map("difficulty")) {
    profile.difficulty = ReadDifficulty(*difficulty);
  }
  if (std::optional<YamlMap> pilot = map.Map("pilot")) profile.pilot = ReadPilot(*pilot);
  map.RejectUnknownKeys();
  return profile;
}

std::string ModelProfileYaml(const ModelProfile& profile) {
  YamlLines root("");
  if (profile.horizon.has_value()) root.Add("horizon", std::string(HorizonName(*profile.horizon)));
  root.AddCount("typical_trace_tokens", profile.typical_trace_tokens);
  root.AddCount("traces", profile.traces);
  root.AddCount("problems", profile.problems);
  root.AddShare("accuracy", profile.accuracy);
  root.AddShare("agreement", profile.agreement);
  root.AddShare("answer_rate", profile.answer_rate);
  root.AddTokens("drop_after", profile.drop_after);
  if (profile.accuracy_by_length.has_value()) {
    const auto rounded = [](std::string* out, double share) {
      absl::StrAppendFormat(out, "%.4f", share);
    };
    root.Add("accuracy_by_length",
             absl::StrCat("[", absl::StrJoin(*profile.accuracy_by_length, ", ", rounded), "]"));
  }
  YamlLines lengths("  ");
  lengths.AddQuantiles("all", profile.lengths.all);
  lengths.AddQuantiles("right", profile.lengths.right);
  lengths.AddQuantiles("wrong", profile.lengths.wrong);
  YamlLines difficulty("  ");
  const DifficultyProfile by_difficulty = profile.difficulty.value_or(DifficultyProfile());
  difficulty.AddShare("hard_share", by_difficulty.hard_share);
  difficulty.AddShare("accuracy_easy", by_difficulty.accuracy_easy);
  difficulty.AddShare("accuracy_hard", by_difficulty.accuracy_hard);
  difficulty.AddShare("agreement_easy", by_difficulty.agreement_easy);
  difficulty.AddShare("agreement_hard", by_difficulty.agreement_hard);
  difficulty.AddTokens("length_easy", by_difficulty.length_easy);
  difficulty.AddTokens("length_hard", by_difficulty.length_hard);
  YamlLines pilot("  ");
  if (profile.pilot.has_value()) {
    pilot.AddNumber("intercept", profile.pilot->intercept);
    pilot.AddNumber("support", profile.pilot->support);
    pilot.AddNumber("length", profile.pilot->length);
  }
  return absl::StrCat(root.text(), lengths.Under("lengths"), difficulty.Under("difficulty"),
                      pilot.Under("pilot"));
}

}  // namespace sextant
