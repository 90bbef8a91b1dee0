// The phrases by which a text says that an answer comes: "the answer is", "**Answer:**", "matches
// option".
#pragma once
#include <cstddef>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "server/answer/phrase_table.h"

namespace sextant {

struct Phrase {
  size_t begin = 0;             // Of the phrase, in the text.
  absl::string_view following;  // The text after the phrase to the end of its line, without marks.
  // What the marks hold that the answer begins with ($..$, \[..\], **..**, quotes, a block of
  // code), which may be several lines; empty when there are none, or when another answer is joined.
  absl::string_view enclosed;
  absl::string_view dressed;  // `following` with its opening marks, where they are on its line.
  bool labelled = false;      // The phrase ends in the word option or choice, or names a letter.
  bool marked = false;        // A colon or marks stand between: not prose that runs on.
  bool ended = false;         // The line goes on or ends before the text does: nothing is cut off.
};

// Whether what is said counts where the text goes on to doubt it ("Wait, let me check"). Phrases of
// kExplicit always count.
enum class Doubted { kPassOver, kAccept };
struct PhraseSearch {
  PhraseSet set = PhraseSet::kAnswer;
  Doubted doubted = Doubted::kPassOver;
};

// Shows the phrases of `text` to `accept`, last first, until it says yes; whether it did.
// Conditions ("if the answer is 5") and denials ("does not match option B") are passed over. Linear
// in the text.
bool AcceptLastPhrase(absl::string_view text, const PhraseSearch& search,
                      absl::FunctionRef<bool(const Phrase&)> accept);

// The last sentence of a text where it says what something is: "therefore m + n is 204.", "The
// total cost is $12.50." nullopt when the text is cut off or ends in anything else. It may also say
// what is no answer, so words that follow are none.
std::optional<Phrase> ClosingPhrase(absl::string_view text);

}  // namespace sextant
