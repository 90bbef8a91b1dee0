#include "simulator/simulated_model.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "simulator/logprobs.h"
#include "simulator/stable_random.h"

namespace sextant {
namespace {

constexpr int64_t kBytesPerToken = 4;
constexpr absl::string_view kThinkStart = "<think>\n";
constexpr absl::string_view kThinkEnd = "</think>\n\n";
// Follows the seed in the first line of a trace.
constexpr absl::string_view kOpeningEnd = ": no model ran.)\n\n";

// Thinking that states no answer, so that only the end of a trace does.
constexpr absl::string_view kThoughts[] = {
    "I read the question once more and write down what is given.",
    "Next I look for a relation between the quantities.",
    "That suggests a simpler case, which I work through by hand.",
    "The two sides have to agree, so I compare them term by term.",
    "Something does not fit yet, so I go back one step.",
    "I try it another way and see whether it leads to the same place.",
    "This step follows from the one before, and I keep it.",
    "Before going on I make sure that no case was left out.",
    "A small sketch helps to see how the parts hang together.",
    "I put the pieces together and simplify.",
    "The units work out, which is a good sign.",
    "Let me test this on an extreme case.",
    "It would be easy to count something twice here, so I am careful.",
    "I can drop what cancels and keep the rest.",
};

// What the seed decides about a trace before a word is written.
struct Draw {
  int64_t tokens = 0;
  enum class Outcome { kRight, kWrong, kNone } outcome = Outcome::kNone;
  double surprise = 0;
  double confidence = 0;
  size_t wrong = 0;  // Which of the wrong answers.
};

// How strongly length speaks for a trace, from -1 (shorter is better) to 1 (longer is better).
double LengthDirection(SimulatedHorizon horizon, double difficulty) {
  return horizon == SimulatedHorizon::kLong ? 2 * difficulty - 1 : -1;
}

double ChanceOfRight(const SimulatedModel& model, double difficulty, double relative_length) {
  const double typical =
      model.easy_accuracy + (model.hard_accuracy - model.easy_accuracy) * difficulty;
  const double log_odds = std::log(std::max(typical, 1e-9) / std::max(1 - typical, 1e-9));
  const double shifted =
      log_odds + LengthDirection(model.horizon, difficulty) * model.length_effect * relative_length;
  return 1 / (1 + std::exp(-shifted));
}

// `relative_length`: in standard deviations of the logarithm from the typical length.
Draw DrawTrace(const SimulatedModel& model, const Problem& problem, double relative_length,
               StableRandom& random) {
  Draw draw;
  const double mean = model.mean_tokens * (1 + model.by_difficulty * (problem.difficulty - 0.5));
  // The mean of a log-normal variable lies sigma^2 / 2 above its median, in logarithms.
  const double log_length =
      std::log(std::max(mean, 1.0)) - model.sigma * model.sigma / 2 + model.sigma * relative_length;
  draw.tokens = std::clamp(std::llround(std::exp(std::min(log_length, 40.0))),
                           static_cast<long long>(model.min_tokens),
                           static_cast<long long>(model.max_tokens));

  const bool is_right =
      random.Uniform() < ChanceOfRight(model, problem.difficulty, relative_length);
  draw.outcome = is_right ? Draw::Outcome::kRight : Draw::Outcome::kWrong;
  if (random.Uniform() < model.no_answer) draw.outcome = Draw::Outcome::kNone;
  // Some wrong answers are more tempting than others, which is what makes a vote err.
  const double pick = random.Uniform();
  draw.wrong = pick < 0.55 ? 0 : pick < 0.85 ? 1 : 2;
  const double mean_surprise = draw.outcome == Draw::Outcome::kRight ? 0.25 : 0.40;
  draw.surprise = mean_surprise + 0.1 * (random.Uniform() - 0.5);
  if (model.right_confidence > 0) {
    const bool is_sure = draw.outcome == Draw::Outcome::kRight;
    const double mean = is_sure ? model.right_confidence : model.wrong_confidence;
    draw.confidence = std::clamp(mean + model.confidence_spread * random.Normal(), kLeastConfidence,
                                 kMostConfidence);
  }
  return draw;
}

std::vector<std::string> WrongChoices(const Problem& problem) {
  const char right = problem.answer[0];
  std::vector<std::string> letters;
  for (char letter = 'A'; letter <= std::max('D', right); ++letter) {
    if (letter != right) letters.push_back(std::string(1, letter));
  }
  return letters;
}

std::vector<std::string> WrongIntegers(const Problem& problem, StableRandom& random) {
  int64_t right = 0;
  // Beyond 64 bits: a digit too many is the slip that needs no arithmetic.
  if (!absl::SimpleAtoi(problem.answer, &right) || std::abs(right) > INT64_MAX / 4) {
    return {absl::StrCat(problem.answer, "0"), absl::StrCat(problem.answer, "1")};
  }
  const int64_t slip = 1 + static_cast<int64_t>(random.Below(9));
  return {absl::StrCat(right + slip), absl::StrCat(right == 0 ? slip + 1 : 2 * right),
          absl::StrCat(right - slip)};
}

// The plausible wrong answers of a problem, the same for every model and seed. Empty for kinds
// that they cannot be made up for.
std::vector<std::string> WrongAnswers(const Problem& problem) {
  if (!problem.distractors.empty()) return problem.distractors;
  StableRandom random(StableHash(problem.problem_id, StableHash(problem.dataset)));
  std::vector<std::string> answers;
  if (problem.answer_kind == "choice") {
    answers = WrongChoices(problem);
  } else if (problem.answer_kind == "integer" || problem.answer_kind == "number") {
    answers = WrongIntegers(problem, random);
  }
  for (size_t i = answers.size(); i > 1; --i) std::swap(answers[i - 1], answers[random.Below(i)]);
  return answers;
}

std::string ConclusionOf(absl::string_view answer) {
  if (answer.empty()) return "This text is simulated. I did not settle on a result.";
  return absl::StrCat("This text is simulated. The final answer is \\boxed{", answer, "}.");
}

// Every conclusion that a trace of the problem can end in, the drawn one first.
std::vector<std::string> Conclusions(const Problem& problem, const Draw& draw) {
  std::vector<std::string> answers = {problem.answer, ""};
  for (std::string& wrong : WrongAnswers(problem)) answers.push_back(std::move(wrong));
  size_t drawn = draw.outcome == Draw::Outcome::kRight ? 0 : 1;
  if (draw.outcome == Draw::Outcome::kWrong && answers.size() > 2) {
    drawn = 2 + draw.wrong % (answers.size() - 2);
  }
  std::swap(answers[0], answers[drawn]);
  std::vector<std::string> conclusions;
  for (const std::string& answer : answers) conclusions.push_back(ConclusionOf(answer));
  return conclusions;
}

std::string Thoughts(size_t bytes, StableRandom& random) {
  std::string text;
  text.reserve(bytes + 128);
  for (int sentence = 0; text.size() < bytes; ++sentence) {
    // Paragraphs of three sentences give step-by-step search something to cut at.
    const absl::string_view separator = sentence == 0 ? "" : sentence % 3 == 0 ? "\n\n" : " ";
    absl::StrAppend(&text, separator, kThoughts[random.Below(std::size(kThoughts))]);
  }
  absl::StrAppend(&text, "\n\n");
  return text;
}

// A trace in the making: what is still to be said of each part.
struct Draft {
  std::string thinking;
  std::string content;
};

// What follows a prefix that has begun to conclude, or nullopt when it has not. A prefix that has
// begun to state an answer gets that answer's end, whatever was drawn.
std::optional<std::string> RestOfEnding(const SimulatedModel& model, absl::string_view prefix,
                                        const std::vector<std::string>& conclusions) {
  const bool thinks = model.thinking != ThinkingStyle::kNone;
  // A conclusion shares its first letters with some thoughts; the tag shares none.
  size_t longest = thinks ? 0 : absl::string_view("This text").size();
  std::optional<std::string> rest;
  for (const std::string& conclusion : conclusions) {
    const std::string ending = absl::StrCat(thinks ? kThinkEnd : "", conclusion);
    const size_t overlap = LongestOverlap(prefix, ending);
    if (overlap <= longest) continue;
    longest = overlap;
    rest = ending.substr(overlap);
  }
  return rest;
}

// What is left of the first line of a trace after `prefix`. Another seed may have begun it.
std::string RestOfOpening(absl::string_view prefix, const std::string& opening) {
  if (absl::StartsWith(opening, prefix)) return opening.substr(prefix.size());
  if (absl::StrContains(prefix, kOpeningEnd)) return "";
  return std::string(kOpeningEnd.substr(LongestOverlap(prefix, kOpeningEnd)));
}

// The rest of the sentence that `prefix` breaks off in.
std::string RestOfThought(absl::string_view prefix) {
  std::string rest;
  size_t longest = 2;  // The same letter or two may end anything.
  for (const absl::string_view thought : kThoughts) {
    const size_t overlap = LongestOverlap(prefix, thought);
    if (overlap <= longest) continue;
    longest = overlap;
    rest = absl::StrCat(thought.substr(overlap), " ");
  }
  return rest;
}

Draft Write(const SimulatedModel& model, const Draw& draw, absl::string_view prefix,
            const std::string& opening, const std::vector<std::string>& conclusions,
            StableRandom& random) {
  Draft draft;
  std::string start = RestOfOpening(prefix, opening);
  if (start.empty()) {
    if (std::optional<std::string> rest = RestOfEnding(model, prefix, conclusions)) {
      draft.content = *std::move(rest);
      return draft;
    }
    start = RestOfThought(prefix);
  }
  const int64_t bytes = draw.tokens * kBytesPerToken -
                        static_cast<int64_t>(prefix.size() + start.size() + conclusions[0].size());
  std::string& thoughts = model.thinking == ThinkingStyle::kNone ? draft.content : draft.thinking;
  thoughts =
      absl::StrCat(start, Thoughts(static_cast<size_t>(std::max<int64_t>(bytes, 0)), random));
  absl::StrAppend(&draft.content, conclusions[0]);
  return draft;
}

// The seed of the trace that `prefix` begins, which fixes its length: a trace that is continued
// step by step is as long as one in a single piece.
std::optional<int64_t> SeedIn(absl::string_view prefix, const SimulatedModel& model) {
  const std::string opening = SimulatedOpening(model);
  absl::string_view first_line = opening;
  // Reasoning that a client sends back as content comes without its tag.
  absl::ConsumePrefix(&first_line, kThinkStart);
  absl::ConsumePrefix(&prefix, kThinkStart);
  if (!absl::ConsumePrefix(&prefix, first_line)) return std::nullopt;
  int64_t seed = 0;
  const size_t end = prefix.find(kOpeningEnd);
  if (end == absl::string_view::npos || !absl::SimpleAtoi(prefix.substr(0, end), &seed)) {
    return std::nullopt;
  }
  return seed;
}

// The first line of a trace in raw form.
std::string OpeningOf(const SimulatedModel& model, int64_t seed) {
  return absl::StrCat(SimulatedOpening(model), seed, kOpeningEnd);
}

}  // namespace

std::string SimulatedOpening(const SimulatedModel& model) {
  return absl::StrCat(model.thinking == ThinkingStyle::kNone ? "" : kThinkStart,
                      "(Simulated trace of ", model.name, ", seed ");
}

SimulatedTrace Simulate(const SimulatedModel& model, const Problem& problem, int64_t seed,
                        absl::string_view prefix, ThinkingFields fields) {
  const uint64_t problem_hash =
      StableHash(problem.problem_id, StableHash(problem.dataset, StableHash(model.name)));
  const int64_t origin = SeedIn(prefix, model).value_or(seed);
  StableRandom length_random(StableHash(absl::StrCat("length ", origin), problem_hash));
  StableRandom random(StableHash(prefix, StableHash(absl::StrCat("text ", seed), problem_hash)));
  const Draw draw = DrawTrace(model, problem, length_random.Normal(), random);
  Draft draft =
      Write(model, draw, prefix, OpeningOf(model, seed), Conclusions(problem, draw), random);

  if (fields == ThinkingFields::kInText && !draft.thinking.empty()) {
    draft.content = absl::StrCat(draft.thinking, kThinkEnd, draft.content);
    draft.thinking.clear();
  }
  // A field of its own needs no tag.
  absl::string_view thought = draft.thinking;
  if (absl::ConsumePrefix(&thought, kThinkStart)) draft.thinking = std::string(thought);
  const auto text = std::make_shared<const std::string>(draft.thinking + draft.content);
  const absl::string_view thinking = absl::string_view(*text).substr(0, draft.thinking.size());
  const absl::string_view content = absl::string_view(*text).substr(draft.thinking.size());
  // The length that was drawn, but for a continuation, whose length is that of what is left to say.
  const int64_t written = static_cast<int64_t>(text->size()) / kBytesPerToken + 1;
  const int64_t tokens = std::max<int64_t>(prefix.empty() ? draw.tokens : written, 2);
  const double share =
      text->empty() ? 0 : static_cast<double>(thinking.size()) / static_cast<double>(text->size());
  const int64_t thinking_tokens =
      thinking.empty()
          ? 0
          : std::clamp<int64_t>(std::llround(static_cast<double>(tokens) * share), 1, tokens - 1);
  std::vector<TextPart> parts;
  if (thinking_tokens > 0) parts.push_back({thinking, thinking_tokens, TextField::kReasoning});
  parts.push_back({content, tokens - thinking_tokens, TextField::kContent});
  return {TokenText(std::move(parts), text), draw.surprise, draw.confidence};
}

}  // namespace sextant
