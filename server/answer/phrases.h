// The phrases by which a text says that an answer comes: "the answer is", "**Answer:**", "matches
// option".
#pragma once
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace sextant {

enum class PhraseSet {
  kExplicit,  // "final answer" and <answer> tags only: the strictest, for thinking and cut-off
              // text.
  kAnswer,    // Also "the answer is", "Answer:".
  kChoice,    // Also what is said of options: "corresponds to option", "B is correct".
};

struct Phrase {
  absl::string_view following;  // The text after the phrase to the end of its line, without marks.
  bool labelled = false;        // The phrase ends in the word option or choice, or names a letter.
  bool ended = false;  // The line goes on or ends before the text does: nothing is cut off.
};

// Shows the phrases of `text` to `accept`, last first, until it says yes; whether it did.
// Conditions ("if the answer is 5") and denials ("does not match option B") are passed over. Linear
// in the text.
bool AcceptLastPhrase(absl::string_view text, PhraseSet set,
                      absl::FunctionRef<bool(const Phrase&)> accept);

}  // namespace sextant
