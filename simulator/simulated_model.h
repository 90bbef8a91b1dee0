// A model that does not exist: traces made up from a seed, with the length and accuracy that a
// model of a given horizon would show. Every text says that it is simulated.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "simulator/problems.h"
#include "simulator/token_text.h"

namespace sextant {

// Which traces of a model are right more often (arXiv 2512.02008): the shorter ones (short,
// non_reasoning), or the shorter ones on easy and the longer ones on hard problems (long).
enum class SimulatedHorizon { kShort, kLong, kNonReasoning };

// Where the model puts its thinking.
enum class ThinkingStyle { kNone, kThinkTag, kReasoning, kReasoningContent };

struct SimulatedModel {
  std::string name;
  SimulatedHorizon horizon = SimulatedHorizon::kShort;
  ThinkingStyle thinking = ThinkingStyle::kNone;

  // Length of a trace: log-normal, mean `mean_tokens` at difficulty 0.5, `sigma` the standard
  // deviation of its logarithm, clipped to [min_tokens, max_tokens].
  double mean_tokens = 600;
  double sigma = 0.4;
  int64_t min_tokens = 48;
  int64_t max_tokens = 32768;
  double by_difficulty = 1;  // 0 to 2; difficulty d scales the mean by 1 + by_difficulty (d - 0.5).

  // Share of right answers among traces of typical length, on problems of difficulty 0 and 1;
  // linear in between.
  double easy_accuracy = 0.95;
  double hard_accuracy = 0.5;
  double length_effect = 0.7;  // Change of the log-odds per standard deviation of log length.
  double no_answer = 0;        // Share of traces that end without an answer.

  // How it judges the difficulty of a problem when it is asked that. Unset: such a question is
  // answered like the problem that it holds.
  struct Judge {
    double noise = 0.15;  // Standard deviation of its error. 0 to 1.
  };
  std::optional<Judge> judge;
  // How sure a trace is of its tokens: normal, with these means for traces with a right answer and
  // for the others, and the standard deviation `spread` between traces. 0: not set, the
  // log-probabilities follow from `surprise` alone.
  double right_confidence = 0;
  double wrong_confidence = 0;
  double confidence_spread = 0;
};

// The models of a YAML file (simulator/README.md has its keys). INVALID_ARGUMENT lists every error
// with file, line and path.
absl::StatusOr<std::vector<SimulatedModel>> LoadSimulatedModels(const std::string& path);

struct SimulatedTrace {
  TokenText text;
  // Mean of the negative log-probability of its tokens, a little lower for right traces.
  double surprise = 0;
  double confidence = 0;  // Mean of its tokens' confidence; 0: see `surprise`.
};

// Whether thinking keeps its own field or stands in the text between <think> and </think>, as it
// does on /v1/completions.
enum class ThinkingFields { kApart, kInText };

// What a trace starts with, of /v1/completions included: how a prompt is seen to continue one.
std::string SimulatedOpening(const SimulatedModel& model);

// The trace that `model` answers `problem` with; equal arguments give equal traces. With a
// `prefix`, the beginning of an answer in raw form (<think> included), the text is what follows it.
SimulatedTrace Simulate(const SimulatedModel& model, const Problem& problem, int64_t seed,
                        absl::string_view prefix, ThinkingFields fields);

}  // namespace sextant
