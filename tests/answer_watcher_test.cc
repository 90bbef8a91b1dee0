#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/answer/watcher.h"

namespace sextant {
namespace {

AnswerReader ReaderFor(AnswerKind kind) { return *AnswerReader::Create({.kind = kind}); }

std::string Canonical(const std::optional<Statement>& statement) {
  return statement.has_value() ? statement->answer.canonical : "none";
}
std::string Canonical(const std::optional<Answer>& answer) {
  return answer.has_value() ? answer->canonical : "none";
}
std::string Clear(AnswerWatcher& watcher) {
  return Canonical(watcher.Latest(StatementLevel::kClear));
}
std::string Stated(AnswerWatcher& watcher) {
  return Canonical(watcher.Latest(StatementLevel::kStated));
}

std::string Filler(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "We compute the next term of the sum and add it.\n";
  return text;
}

TEST(AnswerWatcherTest, SaysWhatTheWholeTextSaysWhereverItIsCut) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  const std::string texts[] = {
      "so \\boxed{5}. But \\fbox{ 6 } or \\boxed {7} and \\boxed{m+n=\\boxed{125}} then \\boxed{",
      "the final answer is 5.\nNo. **Final Answer**\n\n**204**\n\nDone \\boxed{\\frac12} end",
      "<think>a \\boxed{1} b</think> so \\boxed{2}\nFinal answer: 3\n<think>again \\boxed{4}",
      "a \\boxed{1}</think>\nthe final answer is not 4.\nthe final answer is 5 and\n",
      "<|channel|>analysis<|message|>\\boxed{1}<|end|><|start|>assistant<|channel|>final<|message|>"
      "|A|<|B| gives \\boxed{2}<|return|>",
      "\\boxed{answer} \\boxed{} x boxed{1} \\max{2} {\\boxed{3}} \\boxed{\\{4\\}} \\\\boxed{5}"};
  for (const std::string& text : texts) {
    for (size_t piece = 1; piece < 12; ++piece) {
      AnswerWatcher watcher(reader);
      for (size_t at = 0; at < text.size(); at += piece) {
        watcher.AddContent(absl::string_view(text).substr(at, piece));
        const absl::string_view so_far = absl::string_view(text).substr(0, at + piece);
        if (so_far.size() == text.size() || piece == 1) {
          const size_t again = so_far.rfind("<think>again");
          if (again != absl::string_view::npos && again > 0) continue;
          // A marker that is not complete yet may be part of the text or not.
          if (so_far.find_last_of("<") > so_far.find_last_of(">|") + 1) continue;
          EXPECT_EQ(Clear(watcher), Canonical(reader.ReadProvisional("", so_far))) << so_far;
        }
      }
    }
  }
}

TEST(AnswerWatcherTest, SaysWhereTheAnswerWasStated) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  AnswerWatcher watcher(reader);

  watcher.AddReasoning(Filler(100000));
  watcher.AddReasoning("so \\bo");
  watcher.AddReasoning("xed{5} and");
  const std::optional<Statement> statement = watcher.Latest(StatementLevel::kClear);

  ASSERT_TRUE(statement.has_value());
  EXPECT_EQ(statement->text, TraceText::kReasoning);
  EXPECT_EQ(statement->place, Filler(100000).size() + 3);
}

TEST(AnswerWatcherTest, LetsTheFinalPartBeatThinking) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  AnswerWatcher watcher(reader);

  watcher.AddReasoning("so \\boxed{5}");
  watcher.AddContent("We find");
  EXPECT_EQ(Clear(watcher), "5");
  watcher.AddContent(" \\boxed{6}");
  EXPECT_EQ(Clear(watcher), "6");
}

TEST(AnswerWatcherTest, KnowsWhatThinkingStatesOnItsWay) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  AnswerWatcher watcher(reader);

  watcher.AddReasoning("So the answer is 42.\n");
  EXPECT_EQ(Stated(watcher), "42");
  EXPECT_EQ(Clear(watcher), "none");
}

TEST(AnswerWatcherTest, KnowsWhatThinkingGoesOnToCheckButNotWhatItAsksOrSupposes) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  AnswerWatcher watcher(reader);

  watcher.AddReasoning("If the answer is 40, then no.\nIs the answer 41? The answer is 41?\n");
  EXPECT_EQ(Stated(watcher), "none");
  watcher.AddReasoning("So the answer is 42.\nWait, let me check that.\n");

  EXPECT_EQ(Stated(watcher), "42");
}

TEST(AnswerWatcherTest, TellsTheLaterOfAStatedAndAClearAnswer) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);
  AnswerWatcher watcher(reader);

  watcher.AddReasoning(absl::StrCat("Thus \\boxed{1}.\nSo the answer is 42.\n", Filler(300)));
  EXPECT_EQ(Stated(watcher), "42");
  EXPECT_EQ(Clear(watcher), "1");
  watcher.AddReasoning("\\boxed{7} ");
  EXPECT_EQ(Stated(watcher), "7");
}

TEST(AnswerWatcherTest, FollowsACallersPatternInTheFinalPart) {
  const AnswerReader reader =
      *AnswerReader::Create({.kind = AnswerKind::kRegex, .pattern = "R=(\\d+)"});
  AnswerWatcher watcher(reader);

  watcher.AddReasoning("R=1 ");
  watcher.AddContent("R=2");
  EXPECT_EQ(Clear(watcher), "none");  // More digits may follow.
  watcher.AddContent("3 ");
  EXPECT_EQ(Clear(watcher), "23");
}

TEST(AnswerWatcherTest, TakesLinearTimeForHostileDeltas) {
  for (const AnswerKind kind : {AnswerKind::kInteger, AnswerKind::kMath, AnswerKind::kChoice}) {
    const AnswerReader reader = ReaderFor(kind);
    for (const char* piece :
         {"\\boxed{", "\\boxed{1}", "x", "{", "}", "<", "<|", "\n", "answer is ",
          "the final answer is 5\n", "<think>", "</think>", "[", "\\", "答案"}) {
      AnswerWatcher watcher(reader);
      for (size_t bytes = 0; bytes < (1 << 17); bytes += std::string(piece).size()) {
        watcher.AddContent(piece);
      }
      EXPECT_NE(Stated(watcher), "0") << piece;
    }
  }
}

}  // namespace
}  // namespace sextant
