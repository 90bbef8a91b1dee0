// The words of which one is in every phrase that announces an answer. They are found many times
// faster than the phrases themselves, which are then looked for only around them.
#pragma once
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/statement_search.h"

namespace sextant {

// Groups of words, as bits.
enum PhraseWords : uint32_t {
  kAnswerWord = 1,     // answer, Antwort
  kRomanceWord = 2,    // respuesta, resposta, risposta, réponse
  kChineseWord = 4,    // 答 选 選 正解
  kKoreanWord = 8,     // 답
  kRussianWord = 16,   // ответ
  kOptionWord = 32,    // option, choice
  kPraiseWord = 64,    // correct, right, best, ...
  kLeavingWord = 128,  // leaving, leaves
};

// Where words of a block stand that are not about options, group by group.
std::vector<WordHit> FindAnswerWords(absl::string_view block);

// The same with the words about options.
std::vector<WordHit> FindChoiceWords(absl::string_view block);

}  // namespace sextant
