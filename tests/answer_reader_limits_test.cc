#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/answer/reader.h"

namespace sextant {
namespace {

using testing::HasSubstr;

constexpr size_t kLongText = 1 << 18;  // Bytes.

std::string Repeated(absl::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() < bytes) absl::StrAppend(&text, piece);
  return text;
}

absl::Status ErrorOf(AnswerFormat format) { return AnswerReader::Create(format).status(); }

TEST(AnswerFormatTest, NamesTheWrongFieldAndWhatWasExpected) {
  EXPECT_THAT(ErrorOf({.kind = AnswerKind::kRegex}).message(),
              HasSubstr("answer.pattern is empty"));
  EXPECT_THAT(ErrorOf({.kind = AnswerKind::kRegex, .pattern = "(a"}).message(),
              HasSubstr("missing )"));
  EXPECT_THAT(ErrorOf({.kind = AnswerKind::kText, .pattern = "a"}).message(),
              HasSubstr("expected kind regex"));
  EXPECT_THAT(ErrorOf({.kind = AnswerKind::kInteger, .choices = {"a"}}).message(),
              HasSubstr("expected kind choice or auto"));
}

TEST(AnswerFormatTest, RefusesWhatIsTooLarge) {
  const std::string pattern(kMaxPatternBytes + 1, 'a');
  const std::vector<std::string> many(kMaxOptions + 1, "option");
  const std::string option(kMaxOptionBytes + 1, 'a');

  for (const AnswerFormat& format :
       {AnswerFormat{.kind = AnswerKind::kRegex, .pattern = pattern},
        AnswerFormat{.kind = AnswerKind::kRegex, .pattern = "((a{100}){100}){100}"},
        AnswerFormat{.kind = AnswerKind::kChoice, .choices = many},
        AnswerFormat{.kind = AnswerKind::kChoice, .choices = {"a", option}}}) {
    EXPECT_EQ(ErrorOf(format).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(AnswerFormatTest, AcceptsWhatIsJustWithinTheLimits) {
  EXPECT_TRUE(
      ErrorOf({.kind = AnswerKind::kRegex, .pattern = std::string(kMaxPatternBytes, 'a')}).ok());
  EXPECT_TRUE(ErrorOf({.kind = AnswerKind::kChoice,
                       .choices = std::vector<std::string>(kMaxOptions, "option")})
                  .ok());
}

// Scanning this text once per box, phrase or match takes minutes under the sanitizers, and the test
// is then stopped.
TEST(HostileTextTest, IsReadInLinearTime) {
  const std::vector<AnswerFormat> formats = {
      {.kind = AnswerKind::kInteger}, {.kind = AnswerKind::kMath},
      {.kind = AnswerKind::kAuto},    {.kind = AnswerKind::kChoice},
      {.kind = AnswerKind::kText},    {.kind = AnswerKind::kRegex, .pattern = "(?s)a.*b|a|x"}};
  for (const char* piece : {"\\boxed{",
                            "\\boxed{}",
                            "\\boxed{a",
                            "x",
                            "{",
                            "<",
                            "<think>",
                            "<|",
                            "answer ",
                            "answer is ",
                            "the final answer is 5 or 6. ",
                            "a",
                            "(A) ",
                            "\\frac{",
                            "\\text{",
                            "9",
                            "\n",
                            "**",
                            "A is ",
                            "option ",
                            "correct \\boxed{",
                            "```\n",
                            "答案是",
                            "#### ",
                            "$"}) {
    const std::string text = Repeated(piece, kLongText);
    for (const AnswerFormat& format : formats) {
      const AnswerReader reader = *AnswerReader::Create(format);
      const std::optional<Answer> whole = reader.Read("", text);
      const std::optional<Answer> provisional = reader.ReadProvisional(text, "");
      EXPECT_LE(whole.has_value() ? whole->canonical.size() : 0, kMaxTextAnswerBytes) << piece;
      EXPECT_FALSE(provisional.has_value() && provisional->canonical.empty()) << piece;
    }
  }
}

TEST(HostileTextTest, FindsAnAnswerBehindALongTextOfUnclosedBoxes) {
  const AnswerReader reader = *AnswerReader::Create({.kind = AnswerKind::kInteger});

  EXPECT_EQ(
      reader.Read("", absl::StrCat("\\boxed{5} ", Repeated("\\boxed{", kLongText)))->canonical,
      "5");
}

TEST(HostileTextTest, RefusesABoxOfMoreThanTheLimit) {
  const AnswerReader reader = *AnswerReader::Create({.kind = AnswerKind::kText});

  EXPECT_FALSE(
      reader.Read("", absl::StrCat("\\boxed{", std::string(kMaxTextAnswerBytes + 1, 'a'), "}")));
}

TEST(HostileTextTest, SurvivesDeepNesting) {
  const AnswerReader reader = *AnswerReader::Create({.kind = AnswerKind::kText});
  const std::string open = Repeated("\\frac{", 600);
  const std::string close(open.size() / 6, '}');

  EXPECT_FALSE(
      reader.Canonicalise(absl::StrCat(Repeated("{", 900), "5")).value().canonical.empty());
  EXPECT_TRUE(reader.Canonicalise(absl::StrCat(open, "5", close)).has_value());
}

}  // namespace
}  // namespace sextant
