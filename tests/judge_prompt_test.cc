// What a judge is asked, and how strictly its answer is read.
#include "server/judge_prompt.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

TEST(JudgePromptTest, HoldsTheProblemWordForWordAndIsKnownAgain) {
  const std::string prompt = JudgePrompt("What is 2 + 2?\nSay it.");

  EXPECT_NE(prompt.find("\nWhat is 2 + 2?\nSay it.\n"), std::string::npos);
  EXPECT_TRUE(IsJudgePrompt(prompt));
  EXPECT_FALSE(IsJudgePrompt("What is 2 + 2?"));
}

TEST(JudgePromptTest, CutsALongProblemBetweenCharacters) {
  std::string problem(64 * 1024 - 1, 'x');
  problem += "\xC3\xA9 and more";  // Its first byte is the last one that fits.

  const std::string prompt = JudgePrompt(problem);

  EXPECT_EQ(prompt.find('\xC3'), std::string::npos);
  EXPECT_EQ(prompt.find("and more"), std::string::npos);
}

TEST(JudgePromptTest, ReadsTheLastLine) {
  EXPECT_EQ(ReadJudgement("It has many steps.\n\nDifficulty: 35"), 0.35);
  EXPECT_EQ(ReadJudgement("Difficulty: 90\nOn second thought:\n**Difficulty: 7%**  \n\n"), 0.07);
  EXPECT_EQ(ReadJudgement("difficulty : 100%."), 1);
  EXPECT_EQ(ReadJudgement("Difficulty: 0"), 0);
}

TEST(JudgePromptTest, TakesNothingElseForAnAnswer) {
  for (const char* nonsense :
       {"", "\\boxed{4}", "Difficulty: high", "Difficulty: 101", "Difficulty: -5",
        "Difficulty: 3.5", "Difficulty: 35 or 40", "The difficulty is 35",
        "Difficulty:", "Difficulty: 35\nThat is my judgement.", "Difficulty: 1000000000000"}) {
    EXPECT_EQ(ReadJudgement(nonsense), std::nullopt) << nonsense;
  }
}

}  // namespace
}  // namespace sextant
