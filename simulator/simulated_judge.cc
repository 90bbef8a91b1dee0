#include "simulator/simulated_judge.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "simulator/stable_random.h"

namespace sextant {
namespace {

constexpr int64_t kBytesPerToken = 4;

constexpr absl::string_view kConsiderations[] = {
    "I look at how many steps the problem seems to need.",
    "A slip in the middle would go unnoticed until the end.",
    "The statement is short, and nothing in it is ambiguous.",
    "A known method should lead most of the way.",
    "Special cases are where a model would go wrong here.",
};

}  // namespace

TokenText SimulateJudge(const SimulatedModel& model, const Problem& problem) {
  StableRandom random(StableHash(absl::StrCat("judge ", problem.problem_id),
                                 StableHash(problem.dataset, StableHash(model.name))));
  const double judged = problem.difficulty + model.judge->noise * random.Normal();
  const long long percent = std::llround(100 * std::clamp(judged, 0.0, 1.0));
  std::string thoughts =
      absl::StrCat("(Simulated judgement of ", model.name, ": no model ran.)\n\n");
  const size_t first = random.Below(std::size(kConsiderations));
  for (size_t i = 0; i < 3; ++i) {
    absl::StrAppend(&thoughts, kConsiderations[(first + i) % std::size(kConsiderations)], " ");
  }
  const std::string ending = absl::StrCat("\n\nDifficulty: ", percent);

  const bool apart = model.thinking == ThinkingStyle::kReasoning ||
                     model.thinking == ThinkingStyle::kReasoningContent;
  const auto text = std::make_shared<const std::string>(thoughts + ending);
  const absl::string_view whole = *text;
  const auto tokens_of = [](absl::string_view part) {
    return static_cast<int64_t>(part.size()) / kBytesPerToken + 1;
  };
  const absl::string_view thinking = whole.substr(0, thoughts.size());
  const absl::string_view content = whole.substr(thoughts.size());
  std::vector<TextPart> parts;
  parts.push_back(
      {thinking, tokens_of(thinking), apart ? TextField::kReasoning : TextField::kContent});
  parts.push_back({content, tokens_of(content), TextField::kContent});
  return TokenText(std::move(parts), text);
}

}  // namespace sextant
