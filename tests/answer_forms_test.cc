// The places and forms in which a final part states its answer, for mathematics and text.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/answer/formula_marks.h"
#include "server/answer/last_line.h"
#include "server/answer/reader.h"
#include "server/answer/sentence.h"

namespace sextant {
namespace {

AnswerReader ReaderFor(AnswerFormat format) { return *AnswerReader::Create(std::move(format)); }

std::string Read(AnswerKind kind, absl::string_view content) {
  const std::optional<Answer> answer = ReaderFor({.kind = kind}).Read("", content);
  return answer.has_value() ? answer->canonical : "none";
}

// Whether the content is read as the same answer that `truth` is.
bool Says(AnswerKind kind, absl::string_view content, absl::string_view truth) {
  const AnswerReader reader = ReaderFor({.kind = kind});
  const std::optional<Answer> read = reader.Read("", content);
  const std::optional<Answer> expected = reader.Canonicalise(truth);
  return read.has_value() && expected.has_value() && SameAnswer(*read, *expected);
}

TEST(AnswerFormsTest, ReadsMathematicsWhereverItIsStated) {
  for (const char* text :
       {"\\boxed{x^2+1}", "The answer is $x^2+1$.", "The answer is $x^2+1$, which is positive.",
        "**Answer:** $x^2+1$", "The final answer is\n\\[\nx^2+1\n\\]", "So it is\n\n$$x^2+1$$",
        "We get:\n\\[\nx^2+1\n\\]\n", "**$x^2+1$**", "Hence the polynomial is **x^2+1**.",
        "The answer is:\n```\nx^2+1\n```", "```\nx^2+1\n```", "x^2+1"}) {
    EXPECT_TRUE(Says(AnswerKind::kMath, text, "x^2+1")) << text;
    EXPECT_TRUE(Says(AnswerKind::kAuto, text, "x^2+1")) << text;
  }
}

TEST(AnswerFormsTest, FallsBackToTextForWhatIsNoMathematics) {
  EXPECT_EQ(Read(AnswerKind::kMath, "\\boxed{\\text{Evelyn}}"), "evelyn");
  EXPECT_EQ(Read(AnswerKind::kMath, "The answer is Evelyn."), "evelyn");
  EXPECT_EQ(ReaderFor({.kind = AnswerKind::kMath}).Read("", "\\boxed{\\text{Evelyn}}")->kind,
            AnswerKind::kText);
}

TEST(AnswerFormsTest, ReadsNoProseAsMathematics) {
  for (const char* text :
       {"The answer is expressed in the form $m+n\\sqrt{p}$ and so on, as we saw before in it.",
        "The answer is to be found.", "We now compute the area.\n\nLet us see.",
        "The answer is consistent with what was expected of the whole computation so far."}) {
    EXPECT_EQ(Read(AnswerKind::kMath, text), "none") << text;
  }
}

TEST(AnswerFormsTest, KeepsABoxAgainstProseThatFollowsIt) {
  EXPECT_EQ(Read(AnswerKind::kAuto, "\\boxed{5}\n\nThe answer is consistent with this."), "5");
  EXPECT_EQ(Read(AnswerKind::kText, "\\boxed{Rome}. This answer is what we expected."), "rome");
  EXPECT_EQ(Read(AnswerKind::kText, "\\boxed{Rome}? No. **Answer:** Paris"), "paris");
}

TEST(AnswerFormsTest, ReadsTextInMarksUpToTheirEnd) {
  for (const char* text :
       {"The answer is **Paris**, of course.", "The answer is \"Paris\" in France.",
        "The answer is Paris, which lies on the Seine.", "**Answer**: Paris",
        "So the capital is **Paris**.", "Answer:\n```text\nParis\n```", "```\nParis\n```"}) {
    EXPECT_EQ(Read(AnswerKind::kText, text), "paris") << text;
  }
  EXPECT_EQ(Read(AnswerKind::kText, "The answer is St. Louis."), "st louis");
  EXPECT_EQ(Read(AnswerKind::kText, "The answer is not Paris."), "none");
}

TEST(AnswerFormsTest, DoesNotTakeOneOfSeveralAnswersForTheWhole) {
  EXPECT_EQ(Read(AnswerKind::kInteger, "The answer is $204$ or $205$."), "none");
  EXPECT_EQ(Read(AnswerKind::kInteger, "The answer is **204** and **205**."), "none");
  EXPECT_EQ(Read(AnswerKind::kNumber, "The answer is $x=3$ or $x=5$."), "none");
}

TEST(AnswerFormsTest, ReadsTheBoldNumberOfALastSentence) {
  EXPECT_EQ(Read(AnswerKind::kInteger, "First, 12.\n\nSo there are **204** such sets."), "204");
  for (const char* text : {"Then:\n- **204**: a case.", "There are **12** and **13** of them.",
                           "### So there are **204**", "So there are **204** such"}) {
    EXPECT_EQ(Read(AnswerKind::kInteger, text), "none") << text;
  }
}

TEST(AnswerFormsTest, ReadsTheLineThatEndsWordProblems) {
  EXPECT_EQ(Read(AnswerKind::kInteger, "So, 6 * 7 = 42.\n#### 42"), "42");
  EXPECT_EQ(Read(AnswerKind::kInteger, "#### 42"), "42");
  EXPECT_EQ(Read(AnswerKind::kInteger, "Cases:\n### 42"), "none");
}

TEST(AnswerFormsTest, ReadsTheFormulaOfAConclusion) {
  EXPECT_TRUE(Says(AnswerKind::kMath, "We solve it.\n\nThus $x = 5$.", "x = 5"));
  EXPECT_TRUE(Says(AnswerKind::kMath, "Therefore the value is \\(x^2+1\\).", "x^2+1"));
  EXPECT_FALSE(Says(AnswerKind::kMath, "We try.\n\nThus $x = 5$ and $y = 6$.", "x = 5"));
  EXPECT_FALSE(Says(AnswerKind::kMath, "We try.\n\nSo $x$ is then a root of it.", "x"));
}

TEST(AnswerFormsTest, ReadsALastLineOfItsOwnAsText) {
  EXPECT_EQ(Read(AnswerKind::kText, "I have thought about it.\n\nParis"), "paris");
  for (const char* text :
       {"It is about:\n\n- Paris", "It is\n\n## Paris", "It is.\n\nParis:", "One line.\nParis",
        "So.\n\nLet us now see what else it could be then"}) {
    EXPECT_EQ(Read(AnswerKind::kText, text), "none") << text;
  }
}

TEST(AnswerFormsTest, ReadsNoAnswerInAFormulaThatIsCutOff) {
  const std::string before = "Since $x = 2$ holds, and\n\n$$\ny = 3\n$$\n\nwe try\n\n";
  for (const char* end : {"$18", "$18 +", "\\[ 18", "\\( 18", "$184^2$ and $18", "$$\n18"}) {
    EXPECT_EQ(Read(AnswerKind::kInteger, absl::StrCat(before, end)), "none") << end;
    EXPECT_EQ(Read(AnswerKind::kMath, absl::StrCat(before, end)), "none") << end;
  }
  EXPECT_EQ(Read(AnswerKind::kInteger, absl::StrCat(before, "$18$")), "18");
  EXPECT_EQ(Read(AnswerKind::kInteger, "Apples cost $5 and pears $13.\n\n$18"), "18");
  EXPECT_EQ(Read(AnswerKind::kInteger, "half a formula = 3\n$$\n\n18"), "18");
}

TEST(AnswerFormsTest, KeepsUnitsByTheKeyAndNotLoosely) {
  const AnswerReader reader = ReaderFor({.kind = AnswerKind::kNumber});
  const Answer with_unit = *reader.Read("", "\\boxed{5\\text{ cm}}");

  EXPECT_TRUE(SameAnswer(with_unit, *reader.Canonicalise("5")));
  EXPECT_FALSE(SameAnswer(with_unit, *reader.Canonicalise("5 kg")));
  EXPECT_EQ(ReaderFor({.kind = AnswerKind::kInteger}).Read("", "\\boxed{5\\text{ cm}}")->Key(),
            "5");
}

TEST(AnswerFormsTest, SaysWhichKindAutoHasFound) {
  const AnswerReader reader = ReaderFor({});

  EXPECT_EQ(reader.Read("", "\\boxed{x^2+1}")->kind, AnswerKind::kMath);
  EXPECT_EQ(reader.Read("", "\\boxed{0.5}")->kind, AnswerKind::kNumber);
  EXPECT_EQ(reader.Read("", "\\boxed{12}")->kind, AnswerKind::kInteger);
  EXPECT_EQ(reader.Read("", "The answer is (C).")->kind, AnswerKind::kChoice);
  EXPECT_EQ(reader.Read("", "The answer is Rome.")->kind, AnswerKind::kText);
}

TEST(FormulaMarksTest, DropsThemButNotThePrices) {
  EXPECT_EQ(WithoutFormulaMarks("$5$ cm"), "5 cm");
  EXPECT_EQ(WithoutFormulaMarks("$x = 3$ or $x = 5$"), "x = 3 or x = 5");
  EXPECT_EQ(WithoutFormulaMarks("**\\(x\\)**"), "x");
  EXPECT_EQ(WithoutFormulaMarks("$$x$$"), "x");
  EXPECT_EQ(WithoutFormulaMarks("x+1$"), "x+1");
  EXPECT_EQ(WithoutFormulaMarks("$5 and $6"), "$5 and $6");
  EXPECT_EQ(WithoutFormulaMarks("\\$5"), "\\$5");
  EXPECT_EQ(WithoutFormulaMarks("a \\\\[2mm] b"), "a \\\\[2mm] b");
}

TEST(SentenceTest, EndsAtItsMarkAndNotInsideOfAnAnswer) {
  EXPECT_EQ(FirstSentence("3.5 m. And so on"), "3.5 m");
  EXPECT_EQ(FirstSentence("5! = 120. Yes"), "5! = 120");
  EXPECT_EQ(FirstSentence("the U.S. Senate. It"), "the U.S. Senate");
  EXPECT_EQ(FirstSentence("Yes! And"), "Yes");
  EXPECT_FALSE(FirstSentence("5? No."));
}

TEST(LastLineTest, FindsTheFormulaThatEndsAText) {
  EXPECT_EQ(ClosingFormula("a\n\\[\nx\n+ y\n\\]\n"), "x\n+ y");
  EXPECT_EQ(ClosingFormula("$$a$$ and $$b$$"), "b");
  EXPECT_EQ(ClosingFormula("$$a$$."), "");
}

}  // namespace
}  // namespace sextant
