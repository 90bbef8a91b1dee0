#include "simulator/faults.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/did_you_mean.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxRules = 1000;
constexpr int64_t kMaxCount = 1'000'000'000;
constexpr double kMaxDelaySeconds = 3600;

// The keys of a fault, the same in a header and in a rule. A key sets one kind of field.
struct FaultKey {
  absl::string_view name;
  bool Fault::*flag = nullptr;
  std::optional<int> Fault::*number = nullptr;
  std::optional<int64_t> Fault::*count = nullptr;
  int min = 0;  // Of `number`.
  int max = 0;
};
constexpr absl::string_view kDelayKey = "first_token_delay";  // Seconds.

constexpr std::array<FaultKey, 11> kKeys = {{
    {.name = "refuse", .flag = &Fault::refuse},
    {.name = "never_answer", .flag = &Fault::never_answer},
    {.name = "no_usage", .flag = &Fault::no_usage},
    {.name = "no_logprobs", .flag = &Fault::no_logprobs},
    {.name = "status", .number = &Fault::status, .min = 400, .max = 599},
    {.name = "retry_after", .number = &Fault::retry_after_s, .min = 0, .max = 86400},
    {.name = "stall_after", .count = &Fault::stall_after},
    {.name = "cut_after", .count = &Fault::cut_after},
    {.name = "garbage_after", .count = &Fault::garbage_after},
    {.name = "error_after", .count = &Fault::error_after},
    {.name = "wrong_types_after", .count = &Fault::wrong_types_after},
}};

absl::Status HeaderError(absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(kFaultHeader, ": ", message));
}

absl::Status Unknown(absl::string_view key) {
  std::vector<absl::string_view> known = {kDelayKey};
  for (const FaultKey& candidate : kKeys) known.push_back(candidate.name);
  return HeaderError(absl::StrCat(Quoted(key), " is no fault", DidYouMean(key, known)));
}

// Sets the field that `key` names from the text of a header.
absl::Status SetFromText(absl::string_view key, absl::string_view value, Fault& fault) {
  if (key == kDelayKey) {
    double seconds = 0;
    if (!absl::SimpleAtod(value, &seconds) || !(seconds >= 0 && seconds <= kMaxDelaySeconds)) {
      return HeaderError(absl::StrCat(key, " is ", Quoted(value), ", expected seconds from 0 to ",
                                      kMaxDelaySeconds));
    }
    fault.first_token_delay = absl::Seconds(seconds);
    return absl::OkStatus();
  }
  for (const FaultKey& known : kKeys) {
    if (known.name != key) continue;
    if (known.flag != nullptr) {
      if (!value.empty()) return HeaderError(absl::StrCat(key, " takes no value"));
      fault.*known.flag = true;
      return absl::OkStatus();
    }
    const int64_t min = known.number != nullptr ? known.min : 0;
    const int64_t max = known.number != nullptr ? known.max : kMaxCount;
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < min || number > max) {
      return HeaderError(absl::StrCat(key, " is ", Quoted(value), ", expected a whole number from ",
                                      min, " to ", max));
    }
    if (known.number != nullptr) {
      fault.*known.number = static_cast<int>(number);
    } else {
      fault.*known.count = number;
    }
    return absl::OkStatus();
  }
  return Unknown(key);
}

Fault ReadFault(YamlMap& map) {
  Fault fault;
  for (const FaultKey& key : kKeys) {
    if (key.flag != nullptr) {
      fault.*key.flag = map.Flag(key.name).value_or(false);
    } else if (key.number != nullptr) {
      const std::optional<int64_t> number = map.Integer(key.name, key.min, key.max);
      if (number) fault.*key.number = static_cast<int>(*number);
    } else {
      fault.*key.count = map.Integer(key.name, 0, kMaxCount);
    }
  }
  const double seconds = map.Number(kDelayKey, {0, kMaxDelaySeconds}).value_or(0);
  fault.first_token_delay = absl::Seconds(seconds);
  return fault;
}

}  // namespace

bool Fault::any() const {
  return refuse || never_answer || no_usage || no_logprobs || status || stall_after || cut_after ||
         garbage_after || error_after || wrong_types_after ||
         first_token_delay > absl::ZeroDuration();
}

absl::StatusOr<Fault> ParseFaultHeader(absl::string_view value) {
  Fault fault;
  for (absl::string_view item : absl::StrSplit(value, ',')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    const absl::Status status = SetFromText(absl::StripAsciiWhitespace(pair.first),
                                            absl::StripAsciiWhitespace(pair.second), fault);
    if (!status.ok()) return status;
  }
  if (!fault.any()) return HeaderError("asks for no fault");
  return fault;
}

absl::StatusOr<FaultRules> FaultRules::Load(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  const absl::StatusOr<YamlNode> document = ParseYaml(*text, path);
  if (!document.ok()) return document.status();
  YamlErrors errors(path);
  YamlMap root(*document, "", errors);
  root.Require("faults");
  FaultRules rules;
  for (YamlMap& map : root.Maps("faults", kMaxRules)) {
    Rule rule;
    rule.model = map.Text("model").value_or("");
    rule.probability = map.Number("probability", {0, 1}).value_or(1);
    rule.skip = map.Integer("skip", 0, kMaxCount).value_or(0);
    rule.times = map.Integer("times", 1, kMaxCount);
    rule.fault = ReadFault(map);
    map.RejectUnknownKeys();
    rules.rules_.push_back(std::move(rule));
  }
  root.RejectUnknownKeys();
  if (absl::Status status = errors.ToStatus(); !status.ok()) return status;
  return rules;
}

Fault FaultRules::Next(absl::string_view model) {
  for (Rule& rule : rules_) {
    if (!rule.model.empty() && rule.model != model) continue;
    if (rule.skip > 0) {
      --rule.skip;
      continue;
    }
    if (rule.times && *rule.times == 0) continue;
    // A rule that always fires draws no number, so that adding one leaves the others as they were.
    if (rule.probability < 1 && random_.Uniform() >= rule.probability) continue;
    if (rule.times) --*rule.times;
    return rule.fault;
  }
  return Fault{};
}

}  // namespace sextant
