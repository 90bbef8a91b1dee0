#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Boxes(absl::string_view text) {
  std::vector<std::string> found;
  BoxScanner boxes(text);
  while (const std::optional<Box> box = boxes.Previous()) found.emplace_back(box->inner);
  return found;
}

// The matches of one pattern, last first.
std::vector<std::string> Matches(absl::string_view text, const char* pattern) {
  const RE2 compiled(pattern);
  const std::array<WordedPattern, 1> patterns = {{{&compiled, 0}}};
  std::vector<std::string> found;
  AcceptLastMatch(text, {patterns}, [&](const PatternMatch& match) {
    found.emplace_back(text.substr(match.begin, match.end - match.begin));
    return false;
  });
  return found;
}

TEST(BoxScannerTest, FindsBoxesFromTheLastToTheFirst) {
  EXPECT_THAT(Boxes("\\boxed{1} text \\fbox{2} \\boxed {3}"), ElementsAre("3", "2", "1"));
}

TEST(BoxScannerTest, BalancesNestedAndEscapedBraces) {
  EXPECT_THAT(Boxes("\\boxed{\\frac{1}{2}}"), ElementsAre("\\frac{1}{2}"));
  EXPECT_THAT(Boxes("\\boxed{\\{1, 2\\}}"), ElementsAre("\\{1, 2\\}"));
  EXPECT_THAT(Boxes("\\boxed{m+n=\\boxed{5}}"), ElementsAre("5", "m+n=\\boxed{5}"));
}

TEST(BoxScannerTest, PassesOverUnclosedBoxes) {
  EXPECT_THAT(Boxes("\\boxed{1} \\boxed{2"), ElementsAre("1"));
  EXPECT_THAT(Boxes("\\boxed{ \\boxed{2"), IsEmpty());
}

TEST(BoxScannerTest, PassesOverOtherWordsWithAnX) {
  EXPECT_THAT(Boxes("x boxed{1} \\max{2} \\text{3} fbox{4}"), IsEmpty());
}

TEST(LastMatchTest, FindsMatchesFromTheLastToTheFirst) {
  EXPECT_THAT(Matches("1 22 333", "\\d+"), ElementsAre("333", "22", "1"));
}

TEST(LastMatchTest, DoesNotCutAMatchAtTheEdgeOfABlock) {
  // Whatever the distance to the end, the number is found whole.
  for (size_t filler = kMaxMatchBytes - 12; filler < kMaxMatchBytes + 3; ++filler) {
    const std::string text = absl::StrCat("first line\n123456789", std::string(filler, '.'));
    EXPECT_THAT(Matches(text, "\\d+"), ElementsAre("123456789")) << filler;
  }
}

TEST(LastMatchTest, SeesWhatStandsAroundABlock) {
  const std::string text = absl::StrCat(std::string(3 * kMaxMatchBytes, 'a'), "b");

  EXPECT_THAT(Matches(text, "\\bb"), IsEmpty());
  EXPECT_THAT(Matches(text, "ab$"), ElementsAre("ab"));
}

}  // namespace
}  // namespace sextant
