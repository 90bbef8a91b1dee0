#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "server/answer/reader.h"

namespace sextant {
namespace {

std::string Read(AnswerKind kind, absl::string_view content) {
  const std::optional<Answer> answer = AnswerReader::Create({.kind = kind})->Read("", content);
  return answer.has_value() ? answer->canonical : "none";
}
std::string ReadInteger(absl::string_view content) { return Read(AnswerKind::kInteger, content); }
std::string ReadChoice(absl::string_view content) { return Read(AnswerKind::kChoice, content); }

TEST(AnswerLanguagesTest, ReadsNumbersAfterPhrases) {
  for (const char* text : {"答案是204。",
                           "最终答案：204",
                           "**答案**：２０４",
                           "因此答案为 $204$。",
                           "答案：**204**",
                           "所以正确答案是204个。",
                           "综上，m+n的值为204。",
                           "答：204元。",
                           "【答案】204",
                           "정답은 204입니다.",
                           "최종 답: 204",
                           "답은 **204**이다.",
                           "따라서 구하는 값은 204이다.",
                           "답: 204개",
                           "答えは204です。",
                           "答え：204",
                           "正解は204。",
                           "La respuesta es 204.",
                           "Respuesta: 204",
                           "La réponse finale est 204.",
                           "Réponse : 204",
                           "Die Antwort lautet 204.",
                           "Antwort: 204",
                           "A resposta é 204.",
                           "La risposta è 204.",
                           "Ответ: 204"}) {
    EXPECT_EQ(ReadInteger(text), "204") << text;
  }
}

TEST(AnswerLanguagesTest, ReadsNoNumberThatIsDenied) {
  for (const char* text :
       {"答案不是204。", "答案是204吗？", "정답은 204가 아니다.", "답은 204가 아닙니다.",
        "答えは204ではない。", "La respuesta no es 204.", "La réponse n'est pas 204.",
        "Die Antwort ist nicht 204.", "所以 x 的值不是 204。"}) {
    EXPECT_EQ(ReadInteger(text), "none") << text;
  }
}

TEST(AnswerLanguagesTest, ReadsChoices) {
  for (const char* text :
       {"故选B。", "选 B", "因此选择B。", "答案选（B）", "正确选项是 B。", "选项B正确。",
        "答案：Ｂ", "正确答案是B，因为能量守恒。", "B选项正确", "정답은 B입니다.", "답: (B)",
        "정답은 (B)번입니다.", "答えはBです。", "La respuesta correcta es B.",
        "La bonne réponse est (B).", "Die richtige Antwort ist B."}) {
    EXPECT_EQ(ReadChoice(text), "B") << text;
  }
}

TEST(AnswerLanguagesTest, ReadsNoChoiceThatIsRejected) {
  for (const char* text : {"不选B。", "选项B不正确。", "正确答案不是B。", "정답은 B가 아니다.",
                           "答えはBではない。", "答案是B或C。", "La respuesta no es B."}) {
    EXPECT_EQ(ReadChoice(text), "none") << text;
  }
}

TEST(AnswerLanguagesTest, ReadsText) {
  EXPECT_EQ(Read(AnswerKind::kText, "答案是北京。"), "北京");
  EXPECT_EQ(Read(AnswerKind::kText, "정답은 서울입니다."), "서울");
  EXPECT_EQ(Read(AnswerKind::kText, "La réponse est Genève."), "genève");
}

TEST(AnswerLanguagesTest, ReadsAClosingSentenceOnlyAtTheEnd) {
  EXPECT_EQ(ReadInteger("因此，x为5。\n接下来计算。"), "none");
  EXPECT_EQ(ReadInteger("因此，x为5"), "none");
}

TEST(AnswerLanguagesTest, LetsALaterStatementBeatAnEarlierOne) {
  EXPECT_EQ(ReadInteger("答案是5。重新计算后，答案是7。"), "7");
  EXPECT_EQ(ReadInteger("\\boxed{5} 不对，正确答案是 7。"), "7");
}

}  // namespace
}  // namespace sextant
