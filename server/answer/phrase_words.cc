#include "server/answer/phrase_words.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstring>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sextant {
namespace {

using absl::string_view;

// The letters before a rare one in the words of a group.
struct RareLetter {
  uint32_t group;
  char rare;
  std::array<string_view, 4> before;  // Lower case; empty ones are not used.
};
constexpr std::array<RareLetter, 4> kRareLetters = {
    {{kAnswerWord, 'w', {"ans", "ant"}},
     {kAnswerWord, 'W', {"ans", "ant"}},
     {kRomanceWord, 'p', {"res", "ris", "r\xC3\xA9", " re"}},
     {kRomanceWord, 'P', {"res", "ris", "r\xC3\x89", " re"}}}};

struct Word {
  uint32_t group;
  string_view word;
};
constexpr std::array<Word, 6> kOtherScripts = {{{kChineseWord, "答"},
                                                {kChineseWord, "选"},
                                                {kChineseWord, "選"},
                                                {kChineseWord, "正解"},
                                                {kKoreanWord, "답"},
                                                {kRussianWord, "твет"}}};
constexpr std::array<Word, 12> kOptionWords = {{{kOptionWord, "option"},
                                                {kOptionWord, "choice"},
                                                {kPraiseWord, "correct"},
                                                {kPraiseWord, "right"},
                                                {kPraiseWord, "best"},
                                                {kPraiseWord, "appropriate"},
                                                {kPraiseWord, "valid"},
                                                {kPraiseWord, "accurate"},
                                                {kPraiseWord, "suitable"},
                                                {kPraiseWord, "plausible"},
                                                {kLeavingWord, "leaving"},
                                                {kLeavingWord, "leaves"}}};

void AddRareLetter(string_view block, const RareLetter& letter, std::vector<WordHit>& hits) {
  const char* at = block.data();
  const char* const end = block.data() + block.size();
  while ((at = static_cast<const char*>(memchr(at, letter.rare, static_cast<size_t>(end - at))))) {
    const string_view front(block.data(), static_cast<size_t>(at - block.data()));
    // A run of the letter itself is passed over without a closer look.
    if (front.empty() || front.back() == letter.rare) {
      ++at;
      continue;
    }
    for (const string_view before : letter.before) {
      if (before.empty() || !absl::EndsWithIgnoreCase(front, before)) continue;
      hits.push_back({front.size(), letter.group});
      break;
    }
    ++at;
  }
}

void AddWord(string_view block, const Word& word, std::vector<WordHit>& hits) {
  size_t at = 0;
  while (const void* found =
             memmem(block.data() + at, block.size() - at, word.word.data(), word.word.size())) {
    at = static_cast<size_t>(static_cast<const char*>(found) - block.data());
    hits.push_back({at, word.group});
    at += word.word.size();
  }
}

// Two letters as a number, without case.
size_t PairOf(char first, char second) {
  return static_cast<size_t>(first & 31) << 5 | static_cast<size_t>(second & 31);
}

std::bitset<1024> FirstPairs() {
  std::bitset<1024> pairs;
  for (const Word& word : kOptionWords) pairs.set(PairOf(word.word[0], word.word[1]));
  return pairs;
}

// One pass that looks closer where the first two letters of a word stand.
void AddOptionWords(string_view block, std::vector<WordHit>& hits) {
  static const std::bitset<1024>& pairs = *new std::bitset<1024>(FirstPairs());
  for (size_t at = 0; at + 1 < block.size(); ++at) {
    if (!pairs[PairOf(block[at], block[at + 1])]) continue;
    for (const Word& word : kOptionWords) {
      if (!absl::StartsWithIgnoreCase(block.substr(at), word.word)) continue;
      hits.push_back({at, word.group});
      break;
    }
  }
}

// Bytes are joined many at a time; most blocks are ASCII.
bool IsAscii(string_view block) {
  unsigned char all = 0;
  for (const char c : block) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

}  // namespace

std::vector<WordHit> FindAnswerWords(string_view block) {
  std::vector<WordHit> hits;
  for (const RareLetter& letter : kRareLetters) AddRareLetter(block, letter, hits);
  if (IsAscii(block)) return hits;
  for (const Word& word : kOtherScripts) AddWord(block, word, hits);
  return hits;
}

std::vector<WordHit> FindChoiceWords(string_view block) {
  std::vector<WordHit> hits = FindAnswerWords(block);
  AddOptionWords(block, hits);
  return hits;
}

}  // namespace sextant
