// Reads one statement as an answer of the kind that is asked for, and gives it its canonical form.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/answer.h"
#include "server/answer/choice.h"
#include "server/answer/math/effort.h"
#include "server/answer/phrases.h"

namespace sextant {

constexpr size_t kMaxTextAnswerBytes = 1000;  // Of a text answer; a longer one is no answer.

// What models write into a box when they only talk about the box: nothing, "answer", "...".
bool IsPlaceholder(absl::string_view inner);

// Immutable. kRegex is read like text without folding, since its pattern has found the answer
// already; kJson is not read here (see json_answer.h).
class StatementReader {
 public:
  explicit StatementReader(const AnswerFormat& format);

  // The kind that is looked for: kChoice for kAuto with options, kJson for kAuto with a pointer.
  AnswerKind kind() const { return kind_; }
  // For a number, a box that holds something else is the model's answer too, and none of that kind.
  bool AnyBoxDecides() const {
    return kind_ == AnswerKind::kInteger || kind_ == AnswerKind::kNumber;
  }

  // A statement that is an answer and nothing else: what a box holds, a line of its own.
  std::optional<Answer> Whole(absl::string_view statement) const;

  // The answer that follows a phrase such as "the answer is". A question is no answer.
  std::optional<Answer> Leading(const Phrase& phrase) const;

 private:
  std::optional<Answer> WholeAuto(absl::string_view statement) const;
  std::optional<Answer> LeadingChoice(const Phrase& phrase) const;
  std::optional<Answer> LeadingNumber(const Phrase& phrase, Effort& effort) const;
  std::optional<Answer> LeadingMath(const Phrase& phrase, Effort& effort) const;
  std::optional<Answer> LeadingText(const Phrase& phrase) const;
  // Text where something else was asked for: only what is unlike prose.
  std::optional<Answer> LeadingWords(const Phrase& phrase) const;
  std::optional<Answer> LeadingAuto(const Phrase& phrase, Effort& effort) const;

  AnswerKind kind_;
  ChoiceReader choices_;
};

}  // namespace sextant
