// Reads the answer out of a model's trace.
//
// The rules, in this order:
// 1. Where the trace has a final part (see trace_parts.h), thinking does not answer.
// 2. The last balanced, non-empty \boxed{} or \fbox{} answers, wherever it stands in the final
//    part, unless a later phrase ("the answer is 7") says otherwise: a later statement beats an
//    earlier one. For integers and numbers a box that holds something else, such as 121/2 for an
//    integer, is the model's answer and none of that kind; an option's letter may still stand
//    outside of a box.
// 3. Without a box: the last phrase that an answer of the kind follows.
// 4. Without a phrase: the last line, where it is an answer and nothing else; for a choice also the
//    only option that the last paragraph names.
// 5. A trace that was cut off while thinking has no final part. Then only a clear statement in its
//    thinking counts: a complete box, or the words "final answer" with an answer that is not cut
//    off. A box in the middle of text that is not marked as thinking counts by rule 2, since
//    nothing in the text says that the model took it back.
//
// For kRegex, the last match of the pattern in the final part answers: its first capturing group,
// else the whole match.
#pragma once
#include <re2/re2.h>

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/answer/answer.h"
#include "server/answer/statement_reader.h"

namespace sextant {

constexpr size_t kMaxPatternBytes = 1000;
constexpr size_t kMaxOptionBytes = 10000;  // Of one option's text.

// Immutable; any thread. Time is linear in the text: about 1 ms per MB, and at most tens of
// milliseconds per MB of hostile text. Copies share the compiled pattern.
class AnswerReader {
 public:
  // INVALID_ARGUMENT naming the field: a pattern that is missing, longer than kMaxPatternBytes, not
  // RE2 syntax or too big when compiled; a pattern for another kind; more than 26 choices, choices
  // for a kind other than choice and auto, or one longer than kMaxOptionBytes.
  static absl::StatusOr<AnswerReader> Create(AnswerFormat format);

  // The answer of a finished trace. `reasoning`: text of reasoning deltas; `content`: the content,
  // which may itself hold <think>..</think> or gpt-oss channel markers.
  std::optional<Answer> Read(absl::string_view reasoning, absl::string_view content) const;

  // What an unfinished trace has stated so far, by the rules for clear statements (rule 5): in its
  // final part, else in its thinking. For kRegex a match that touches the end of the text does not
  // count yet.
  std::optional<Answer> ReadProvisional(absl::string_view reasoning,
                                        absl::string_view content) const;

  // A reference answer or a given answer in plain form ("204", "(B)", "\boxed{7}"), canonical;
  // nullopt when it is no answer of this kind.
  std::optional<Answer> Canonicalise(absl::string_view plain) const;

 private:
  AnswerReader(const AnswerFormat& format, std::shared_ptr<const RE2> pattern);

  enum class Rules { kAll, kClearOnly };
  std::optional<Answer> ReadPart(absl::string_view part, Rules rules) const;
  std::optional<Answer> LastPhraseAnswer(absl::string_view text, Rules rules) const;
  std::optional<Answer> ClosingAnswer(absl::string_view part) const;
  std::optional<Answer> LastLineAnswer(absl::string_view line) const;
  std::optional<Answer> LastMatchAnswer(absl::string_view part, Rules rules) const;

  StatementReader statements_;
  // Shared between copies, since RE2 cannot be copied and is safe to use from any thread. Null
  // unless the kind is kRegex.
  std::shared_ptr<const RE2> pattern_;
};

}  // namespace sextant
