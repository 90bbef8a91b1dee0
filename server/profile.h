// What calibration found out about a model: `sextant calibrate` writes it as YAML, and the
// `profile` of a model in the configuration names the file. Reading is as strict as the
// configuration; every key is optional.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/pilot.h"

namespace sextant {

class YamlMap;

// A property of a model, found by calibration: which of its traces tend to be right.
enum class Horizon { kUnknown, kShort, kLong, kNonReasoning };
absl::string_view HorizonName(Horizon horizon);  // "unknown", "short", "long", "non_reasoning"

// Every horizon with its name, for readers of files.
inline constexpr std::pair<absl::string_view, Horizon> kHorizons[] = {
    {"unknown", Horizon::kUnknown},
    {"short", Horizon::kShort},
    {"long", Horizon::kLong},
    {"non_reasoning", Horizon::kNonReasoning}};

// The shares of the traces that are no longer than the quantiles of a LengthQuantiles.
inline constexpr std::array<double, 7> kLengthShares = {0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95};
using LengthQuantiles = std::array<double, kLengthShares.size()>;  // Tokens, never falling.

struct LengthProfile {
  std::optional<LengthQuantiles> all;
  std::optional<LengthQuantiles> right;  // Of traces with the true answer.
  std::optional<LengthQuantiles> wrong;  // Of the others, those without an answer included.
};

// Means over problems that are easier and that are harder for this model than its mean problem.
// Shares are 0 to 1, lengths are tokens.
struct DifficultyProfile {
  std::optional<double> hard_share;  // Of the problems.
  std::optional<double> accuracy_easy;
  std::optional<double> accuracy_hard;
  std::optional<double> agreement_easy;  // As `agreement` below.
  std::optional<double> agreement_hard;
  std::optional<double> length_easy;
  std::optional<double> length_hard;
};

constexpr size_t kLengthBins = 5;

// Unset: not said.
struct ModelProfile {
  std::optional<Horizon> horizon;
  std::optional<int> typical_trace_tokens;  // Mean length. 1 to 10,000,000.
  std::optional<int> traces;                // How many all of this stands on.
  std::optional<int> problems;
  std::optional<double> accuracy;  // Of one trace, 0 to 1.
  std::optional<double>
      agreement;  // The leading answer's share of the votes of all traces, 0 to 1.
  std::optional<double> answer_rate;  // Share of the traces that state an answer, 0 to 1.
  // Tokens beyond which going on with a trace is not expected to pay. 1 to 10,000,000.
  std::optional<double> drop_after;
  LengthProfile lengths;
  // Accuracy of the shortest fifth of the traces, of the next fifth, and so on to the longest.
  std::optional<std::array<double, kLengthBins>> accuracy_by_length;
  std::optional<DifficultyProfile> difficulty;
  std::optional<PilotModel> pilot;  // Coefficients of this model's own; each from -100 to 100.
};

// Reads a profile's root. Errors go to those that `map` was made with.
ModelProfile ReadModelProfile(YamlMap& map);

// The keys of `profile` as YAML text, for the file that ReadModelProfile() reads. Unset ones are
// left out; numbers are rounded to what they can mean.
std::string ModelProfileYaml(const ModelProfile& profile);

}  // namespace sextant
