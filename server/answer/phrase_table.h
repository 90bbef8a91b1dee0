// The phrases by which models announce an answer, as patterns, in the languages that are read.
#pragma once
#include <re2/re2.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "server/answer/statement_search.h"

namespace sextant {

// The phrases of a set include those of the sets before it.
enum class PhraseSet {
  kExplicit,  // "final answer" and <answer> tags only: the strictest, for thinking and cut-off
              // text.
  kAnswer,    // Also "the answer is", "Answer:".
  kChoice,    // Also what is said of options: "corresponds to option", "B is correct".
};

struct PhrasePattern {
  PhraseSet set = PhraseSet::kExplicit;
  bool labelled = false;  // What follows is the name of an option; see Phrase.
  uint32_t words = 0;     // The groups (see phrase_words.h) of which every match holds a word.
  // Where it has a capturing group, that is where the answer begins; else at the end of the match.
  absl::string_view pattern;
};

// The pattern at this index of the sets below.
const PhrasePattern& PhraseAtIndex(size_t index);

// The compiled patterns up to a set. They live as long as the program.
PatternSet PhrasePatterns(PhraseSet set);

// What leads to an answer in a text's last sentence only: in Chinese and Korean, where a solution
// ends in "therefore ... is 204" more often than in a word for answer.
const RE2& ClosingPattern();

// What a last sentence in English is made of: "Hence the remainder is", "Total cost:", "Therefore".
struct EnglishClosing {
  RE2 verb;        // That says what something is.
  RE2 conclusion;  // A word that draws one.
  RE2 label;       // Words and a colon.
};
const EnglishClosing& EnglishClosingPatterns();

// Whether the words of a phrase deny what they announce, as in other languages than English the
// denial stands inside.
bool IsDenial(absl::string_view phrase);

}  // namespace sextant
