// Answers that are given as JSON: in a fenced block, bare, or as the arguments of a tool call.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/answer.h"

namespace sextant {

constexpr size_t kMaxJsonBytes = 1 << 16;     // Of the end of a text, where values are looked for.
constexpr size_t kMaxJsonAnswerBytes = 1000;  // Of the canonical form; a longer one is no answer.

// Immutable. An answer's canonical form is its JSON with sorted keys, exact numbers and no spaces;
// a string stands for itself, without quotes. The strings "42" and the number 42 are loosely equal.
class JsonReader {
 public:
  // `pointer`: the parts of the pointer to the value that is meant; empty means the whole value.
  explicit JsonReader(std::vector<std::string> pointer) : pointer_(std::move(pointer)) {}

  // The value in the last JSON object or array of the text in which the pointer leads somewhere.
  // {"name": ..., "arguments": ...} stands for its arguments, which may be JSON in a string. An
  // array counts where it starts a line or follows a colon, as [1] in a sentence is a reference.
  // Without an object or array a number, string or word of JSON that is alone, or alone in the last
  // fenced block. Time is linear in kMaxJsonBytes.
  std::optional<Answer> Last(absl::string_view text) const;

  // A value in plain form: JSON, and any other text stands for the string.
  std::optional<Answer> Whole(absl::string_view plain) const;

 private:
  std::vector<std::string> pointer_;
};

// Whether a text is a JSON object, or a fenced object or array, and nothing else.
bool IsJsonDocument(absl::string_view text);

}  // namespace sextant
