#include <gtest/gtest.h>

#include "server/answer/trace_parts.h"

namespace sextant {
namespace {

TEST(TracePartsTest, TakesUnmarkedContentAsTheFinalPart) {
  const TraceParts parts = SplitTrace("", "The answer is 5.");

  EXPECT_EQ(parts.final, "The answer is 5.");
  EXPECT_EQ(parts.thinking, "");
}

TEST(TracePartsTest, SplitsAtTheClosingTagEvenWithoutAnOpeningOne) {
  EXPECT_EQ(SplitTrace("", "<think>a</think>b").final, "b");
  EXPECT_EQ(SplitTrace("", "a</think>b").final, "b");
  EXPECT_EQ(SplitTrace("", "[THINK]a[/THINK]b").final, "b");
  EXPECT_EQ(SplitTrace("", "a</think>b").thinking, "a");
}

TEST(TracePartsTest, FindsNoFinalPartWhileThinkingIsOpen) {
  const TraceParts parts = SplitTrace("", "<think>a \\boxed{5}");

  EXPECT_EQ(parts.final, "");
  EXPECT_EQ(parts.thinking, "<think>a \\boxed{5}");
}

TEST(TracePartsTest, EndsTheFinalPartWhereThinkingBeginsAgain) {
  EXPECT_EQ(SplitTrace("", "a</think>b<think>c").final, "b");
}

TEST(TracePartsTest, TakesReasoningDeltasAsThinking) {
  const TraceParts parts = SplitTrace("hm", "5");

  EXPECT_EQ(parts.thinking, "hm");
  EXPECT_EQ(parts.final, "5");
  EXPECT_EQ(SplitTrace("hm", " \n").final, "");
}

TEST(TracePartsTest, TakesTheLastFinalChannelMessage) {
  const char* content =
      "We need |A|<|B|.<|end|><|start|>assistant<|channel|>final<|message|>So |A|<|B| and 5"
      "<|return|>";

  EXPECT_EQ(SplitTrace("", content).final, "So |A|<|B| and 5");
}

TEST(TracePartsTest, FindsNoFinalPartInTheAnalysisChannel) {
  EXPECT_EQ(SplitTrace("", "<|channel|>analysis<|message|>\\boxed{5}").final, "");
}

}  // namespace
}  // namespace sextant
