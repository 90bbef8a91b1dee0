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
// 4. Without a phrase: the last line where it is an answer and nothing else, or the only bold part
//    of it; for mathematics also a formula that ends the text, for a choice the only option that a
//    list calls correct, or else that the last paragraph names; and a block of code that is all
//    there is. A text that ends inside of a formula was cut off and does not answer so.
// 5. A trace that was cut off while thinking has no final part. Then only a clear statement in its
//    thinking counts: a complete box, or the words "final answer" with an answer that is not cut
//    off. A box in the middle of text that is not marked as thinking counts by rule 2, since
//    nothing in the text says that the model took it back.
//
// For kRegex, the last match of the pattern in the final part answers: its first capturing group,
// else the whole match. For kJson, the last JSON value of the final part in which the pointer leads
// somewhere (see json_answer.h); with kAuto a final part that is nothing but JSON is such an
// answer.
#pragma once
#include <re2/re2.h>

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/answer/answer.h"
#include "server/answer/format_check.h"
#include "server/answer/json_answer.h"
#include "server/answer/statement_reader.h"

namespace sextant {

// Immutable; any thread. Time is linear in the text: about 1 ms per MB, and at most tens of
// milliseconds per MB of hostile text. Copies share the compiled pattern.
class AnswerReader {
 public:
  // INVALID_ARGUMENT naming the field that format_check.h refuses.
  static absl::StatusOr<AnswerReader> Create(AnswerFormat format);

  // The answer of a finished trace. `reasoning`: text of reasoning deltas; `content`: the content,
  // which may itself hold <think>..</think> or gpt-oss channel markers.
  std::optional<Answer> Read(absl::string_view reasoning, absl::string_view content) const;

  // What an unfinished trace has stated so far, by the rules for clear statements (rule 5): in its
  // final part, else in its thinking. For kRegex a match that touches the end of the text does not
  // count yet; JSON has to be complete.
  std::optional<Answer> ReadProvisional(absl::string_view reasoning,
                                        absl::string_view content) const;

  // A reference answer or a given answer in plain form ("204", "(B)", "\boxed{7}"), canonical;
  // nullopt when it is no answer of this kind.
  std::optional<Answer> Canonicalise(absl::string_view plain) const;

  // For what reads a text piece by piece. `pattern` is null unless the kind is kRegex.
  const StatementReader& statements() const { return statements_; }
  const RE2* pattern() const { return pattern_.get(); }

 private:
  AnswerReader(const AnswerFormat& format, std::shared_ptr<const RE2> pattern);

  enum class Rules { kAll, kClearOnly };
  struct LastBox {
    bool decides = false;
    size_t end = 0;
    std::optional<Answer> answer;
  };
  AnswerKind kind() const { return statements_.kind(); }
  std::optional<Answer> ReadThinking(absl::string_view thinking) const;
  std::optional<Answer> ReadPart(absl::string_view part, Rules rules) const;
  LastBox ReadLastBox(absl::string_view part) const;
  std::optional<Answer> LastPhraseAnswer(absl::string_view part, const LastBox& last,
                                         Rules rules) const;
  std::optional<Answer> ClosingAnswer(absl::string_view part) const;
  std::optional<Answer> SoleLineAnswer(absl::string_view line) const;
  std::optional<Answer> LastLineAnswer(absl::string_view line) const;
  std::optional<Answer> ConclusionAnswer(absl::string_view line) const;
  std::optional<Answer> ClosingFormulaAnswer(absl::string_view text) const;
  std::optional<Answer> LastMatchAnswer(absl::string_view part, Rules rules) const;

  StatementReader statements_;
  JsonReader json_;
  // Null unless the kind is kRegex.
  std::shared_ptr<const RE2> pattern_;
};

}  // namespace sextant
