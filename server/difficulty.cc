#include "server/difficulty.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace sextant {
namespace {

constexpr size_t kBytesLookedAt = 64 << 10;

// Phrases of problems that ask for an argument, a search or an optimum.
constexpr absl::string_view kHardPhrases[] = {
    "prove",           "show that",       "find all",       "determine all",    "for all",
    "smallest",        "largest",         "minimum",        "maximum",          "how many ordered",
    "ordered pairs",   "ordered triples", "remainder when", "relatively prime", "infinitely many",
    "expected number", "eigenvalue",      "integral",       "mechanism",        "degenerate"};

struct PromptFeatures {
  size_t bytes = 0;
  int latex_commands = 0;
  int numbers = 0;
  int hard_phrases = 0;
};

PromptFeatures FeaturesOf(absl::string_view prompt) {
  PromptFeatures features;
  features.bytes = prompt.size();
  for (size_t i = 0; i < prompt.size(); ++i) {
    const bool letter_follows = i + 1 < prompt.size() && absl::ascii_isalpha(prompt[i + 1]);
    if (prompt[i] == '\\' && letter_follows) ++features.latex_commands;
    const bool begins_number = i == 0 || !absl::ascii_isalnum(prompt[i - 1]);
    if (absl::ascii_isdigit(prompt[i]) && begins_number) ++features.numbers;
  }
  const std::string lower = absl::AsciiStrToLower(prompt);
  for (const absl::string_view phrase : kHardPhrases) {
    if (absl::string_view(lower).find(phrase) != absl::string_view::npos) ++features.hard_phrases;
  }
  return features;
}

double HardProbability(const PromptFeatures& features) {
  const double doublings =
      std::log2(static_cast<double>(std::max<size_t>(1, features.bytes)) / 200);
  const double log_odds =
      -1.5 + std::clamp(0.6 * doublings, -1.2, 1.8) + 0.15 * std::min(8, features.latex_commands) +
      0.05 * std::min(10, features.numbers) + 0.8 * std::min(3, features.hard_phrases);
  return 1 / (1 + std::exp(-log_odds));
}

v1::DifficultyEstimate ByHint(v1::Difficulty hint) {
  const bool is_hard = hint == v1::DIFFICULTY_HARD;
  v1::DifficultyEstimate estimate = DifficultyOf(is_hard ? 1 : 0, "hint");
  estimate.set_reason(
      absl::StrCat("The request says that the problem is ", is_hard ? "hard." : "easy."));
  return estimate;
}

v1::DifficultyEstimate ByPrompt(absl::string_view prompt) {
  const PromptFeatures features = FeaturesOf(prompt.substr(0, kBytesLookedAt));
  const double probability = HardProbability(features);
  v1::DifficultyEstimate estimate = DifficultyOf(probability, "prompt_features");
  estimate.set_reason(absl::StrFormat(
      "The problem is taken as %s: %d bytes, %d LaTeX commands, %d numbers and %d phrases of hard "
      "problems give a probability of %.2f that it is hard.",
      probability >= kHardFrom ? "hard" : "easy", features.bytes, features.latex_commands,
      features.numbers, features.hard_phrases, probability));
  return estimate;
}

}  // namespace

v1::DifficultyEstimate EstimateDifficulty(const v1::SolveRequest& request,
                                          const DifficultyConfig& config) {
  if (request.difficulty() != v1::DIFFICULTY_UNSPECIFIED) return ByHint(request.difficulty());
  if (config.before == DifficultyBefore::kNone) {
    v1::DifficultyEstimate estimate = DifficultyOf(kHardFrom, "none");
    estimate.set_reason(
        "Nothing is estimated before the first trace, so the problem is taken as "
        "hard.");
    return estimate;
  }
  v1::DifficultyEstimate estimate = ByPrompt(ProblemText(request));
  if (config.before == DifficultyBefore::kJudge) {
    const bool asks = AsksJudge(request, config);
    estimate.set_reason(absl::StrCat(
        estimate.reason(), asks ? " Judge " : " The request names its strategy, so judge ",
        config.judge.model,
        asks ? " is asked only when the problem is solved." : " is not asked."));
  }
  return estimate;
}

bool AsksJudge(const v1::SolveRequest& request, const DifficultyConfig& config) {
  return config.before == DifficultyBefore::kJudge &&
         request.difficulty() == v1::DIFFICULTY_UNSPECIFIED &&
         request.strategy().kind_case() == v1::Strategy::KIND_NOT_SET;
}

absl::string_view ProblemText(const v1::SolveRequest& request) {
  return request.messages().empty() ? absl::string_view(request.prompt())
                                    : absl::string_view(request.messages().rbegin()->content());
}

v1::DifficultyEstimate DifficultyOf(double hard_probability, absl::string_view estimator) {
  v1::DifficultyEstimate estimate;
  estimate.set_difficulty(hard_probability >= kHardFrom ? v1::DIFFICULTY_HARD
                                                        : v1::DIFFICULTY_EASY);
  estimate.set_hard_probability(hard_probability);
  estimate.set_estimator(std::string(estimator));
  return estimate;
}

}  // namespace sextant
