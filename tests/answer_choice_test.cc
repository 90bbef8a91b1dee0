#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "server/answer/choice.h"
#include "server/answer/markup.h"
#include "server/answer/sole_option.h"

namespace sextant {
namespace {

char Letter(std::optional<char> letter) { return letter.value_or('-'); }
char Whole(absl::string_view statement) {
  return Letter(ChoiceReader({}).Whole(PlainText(statement)));
}
char Leading(absl::string_view sentence) {
  return Letter(ChoiceReader({}).Leading(PlainText(sentence)));
}

TEST(ChoiceTest, ReadsALetterInEveryDress) {
  for (const char* text :
       {"B", "b", "(B)", "(b)", "B)", "B.", "**B**", "**(B)**", "option B", "Option (B)",
        "\\text{B}", "\\textbf{(B)}", "\\mathrm{B}", "$B$", "[B]"}) {
    EXPECT_EQ(Whole(text), 'B') << text;
  }
}

TEST(ChoiceTest, ReadsALetterWithTheTextOfItsOption) {
  EXPECT_EQ(Whole("\\text{(C) } 2.6\\times10^{5}\\ \\text{GeV}"), 'C');
  EXPECT_EQ(Whole("(D) -0.7"), 'D');
  EXPECT_EQ(Whole("B) the mitochondrion"), 'B');
}

TEST(ChoiceTest, RefusesALetterThatOnlyStartsAWord) {
  for (const char* text : {"Conclusion", "C_s", "\\text{C}_s", "C2", "C-H bond", "(S)-2-butanol",
                           "(E)-but-2-ene", "A mixture", "Because"}) {
    EXPECT_EQ(Whole(text), '-') << text;
  }
}

TEST(ChoiceTest, RefusesSeveralLetters) {
  for (const char* text : {"(B), (C)", "B, D", "A and C", "(A) or (B)", "B/D"}) {
    EXPECT_EQ(Whole(text), '-') << text;
  }
}

TEST(ChoiceTest, RefusesLettersBeyondTheListedOptions) {
  const ChoiceReader three({"x", "y", "z"});

  EXPECT_EQ(Letter(three.Whole("C")), 'C');
  EXPECT_EQ(Letter(three.Whole("D")), '-');
}

TEST(ChoiceTest, ReadsTheTextOfAnOptionAsItsLetter) {
  const ChoiceReader colours({"Red light", "Blue light", "Red  Light."});

  EXPECT_EQ(Letter(colours.Whole("blue light")), 'B');
  EXPECT_EQ(Letter(colours.Whole("red light")), '-');  // Two options say so.
}

TEST(ChoiceTest, ReadsTheStartOfASentence) {
  EXPECT_EQ(Leading("(B), because energy is conserved"), 'B');
  EXPECT_EQ(Leading("B because energy is conserved"), 'B');
  EXPECT_EQ(Leading("**B**. The others fail"), 'B');
  EXPECT_EQ(Leading("option C contains the motif"), 'C');
}

TEST(ChoiceTest, RefusesAnArticleAtTheStartOfASentence) {
  EXPECT_EQ(Leading("A mixture of both"), '-');
  EXPECT_EQ(Leading("B cells"), '-');
}

TEST(ChoiceTest, RefusesAnOptionThatTheTextRejects) {
  EXPECT_EQ(Leading("(B) is not consistent"), '-');
  EXPECT_EQ(Leading("B is incorrect"), '-');
}

TEST(SoleOptionTest, FindsTheOnlyOptionOfAConclusion) {
  EXPECT_EQ(Letter(SoleOption("Thus, **A** aligns with the experiment.")), 'A');
  EXPECT_EQ(Letter(SoleOption("The structure in option B is the only one left.")), 'B');
  EXPECT_EQ(Letter(SoleOption("The correct answer is 333 (C), derived above.")), 'C');
  EXPECT_EQ(Letter(SoleOption("Compound X (Option A) undergoes elimination.")), 'A');
}

TEST(SoleOptionTest, FindsNoneAmongSeveral) {
  EXPECT_EQ(Letter(SoleOption("Between (A) and (C), the stereochemistry decides.")), '-');
}

TEST(SoleOptionTest, FindsNoneInDoubtOrRejected) {
  EXPECT_EQ(Letter(SoleOption("Perhaps it is **A**.")), '-');
  EXPECT_EQ(Letter(SoleOption("This is ruling out a mutation (Option D).")), '-');
  EXPECT_EQ(Letter(SoleOption("**(C)** is incorrect.")), '-');
}

TEST(SoleOptionTest, FindsNoneInASentenceThatIsCutOff) {
  EXPECT_EQ(Letter(SoleOption("Wait, but option (C) says ketones are at carbons 5")), '-');
  EXPECT_EQ(Letter(SoleOption("The option (C) says ketones are at carbons 5")), '-');
}

TEST(OnlyCorrectOptionTest, FindsTheOneThatAListCallsCorrect) {
  EXPECT_EQ(Letter(OnlyCorrectOption("**(A)** Incorrect. It is slow.\n**(B)** Incorrect.\n"
                                     "**(C)** Correct. It is fast.\n**(D)** Incorrect.")),
            'C');
  EXPECT_EQ(Letter(OnlyCorrectOption("- **(A)** Nothing is cut.\n- **(B)** The codon is another.\n"
                                     "- **(C)** Correct. It ends there.\n\nThus it is short.")),
            'C');
  EXPECT_EQ(Letter(OnlyCorrectOption("- A: wrong\n- B: is correct\n- C: not correct")), 'B');
}

TEST(OnlyCorrectOptionTest, FindsNoneWhereTheListDecidesNothing) {
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Correct spelling\n(B) Wrong spelling\n(C) None")), '-');
  // Two are correct; what is asked for may be the one that is not; others may follow.
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Correct.\n(B) Incorrect.\n(C) Correct.\n(D) Wrong.")),
            '-');
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Correct.\n(B) Correct.\n(C) Incorrect.")), '-');
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Incorrect.\n(B) Correct.")), '-');
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Incorrect.\n(B) Incorrect.\n(C) Incorrect.")), '-');
  // The same option, first so and then otherwise.
  EXPECT_EQ(Letter(OnlyCorrectOption("(A) Wrong.\n(B) Wrong.\n(C) Wrong.\n(C) Correct.")), '-');
}

TEST(SoleOptionTest, TakesNoLetterOutOfAFormula) {
  EXPECT_EQ(Letter(SoleOption("The product is CH3C(H)(C2H5)COOH.")), '-');
  EXPECT_EQ(Letter(SoleOption("The product is (E)-but-2-ene.")), '-');
}

}  // namespace
}  // namespace sextant
