// How hard a problem is taken to be.
#include "server/difficulty.h"

#include <gtest/gtest.h>

#include <string>

namespace sextant {
namespace {

v1::DifficultyEstimate EstimateOf(const std::string& prompt) {
  v1::SolveRequest request;
  request.set_prompt(prompt);
  return EstimateDifficulty(request);
}

constexpr char kEasy[] = "What is 17 times 6?";
constexpr char kHard[] =
    "Find all ordered pairs of relatively prime integers $(m, n)$ such that \\frac{m^2 + 1}{n} and "
    "\\frac{n^2 + 1}{m} are integers, and prove that there are infinitely many. Give the remainder "
    "when the sum of the 20 smallest values of $m$ is divided by 1000.";

TEST(DifficultyTest, BelievesTheHint) {
  v1::SolveRequest request;
  request.set_prompt(kEasy);
  request.set_difficulty(v1::DIFFICULTY_HARD);

  const v1::DifficultyEstimate estimate = EstimateDifficulty(request);

  EXPECT_EQ(estimate.difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_EQ(estimate.hard_probability(), 1);
  EXPECT_EQ(estimate.estimator(), "hint");
  EXPECT_EQ(estimate.reason(), "The request says that the problem is hard.");
}

TEST(DifficultyTest, TellsALongProofFromASmallSum) {
  const v1::DifficultyEstimate easy = EstimateOf(kEasy);
  const v1::DifficultyEstimate hard = EstimateOf(kHard);

  EXPECT_EQ(easy.difficulty(), v1::DIFFICULTY_EASY);
  EXPECT_EQ(hard.difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_LT(easy.hard_probability(), 0.2);
  EXPECT_GT(hard.hard_probability(), 0.8);
}

TEST(DifficultyTest, SaysWhatItHasSeen) {
  const v1::DifficultyEstimate estimate = EstimateOf(kEasy);

  EXPECT_EQ(estimate.estimator(), "prompt_features");
  EXPECT_EQ(estimate.reason(),
            "The problem is taken as easy: 19 bytes, 0 LaTeX commands, 2 numbers and 0 phrases of "
            "hard problems give a probability of 0.07 that it is hard.");
}

TEST(DifficultyTest, LooksAtTheLastMessage) {
  v1::SolveRequest request;
  request.add_messages()->set_content(kHard);
  request.add_messages()->set_content(kEasy);

  EXPECT_EQ(EstimateDifficulty(request).hard_probability(), EstimateOf(kEasy).hard_probability());
}

TEST(DifficultyTest, TakesEveryProblemAsHardWhereNothingIsEstimated) {
  v1::SolveRequest request;
  request.set_prompt(kEasy);

  const v1::DifficultyEstimate estimate =
      EstimateDifficulty(request, {.before = DifficultyBefore::kNone});

  EXPECT_EQ(estimate.difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_EQ(estimate.hard_probability(), 0.5);
  EXPECT_EQ(estimate.estimator(), "none");
}

TEST(DifficultyTest, AsksAJudgeOnlyWhereSomethingFollowsFromIt) {
  const DifficultyConfig config{.before = DifficultyBefore::kJudge, .judge = {.model = "small"}};
  v1::SolveRequest request;
  request.set_prompt(kEasy);

  EXPECT_TRUE(AsksJudge(request, config));
  EXPECT_FALSE(AsksJudge(request, {}));
  EXPECT_NE(EstimateDifficulty(request, config)
                .reason()
                .find("Judge small is asked only when the problem is solved."),
            std::string::npos);

  request.mutable_strategy()->mutable_simple();
  EXPECT_FALSE(AsksJudge(request, config));
  EXPECT_NE(EstimateDifficulty(request, config)
                .reason()
                .find("The request names its strategy, so judge small is not asked."),
            std::string::npos);

  request.clear_strategy();
  request.set_difficulty(v1::DIFFICULTY_EASY);
  EXPECT_FALSE(AsksJudge(request, config));
}

TEST(DifficultyTest, StaysAProbabilityForExtremePrompts) {
  EXPECT_GT(EstimateOf("x").hard_probability(), 0);
  EXPECT_LT(EstimateOf(std::string(1 << 20, '1')).hard_probability(), 1);
  EXPECT_LT(EstimateOf(std::string(1 << 20, '\\')).hard_probability(), 1);
}

}  // namespace
}  // namespace sextant
