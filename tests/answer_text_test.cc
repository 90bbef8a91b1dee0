#include <gtest/gtest.h>

#include <string>

#include "server/answer/folded_text.h"
#include "server/answer/markup.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

std::string Fold(absl::string_view text) { return FoldText(PlainText(text)); }

TEST(FoldedTextTest, MakesOneTextOfItsSpellings) {
  EXPECT_EQ(Fold("The Eiffel Tower."), "eiffel tower");
  EXPECT_EQ(Fold("an apple"), Fold("Apple"));
  EXPECT_EQ(Fold("Lord of the Rings"), Fold("lord of rings"));
  EXPECT_EQ(Fold("“Don’t Stop”"), Fold("\"Don't stop!\""));
  EXPECT_EQ(Fold("New–York"), Fold("new york"));
  EXPECT_EQ(Fold("¿Qué?"), "qué");
  EXPECT_EQ(Fold("«Le Havre»"), "le havre");
}

TEST(FoldedTextTest, ComposesLettersAndNarrowsFullWidthForms) {
  EXPECT_EQ(Fold("Cafe\xCC\x81"), Fold("CAFÉ"));
  EXPECT_EQ(Fold("Bru\xCC\x88nn"), Fold("Brünn"));
  EXPECT_EQ(Fold("e\xCC\x82\xCC\x81"), "ế");
  EXPECT_EQ(Fold("ＡＢＣ１２３"), "abc123");
  EXPECT_EQ(Fold("МОСКВА"), Fold("Москва"));
  EXPECT_EQ(Fold("ΑΘΗΝΑΣ"), "αθηνασ");
  EXPECT_EQ(Fold("北京。"), "北京");
}

TEST(FoldedTextTest, KeepsWhatTellsTextsApart) {
  EXPECT_NE(Fold("resume"), Fold("résumé"));
  EXPECT_NE(Fold("Straße"), Fold("Strasse"));
  EXPECT_NE(Fold("der Turm"), Fold("Turm"));
  EXPECT_NE(Fold("vitamin A"), Fold("vitamin"));
  EXPECT_NE(Fold("hepatitis A virus"), Fold("hepatitis virus"));
  EXPECT_EQ(Fold("The"), "the");
  EXPECT_EQ(Fold("a"), Fold("A"));
}

TEST(FoldedTextTest, ChangesNothingTheSecondTime) {
  for (const char* text : {"The A team", "A the b", "hepatitis A virus", "an an an", "a A a A b",
                           "É e\xCC\x81", "x-y - z", ".5 , 3.5", "ＴＨＥ　ｃａｔ", "the the"}) {
    const std::string once = FoldText(text);
    EXPECT_EQ(FoldText(once), once) << text;
  }
}

TEST(FoldedTextTest, PassesBytesThroughThatAreNoText) {
  EXPECT_EQ(FoldText("a\xFF\xC3"), "a\xFF\xC3");
  EXPECT_EQ(FoldText("\xE7\xAD"), "\xE7\xAD");
}

TEST(UnicodeTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutAtChar("aé", 2), "a");
  EXPECT_EQ(CutAtChar("aé", 3), "aé");
  EXPECT_EQ(CutAtChar("答案", 4), "答");
}

TEST(UnicodeTest, NarrowsMarksOfChineseText) {
  EXPECT_EQ(Narrow("（Ｂ），２０４。"), "(B), 204. ");
}

}  // namespace
}  // namespace sextant
