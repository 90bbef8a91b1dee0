// Texts by token, prompts that hold the beginning of an answer, stable random numbers, JSON text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "simulator/json_text.h"
#include "simulator/logprobs.h"
#include "simulator/stable_random.h"
#include "simulator/token_text.h"

namespace sextant {
namespace {

using ::testing::ElementsAre;

std::string Text(const TextPieces& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces) absl::StrAppend(&text, piece.text);
  return text;
}

std::vector<std::string> Tokens(const TokenText& text) {
  std::vector<std::string> tokens;
  for (int64_t i = 0; i < text.tokens(); ++i) tokens.push_back(Text(text.Slice(i, i + 1)));
  return tokens;
}

TEST(TokenTextTest, SpreadsTextEvenlyOverTheTokensOfEachPart) {
  const TokenText text({{"abcdef", 3}, {"XY", 1}});

  EXPECT_THAT(Tokens(text), ElementsAre("ab", "cd", "ef", "XY"));
}

TEST(TokenTextTest, NeverCutsInsideACharacter) {
  const TokenText text({{"aé€😀z", 7}});

  for (const std::string& token : Tokens(text)) {
    EXPECT_TRUE(nlohmann::json::accept(QuotedJson(token))) << token;
  }
  EXPECT_EQ(text.Join(), "aé€😀z");
}

TEST(TokenTextTest, KeepsEveryByteWhenThereAreMoreTokensThanBytes) {
  const TokenText text({{"abc", 8}});

  EXPECT_EQ(absl::StrCat(Text(text.Slice(0, 5)), Text(text.Slice(5, 8))), "abc");
}

TEST(TokenTextTest, ContinuesAtTheTokenAfterAPrefixOfWholeTokens) {
  const TokenText rest = TokenText({{"aabbcc", 3}, {"dd", 1}}).After(4);

  EXPECT_EQ(rest.first_token(), 2);
  EXPECT_THAT(Tokens(rest), ElementsAre("cc", "dd"));
}

TEST(TokenTextTest, LeavesOneTokenWhenThePrefixIsTheWholeText) {
  const TokenText rest = TokenText({{"aabb", 2}}).After(4);

  EXPECT_THAT(Tokens(rest), ElementsAre(""));
}

TEST(TokenTextTest, StopsAtTheTokenThatCompletesTheStopString) {
  const TokenText stopped = TokenText({{"aabbccdd", 4}}).StoppedAt(3, 5);

  EXPECT_THAT(Tokens(stopped), ElementsAre("aa", "b", ""));
}

TEST(TokenTextTest, ReportsTheFieldOfEachPiece) {
  const TokenText text({{"think", 2, TextField::kReasoning}, {"say", 1, TextField::kContent}});

  EXPECT_EQ(text.Join(TextField::kReasoning), "think");
  EXPECT_EQ(text.Join(TextField::kContent), "say");
}

TEST(LongestOverlapTest, FindsHowMuchOfAnAnswerAPromptAlreadyHolds) {
  EXPECT_EQ(LongestOverlap("2+2? <s>We add and", "We add and get 4"), 10u);
  EXPECT_EQ(LongestOverlap("aabaab", "aabaaabc"), 3u);
  EXPECT_EQ(LongestOverlap("no match", "xyz"), 0u);
  EXPECT_EQ(LongestOverlap("all of it", "of it"), 5u);
  EXPECT_EQ(LongestOverlap("", "text"), 0u);
}

TEST(LongestOverlapTest, AgreesWithTheDefinitionOnRepetitiveTexts) {
  StableRandom random(1);
  for (int round = 0; round < 500; ++round) {
    std::string prompt, text;
    for (size_t i = random.Below(12); i > 0; --i) prompt += "ab"[random.Below(2)];
    for (size_t i = random.Below(12); i > 0; --i) text += "ab"[random.Below(2)];
    size_t longest = 0;
    for (size_t length = 1; length <= std::min(prompt.size(), text.size()); ++length) {
      if (prompt.substr(prompt.size() - length) == text.substr(0, length)) longest = length;
    }
    EXPECT_EQ(LongestOverlap(prompt, text), longest) << prompt << " " << text;
  }
}

TEST(StableRandomTest, RepeatsOnEveryMachine) {
  EXPECT_EQ(StableRandom(1234567).Next(), 6457827717110365317u);
  EXPECT_EQ(StableHash("sextant"), StableHash("sextant"));
  EXPECT_NE(StableHash("b", StableHash("a")), StableHash("", StableHash("ab")));
}

TEST(StableRandomTest, DrawsNormalNumbers) {
  StableRandom random(3);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double value = random.Normal();
    sum += value;
    squares += value * value;
  }

  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
}

TEST(PseudoLogprobsTest, AreLogarithmsOfProbabilitiesWithTheGivenMean) {
  const PseudoLogprobs logprobs{.key = 5, .surprise = 0.3};
  double sum = 0;
  for (int64_t i = 0; i < 20000; ++i) {
    EXPECT_LE(logprobs.Of(i), 0);
    sum += logprobs.Of(i);
  }

  EXPECT_NEAR(sum / 20000, -0.3, 0.02);
}

TEST(PseudoLogprobsTest, TopTokensAreOrderedDistinctAndSumToAtMostOne) {
  const PseudoLogprobs logprobs{.key = 9, .surprise = 1.5};
  for (int64_t position = 0; position < 200; ++position) {
    const std::vector<TokenLogprob> top = logprobs.Top(position, " the", 20);
    ASSERT_EQ(top.size(), 20u);
    double sum = 0;
    for (size_t i = 0; i < top.size(); ++i) {
      sum += std::exp(top[i].logprob);
      EXPECT_LE(top[i].logprob, top[i == 0 ? 0 : i - 1].logprob);
      for (size_t j = 0; j < i; ++j) EXPECT_NE(top[i].token, top[j].token);
    }
    EXPECT_LE(sum, 1 + 1e-9);
  }
}

// The token confidence over the 20 likeliest tokens at a place.
double ConfidenceAt(const PseudoLogprobs& logprobs, int64_t position) {
  double sum = 0;
  for (const TokenLogprob& top : logprobs.Top(position, " the", 20)) sum -= top.logprob;
  return sum / 20;
}

TEST(PseudoLogprobsTest, HaveTheGivenTokenConfidenceOnAverage) {
  const PseudoLogprobs logprobs{.key = 3, .confidence = 12};
  double sum = 0;
  double least = 100;
  for (int64_t i = 0; i < 5000; ++i) {
    sum += ConfidenceAt(logprobs, i);
    least = std::min(least, ConfidenceAt(logprobs, i));
  }

  EXPECT_NEAR(sum / 5000, 12, 0.2);
  EXPECT_GE(least, kLeastConfidence - 0.01);
}

TEST(PseudoLogprobsTest, ListTheSampledTokenAtItsOwnProbabilityWhereItIsAmongTheLikeliest) {
  const PseudoLogprobs logprobs{.key = 3, .confidence = 6};
  int listed = 0;
  for (int64_t position = 0; position < 500; ++position) {
    double sum = 0;
    for (const TokenLogprob& top : logprobs.Top(position, " the", 20)) {
      sum += std::exp(top.logprob);
      if (top.token != " the") continue;
      ++listed;
      EXPECT_EQ(top.logprob, logprobs.Of(position));
    }
    EXPECT_LE(sum, 1 + 1e-9);
  }

  EXPECT_GT(listed, 450);
  EXPECT_EQ(logprobs.Top(7, " the", 3).size(), 3u);
}

TEST(QuotedJsonTest, ReadsBackAsTheSameText) {
  const std::string text("line\n\ttab \"quote\" \\ back \x01\x1f \r é", 33);

  EXPECT_EQ(nlohmann::json::parse(QuotedJson(text)).get<std::string>(), text);
}

}  // namespace
}  // namespace sextant
