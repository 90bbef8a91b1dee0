// Reads one statement as an answer of the kind that is asked for, and gives it its canonical form.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/answer.h"
#include "server/answer/choice.h"

namespace sextant {

constexpr size_t kMaxTextAnswerBytes = 1000;  // Of a text answer; a longer one is no answer.

// Immutable. kRegex is read like text without folding, since its pattern has found the answer
// already.
class StatementReader {
 public:
  explicit StatementReader(const AnswerFormat& format);

  // The kind that is looked for: kChoice for kAuto with options.
  AnswerKind kind() const { return kind_; }

  // A statement that is an answer and nothing else: what a box holds, a line of its own.
  std::optional<Answer> Whole(absl::string_view statement) const;

  // The answer that the rest of a line begins with, as after "the answer is". A question is no
  // answer. `labelled`: the word option or choice came before.
  enum class After { kPhrase, kOptionLabel };
  std::optional<Answer> Leading(absl::string_view line, After after) const;

 private:
  std::optional<Answer> WholeAuto(absl::string_view plain) const;
  std::optional<Answer> LeadingNumber(absl::string_view sentence) const;

  AnswerKind kind_;
  ChoiceReader choices_;
};

}  // namespace sextant
