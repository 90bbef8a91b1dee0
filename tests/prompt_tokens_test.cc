#include "server/prompt_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using testing::HasSubstr;

v1::SolveRequest Ask(const std::string& prompt) {
  v1::SolveRequest request;
  request.set_prompt(prompt);
  return request;
}

std::string Words(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, "word ");
  return text;
}

TEST(PromptTokensTest, HasAtLeastItsWordsWhateverSeparatesThem) {
  EXPECT_EQ(TokensAtLeast(Ask("What  is\n17 * 23?\t")), 5);
  EXPECT_EQ(TokensAtLeast(Ask("\n \n")), 0);
}

TEST(PromptTokensTest, CountsEveryMessage) {
  v1::SolveRequest request;
  request.add_messages()->set_content("Be brief.");
  request.add_messages()->set_content("What is 2 + 2?");

  EXPECT_EQ(TokensAtLeast(request), 7);
}

TEST(PromptTokensTest, TheLikelyLengthTakesDigitsAndSignsOneByOneAndLettersByFour) {
  constexpr int kMarks = 16;

  EXPECT_EQ(TokensLikelyAtMost(Ask("How many primes?")), kMarks + 1 + 1 + 2 + 1);
  EXPECT_EQ(TokensLikelyAtMost(Ask("\\frac{1}{23}")), kMarks + 9);
  EXPECT_EQ(TokensLikelyAtMost(Ask("a\n\n  b")), kMarks + 3);
  EXPECT_EQ(TokensLikelyAtMost(Ask("\xE4\xBD\xA0\xE5\xA5\xBD")), kMarks + 2);
}

TEST(PromptTokensTest, APromptThatCannotFitIsRefusedWithBothNumbers) {
  const ModelConfig model{.name = "m", .context_tokens = 1000};

  EXPECT_TRUE(CheckContext(Ask(Words(999)), model).ok());
  const absl::Status status = CheckContext(Ask(Words(1000)), model);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("prompt has at least 1000 tokens (one a word), expected at most 999"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("context of model m holds 1000"));
}

TEST(PromptTokensTest, WhatMayFitIsNotRefused) {
  const ModelConfig model{.name = "m", .context_tokens = 1000};

  EXPECT_TRUE(CheckContext(Ask(std::string(100'000, 'a')), model).ok());
}

TEST(PromptTokensTest, WithoutAContextNothingIsRefusedOrLowered) {
  const ModelConfig model{.name = "m"};

  EXPECT_TRUE(CheckContext(Ask(Words(100'000)), model).ok());
  EXPECT_EQ(LongestTraceTokens(Ask(Words(100'000)), model), 32768);
}

TEST(PromptTokensTest, TracesGetWhatTheContextLeaves) {
  const ModelConfig model{.name = "m", .context_tokens = 1000};
  v1::SolveRequest request = Ask(Words(100));

  EXPECT_EQ(LongestTraceTokens(request, model), 1000 - 100 - 16);
  request.mutable_sampling()->set_max_trace_tokens(50);
  EXPECT_EQ(LongestTraceTokens(request, model), 50);
}

TEST(PromptTokensTest, WhereNothingIsLikelyToBeLeftTheServerDecides) {
  const ModelConfig model{.name = "m", .context_tokens = 1000};

  EXPECT_EQ(LongestTraceTokens(Ask(std::string(100'000, 'a')), model), 999);
}

}  // namespace
}  // namespace sextant
