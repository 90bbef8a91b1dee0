#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "server/answer/reader.h"

namespace sextant {
namespace {

AnswerReader ReaderFor(AnswerFormat format) { return *AnswerReader::Create(std::move(format)); }
AnswerReader ReaderFor(AnswerKind kind) { return ReaderFor(AnswerFormat{.kind = kind}); }

std::string Canonical(const std::optional<Answer>& answer) {
  return answer.has_value() ? answer->canonical : "none";
}
std::string Read(AnswerKind kind, absl::string_view content) {
  return Canonical(ReaderFor(kind).Read("", content));
}
std::string ReadInteger(absl::string_view content) { return Read(AnswerKind::kInteger, content); }
std::string ReadChoice(absl::string_view content) { return Read(AnswerKind::kChoice, content); }

TEST(AnswerReaderTest, ReadsTheLastBox) {
  EXPECT_EQ(ReadInteger("First \\boxed{12}, then \\(\\boxed{204}\\)."), "204");
  EXPECT_EQ(ReadInteger("\\boxed{m + n = \\boxed{125}}"), "125");
  EXPECT_EQ(ReadInteger("\\[\\boxed{\\text{204 minutes}}\\]"), "204");
}

TEST(AnswerReaderTest, ReadsABoxThatExplanationsFollow) {
  EXPECT_EQ(ReadInteger("\\boxed{73}\n\nWe verify: 219 = 3 * 73, and so on."), "73");
}

TEST(AnswerReaderTest, PassesOverEmptyBoxesAndPlaceholders) {
  EXPECT_EQ(ReadInteger("\\boxed{5}. I was asked to use \\boxed{}."), "5");
  EXPECT_EQ(ReadInteger("\\boxed{5}. The format is \\boxed{\\text{answer}}."), "5");
}

TEST(AnswerReaderTest, TakesABoxOfAnotherKindAsNoAnswerAndNotAnEarlierOne) {
  EXPECT_EQ(ReadInteger("So 60 \\boxed{60} at first. But \\boxed{\\frac{121}{2}}"), "none");
  EXPECT_EQ(ReadInteger("The answer is 60.\n\n\\boxed{121/2}"), "none");
}

TEST(AnswerReaderTest, LetsALaterStatementBeatAnEarlierOne) {
  EXPECT_EQ(ReadInteger("\\boxed{5} is too small. The answer is 7."), "7");
  EXPECT_EQ(ReadInteger("The answer is 5. Since that fails, the answer is 7."), "7");
  EXPECT_EQ(ReadInteger("The answer is 7, so \\boxed{5}"), "5");
}

TEST(AnswerReaderTest, ReadsPhrases) {
  for (const char* text :
       {"The answer is 204.", "the final answer is: **204**", "**Final Answer**\n\n204",
        "### Answer:\n$$\n204\n$$", "Answer: 204 minutes", "**Answer:** $204$.",
        "The answer to the problem is therefore 204, as claimed.", "<answer>204</answer>",
        "The answer is\n\\[\n204\n\\]", "Thus the answer should be \\(204\\)."}) {
    EXPECT_EQ(ReadInteger(text), "204") << text;
  }
}

TEST(AnswerReaderTest, ReadsNoNumberThatIsNotStatedAsTheAnswer) {
  for (const char* text :
       {"We get 204.", "If the answer is 204, then we are done.", "The answer is not 204.",
        "Is the answer 204? The answer is 204?", "Perhaps the correct answer is 204.",
        "Then,perhaps x is 204.", "The answer is an integer from 0 to 999.",
        "The answer is 204 or 205.", "The answer is 204. Wait, I should check that.",
        "The answer is unclear.\n### 2", ""}) {
    EXPECT_EQ(ReadInteger(text), "none") << text;
  }
}

TEST(AnswerReaderTest, ReadsALastLineThatIsNothingButTheAnswer) {
  EXPECT_EQ(ReadInteger("204"), "204");
  EXPECT_EQ(ReadInteger("Adding up gives:\n\n**204**"), "204");
  EXPECT_EQ(ReadInteger("Adding up gives:\n\n$$\n204\n$$"), "204");
  EXPECT_EQ(ReadInteger("The cases are:\n1."), "none");
}

TEST(AnswerReaderTest, ReadsChoices) {
  for (const char* text :
       {"\\boxed{B}", "The answer is (B).", "We rule out (A) and (C), leaving (B).",
        "Correct answer: b)",
        "\\boxed{8} (choice\xE2\x80\xAF"
        "B)",
        "**Answer: B**", "\xE2\x9C\x85 **Answer: (B) Blue**",
        "The value is \\boxed{18}, which corresponds to choice (B).", "So the correct option is B.",
        "Therefore, (B) is the correct answer.", "These facts agree, making option B correct.",
        "(A) fails.\n\nThus, **B** aligns with the data.", "B", "(B)\n", "I reject (A).\n\nB"}) {
    EXPECT_EQ(ReadChoice(text), "B") << text;
  }
}

TEST(AnswerReaderTest, ReadsTheOptionThatAListOfVerdictsCallsCorrect) {
  EXPECT_EQ(ReadChoice("**(A)** Incorrect. It is slow.\n\n**(B)** Correct. It is fast.\n\n"
                       "**(C)** Incorrect. It is none.\n\n**(D)** Wrong."),
            "B");
}

TEST(AnswerReaderTest, PassesOverABoxThatIsCutOff) {
  EXPECT_EQ(ReadChoice("So it is \\boxed{\\text{(B) } some text"), "none");
  EXPECT_EQ(ReadChoice("\\boxed{C} it is. Again: \\boxed{\\text{(B) } some text"), "C");
}

TEST(AnswerReaderTest, ReadsNoChoiceOutOfProse) {
  for (const char* text : {"**Conclusion** of the analysis.", "The answer is a mixture.",
                           "A suitable pair is found.", "Both fail, (A) and (B).",
                           "The product does not match option B.", "\\boxed{\\text{C}_s}"}) {
    EXPECT_EQ(ReadChoice(text), "none") << text;
  }
}

TEST(AnswerReaderTest, ReadsAnOptionsTextInABox) {
  const AnswerReader reader = ReaderFor({.kind = AnswerKind::kAuto, .choices = {"18", "22"}});

  const std::optional<Answer> answer = reader.Read("", "\\boxed{22}");

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->canonical, "B");
  EXPECT_EQ(answer->shown, "22");
  EXPECT_EQ(answer->kind, AnswerKind::kChoice);
}

TEST(AnswerReaderTest, ReadsTheTextOfAnOptionInASentence) {
  const AnswerReader cities = ReaderFor(
      {.kind = AnswerKind::kChoice, .choices = {"A) London", "B) Paris", "None of these"}});

  EXPECT_EQ(Canonical(cities.Read("", "The answer is Paris, the capital of France.")), "B");
  EXPECT_EQ(Canonical(cities.Read("", "The answer is the city of Paris.")), "B");
  EXPECT_EQ(Canonical(cities.Read("", "The answer is none of the above.")), "C");
  EXPECT_EQ(Canonical(cities.Read("", "The answer is not Paris but another city.")), "none");
  EXPECT_EQ(Canonical(cities.Read("", "The answer is Paris or London.")), "none");
}

TEST(AnswerReaderTest, ReadsTheMathematicsOfAnOption) {
  const AnswerReader values =
      ReaderFor({.kind = AnswerKind::kChoice, .choices = {"0.25", "0.5", "18", "18.5"}});

  EXPECT_EQ(Canonical(values.Read("", "\\boxed{\\frac{1}{2}}")), "B");
  EXPECT_EQ(Canonical(values.Read("", "The answer is $\\frac{6}{12}$.")), "B");
  EXPECT_EQ(Canonical(values.Read("", "The answer is 18.")), "C");
  EXPECT_EQ(Canonical(values.Read("", "The answer is 18.5.")), "D");
}

TEST(AnswerReaderTest, ReadsTextWithoutCaseSpacingAndPunctuation) {
  EXPECT_EQ(Read(AnswerKind::kText, "The answer is **New  York**."), "new york");
  EXPECT_EQ(Read(AnswerKind::kText, "\\boxed{\\text{New York!}}"), "new york");
  EXPECT_EQ(Read(AnswerKind::kText, "New-York"), "new york");
}

TEST(AnswerReaderTest, KeepsTextsApartThatDifferInMeaning) {
  const AnswerReader reader = ReaderFor(AnswerKind::kText);

  EXPECT_NE(Canonical(reader.Canonicalise("C++")), Canonical(reader.Canonicalise("C")));
  EXPECT_NE(Canonical(reader.Canonicalise("3.5")), Canonical(reader.Canonicalise("35")));
  EXPECT_NE(Canonical(reader.Canonicalise("(1, 2]")), Canonical(reader.Canonicalise("(1, 2)")));
}

TEST(AnswerReaderTest, FindsOutTheKindForAuto) {
  const AnswerReader reader = ReaderFor(AnswerKind::kAuto);

  EXPECT_EQ(reader.Read("", "\\boxed{007}")->kind, AnswerKind::kInteger);
  EXPECT_EQ(reader.Read("", "\\boxed{\\frac12}")->kind, AnswerKind::kNumber);
  EXPECT_EQ(reader.Read("", "\\boxed{\\text{(B)}}")->kind, AnswerKind::kChoice);
  EXPECT_EQ(reader.Read("", "\\boxed{\\text{Paris}}")->kind, AnswerKind::kText);
  EXPECT_EQ(reader.Read("", "The answer is 0.5.")->canonical, "1/2");
}

TEST(AnswerReaderTest, ReadsTheLastMatchOfAPattern) {
  const AnswerReader reader = ReaderFor({.kind = AnswerKind::kRegex, .pattern = "RESULT=(\\w+)"});

  EXPECT_EQ(Canonical(reader.Read("", "RESULT=a\nRESULT=b")), "b");
  EXPECT_EQ(Canonical(reader.Read("", "RESULT=a</think>none")), "none");
  EXPECT_EQ(Canonical(reader.Canonicalise("b")), "b");
}

TEST(AnswerReaderTest, UsesTheWholeMatchOfAPatternWithoutGroups) {
  const AnswerReader reader = ReaderFor({.kind = AnswerKind::kRegex, .pattern = "[A-Z]{3}\\d"});

  EXPECT_EQ(Canonical(reader.Read("", "ABC1 then XYZ2.")), "XYZ2");
}

TEST(AnswerReaderTest, DoesNotLetThinkingAnswerWhileAFinalPartExists) {
  EXPECT_EQ(ReadInteger("<think>\\boxed{5}</think>I cannot tell."), "none");
  EXPECT_EQ(ReadInteger("\\boxed{5}</think>\\boxed{6}"), "6");
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kInteger).Read("\\boxed{5}", "No idea.")), "none");
}

TEST(AnswerReaderTest, LetsOnlyAClearStatementInThinkingAnswerWithoutAFinalPart) {
  EXPECT_EQ(ReadInteger("<think>so \\boxed{5}. But let me"), "5");
  EXPECT_EQ(ReadInteger("<think>so the final answer is 5.\nBut let me"), "5");
  EXPECT_EQ(ReadInteger("<think>so the answer is 5.\nBut let me"), "none");
  EXPECT_EQ(ReadInteger("<think>maybe\n\n5"), "none");
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kInteger).Read("\\boxed{5}", "")), "5");
}

TEST(AnswerReaderTest, ReadsProvisionallyOnlyWhatCannotBeCutOff) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);

  EXPECT_EQ(Canonical(reader.ReadProvisional("", "\\boxed{20}")), "20");
  EXPECT_EQ(Canonical(reader.ReadProvisional("", "\\boxed{20")), "none");
  EXPECT_EQ(Canonical(reader.ReadProvisional("", "The final answer is 20")), "none");
  EXPECT_EQ(Canonical(reader.ReadProvisional("", "The final answer is 20.\n")), "20");
  EXPECT_EQ(Canonical(reader.ReadProvisional("", "20")), "none");
}

TEST(AnswerReaderTest, ReadsProvisionallyFromThinkingUntilTheFinalPartStatesSomething) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);

  EXPECT_EQ(Canonical(reader.ReadProvisional("so \\boxed{5}", "We compute")), "5");
  EXPECT_EQ(Canonical(reader.ReadProvisional("so \\boxed{5}", "\\boxed{6} since")), "6");
}

TEST(AnswerReaderTest, CanonicalisesPlainAnswers) {
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kInteger).Canonicalise(" 033 ")), "33");
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kInteger).Canonicalise("\\boxed{7}")), "7");
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kChoice).Canonicalise("(B)")), "B");
  EXPECT_EQ(Canonical(ReaderFor(AnswerKind::kInteger).Canonicalise("seven")), "none");
}

TEST(AnswerReaderTest, ShowsTheAnswerAsItWasWritten) {
  const AnswerReader reader = ReaderFor(AnswerKind::kInteger);

  EXPECT_EQ(reader.Read("", "\\boxed{ 1{,}234 }")->shown, "1{,}234");
}

}  // namespace
}  // namespace sextant
