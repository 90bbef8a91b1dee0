#include "server/answer/reader.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/answer/code_block.h"
#include "server/answer/folded_text.h"
#include "server/answer/json_pointer.h"
#include "server/answer/last_line.h"
#include "server/answer/markup.h"
#include "server/answer/phrases.h"
#include "server/answer/sentence.h"
#include "server/answer/sole_option.h"
#include "server/answer/statement_search.h"
#include "server/answer/trace_parts.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr int kMaxBoxes = 64;           // Boxes that are tried in one text.
constexpr size_t kMaxLineBytes = 200;   // Of a last line that may be an answer.
constexpr size_t kMaxShortText = 2000;  // Bytes; token limits do not cut shorter final parts.
constexpr size_t kMaxLetterLine = 12;   // "**Option (B)**" without its marks.

// A character that more is to follow in a sentence or a formula.
bool GoesOn(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("=+-/^_,(<\\", string_view(&c, 1));
}

}  // namespace

absl::StatusOr<AnswerReader> AnswerReader::Create(AnswerFormat format) {
  if (absl::Status status = CheckChoices(format); !status.ok()) return status;
  if (absl::Status status = CheckPointer(format); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<const RE2>> pattern = CompilePattern(format);
  if (!pattern.ok()) return pattern.status();
  return AnswerReader(format, *std::move(pattern));
}

AnswerReader::AnswerReader(const AnswerFormat& format, std::shared_ptr<const RE2> pattern)
    : statements_(format),
      json_(ParsePointer(format.pointer).value_or(std::vector<std::string>())),
      pattern_(std::move(pattern)) {}

std::optional<Answer> AnswerReader::Read(string_view reasoning, string_view content) const {
  const TraceParts parts = SplitTrace(reasoning, content);
  if (!parts.final.empty()) return ReadPart(parts.final, Rules::kAll);
  return ReadThinking(parts.thinking);
}

std::optional<Answer> AnswerReader::ReadProvisional(string_view reasoning,
                                                    string_view content) const {
  const TraceParts parts = SplitTrace(reasoning, content);
  if (std::optional<Answer> answer = ReadPart(parts.final, Rules::kClearOnly)) return answer;
  return ReadThinking(parts.thinking);
}

std::optional<Answer> AnswerReader::ReadThinking(string_view thinking) const {
  // A pattern is written for final parts; in thinking it would match anything, and so would a
  // pointer.
  if (pattern_ != nullptr || kind() == AnswerKind::kJson) return std::nullopt;
  return ReadPart(thinking, Rules::kClearOnly);
}

std::optional<Answer> AnswerReader::Canonicalise(string_view plain) const {
  plain = absl::StripAsciiWhitespace(plain);
  if (kind() == AnswerKind::kJson) return json_.Whole(plain);
  if (pattern_ != nullptr) {
    if (std::optional<Answer> matched = LastMatchAnswer(plain, Rules::kAll)) return matched;
  }
  return statements_.Whole(plain);
}

std::optional<Answer> AnswerReader::ReadPart(string_view part, Rules rules) const {
  if (pattern_ != nullptr) return LastMatchAnswer(part, rules);
  if (kind() == AnswerKind::kJson) return json_.Last(part);
  if (kind() == AnswerKind::kAuto && rules == Rules::kAll && IsJsonDocument(part)) {
    return json_.Last(part);
  }
  const LastBox last = ReadLastBox(part);
  if (std::optional<Answer> said = LastPhraseAnswer(part, last, rules)) return said;
  if (last.decides) return last.answer;
  return rules == Rules::kAll ? ClosingAnswer(part) : std::nullopt;
}

AnswerReader::LastBox AnswerReader::ReadLastBox(string_view part) const {
  BoxScanner boxes(part);
  for (int tried = 0; tried < kMaxBoxes;) {
    const std::optional<Box> box = boxes.Previous();
    if (!box.has_value()) break;
    if (IsPlaceholder(box->inner)) continue;
    ++tried;
    std::optional<Answer> boxed = statements_.Whole(box->inner);
    if (boxed.has_value() || statements_.AnyBoxDecides()) return {true, box->end, std::move(boxed)};
  }
  return {};
}

std::optional<Answer> AnswerReader::LastPhraseAnswer(string_view part, const LastBox& last,
                                                     Rules rules) const {
  const PhraseSet set = rules == Rules::kClearOnly      ? PhraseSet::kExplicit
                        : kind() == AnswerKind::kChoice ? PhraseSet::kChoice
                                                        : PhraseSet::kAnswer;
  std::optional<Answer> answer;
  AcceptLastPhrase(part.substr(last.end), {.set = set}, [&](const Phrase& phrase) {
    if (rules == Rules::kClearOnly && !phrase.ended) return false;
    answer = statements_.Leading(phrase);
    if (!answer.has_value()) return false;
    // "\boxed{5}. This answer is consistent with ..." takes nothing back.
    if (last.decides && answer->kind == AnswerKind::kText && !phrase.marked) answer.reset();
    return answer.has_value();
  });
  return answer;
}

std::optional<Answer> AnswerReader::ClosingAnswer(string_view part) const {
  const string_view text = absl::StripTrailingAsciiWhitespace(part);
  if (const std::optional<string_view> block = SoleCodeBlock(text)) {
    return statements_.Whole(*block);
  }
  if (EndsInFormula(text)) return std::nullopt;
  if (const std::optional<Phrase> closing = ClosingPhrase(text)) {
    std::optional<Answer> answer = statements_.Leading(*closing);
    if (answer.has_value() && answer->kind != AnswerKind::kText) return answer;
  }
  if (kind() == AnswerKind::kChoice) {
    const std::optional<char> correct = OnlyCorrectOption(text);
    if (correct.has_value()) return statements_.Whole(string_view(&*correct, 1));
  }
  const string_view line = LastLine(text);
  const bool only_line =
      IsDecoration(text.substr(0, static_cast<size_t>(line.data() - text.data())));
  if (line.size() <= kMaxLineBytes && !line.empty()) {
    // A long text that was cut off may end in the number of a list's next item.
    const bool may_be_cut = text.size() > kMaxShortText && GoesOn(line.back());
    std::optional<Answer> answer = only_line    ? SoleLineAnswer(line)
                                   : may_be_cut ? std::nullopt
                                                : LastLineAnswer(line);
    if (answer.has_value()) return answer;
  }
  if (std::optional<Answer> formula = ClosingFormulaAnswer(text)) return formula;
  if (kind() == AnswerKind::kText && text.size() <= kMaxShortText && EndsInLineOfItsOwn(text)) {
    std::optional<Answer> answer = statements_.Whole(line);
    return answer.has_value() && !IsProse(answer->canonical) ? answer : std::nullopt;
  }
  if (kind() != AnswerKind::kChoice) return std::nullopt;
  const size_t paragraph = text.rfind("\n\n");
  const std::optional<char> letter =
      SoleOption(paragraph == string_view::npos ? text : text.substr(paragraph + 2));
  return letter.has_value() ? statements_.Whole(string_view(&*letter, 1)) : std::nullopt;
}

// A text of one line is the answer, unless it is a sentence about the answer.
std::optional<Answer> AnswerReader::SoleLineAnswer(string_view line) const {
  const std::optional<Answer> answer = statements_.Whole(line);
  const bool number = kind() == AnswerKind::kInteger || kind() == AnswerKind::kNumber;
  if (!answer.has_value() && number && !absl::StartsWith(line, "#### ")) {
    // The line as a whole is none, so only a part in bold may be the number.
    const string_view part = SoleBold(line);
    return part.empty() ? std::nullopt : statements_.Whole(part);
  }
  if (!answer.has_value()) return LastLineAnswer(line);
  if (answer->kind != AnswerKind::kText) return answer;
  if (const string_view bold = SoleBold(line); !bold.empty()) return statements_.Whole(bold);
  if (IsConclusion(line)) return ConclusionAnswer(line);
  return IsProse(answer->canonical) ? std::nullopt : answer;
}

// The last of several lines answers only where it cannot be anything else.
std::optional<Answer> AnswerReader::LastLineAnswer(string_view line) const {
  // Data sets of word problems teach models to end in "#### 42".
  const bool hashes = absl::ConsumePrefix(&line, "#### ");
  // Headings, list numbers and steps of a computation also end in numbers.
  const bool a_step = absl::StartsWith(line, "#") || absl::StrContains(line, "=") ||
                      (absl::EndsWith(line, ".") && line.size() <= 3);
  const bool bold = line.size() > 4 && absl::StartsWith(line, "**") && absl::EndsWith(line, "**");
  const string_view part_in_bold = hashes ? "" : SoleBold(line);
  std::optional<Answer> answer;
  switch (kind()) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      if (!a_step) answer = statements_.Whole(line);
      break;
    case AnswerKind::kChoice:
      return PlainText(line).size() <= kMaxLetterLine ? statements_.Whole(line) : std::nullopt;
    case AnswerKind::kMath:
    case AnswerKind::kAuto:
      if (kind() == AnswerKind::kMath ? !absl::StartsWith(line, "#") : !a_step) {
        answer = statements_.Whole(line);
      }
      if (answer.has_value() && answer->kind == AnswerKind::kText && !bold) answer.reset();
      if (!answer.has_value() && IsConclusion(line)) answer = ConclusionAnswer(line);
      break;
    default:
      if (bold) answer = statements_.Whole(line);
  }
  if (answer.has_value() || part_in_bold.empty()) return answer;
  return statements_.Whole(part_in_bold);
}

// "Thus $x = 5$.", "Therefore, the area is $12\pi$ square units."
std::optional<Answer> AnswerReader::ConclusionAnswer(string_view line) const {
  if (kind() != AnswerKind::kMath && kind() != AnswerKind::kAuto) return std::nullopt;
  const string_view formula = SoleFormula(line);
  if (formula.empty()) return std::nullopt;
  // A unit may follow the formula, but no more: "so $x$ is a root" says nothing.
  const size_t begin = static_cast<size_t>(formula.data() - line.data());
  string_view rest = line.substr(begin + formula.size());
  absl::ConsumeSuffix(&rest, ".");
  absl::ConsumePrefix(&rest, "\\)");
  absl::ConsumePrefix(&rest, "$");
  std::optional<Answer> answer = statements_.Whole(absl::StrCat(formula, rest));
  return answer.has_value() && answer->kind == AnswerKind::kText ? std::nullopt : answer;
}

// Mathematics may end in a formula of several lines, as a matrix does.
std::optional<Answer> AnswerReader::ClosingFormulaAnswer(string_view text) const {
  if (kind() != AnswerKind::kMath && kind() != AnswerKind::kAuto) return std::nullopt;
  const string_view formula = ClosingFormula(text);
  if (formula.empty()) return std::nullopt;
  std::optional<Answer> answer = statements_.Whole(formula);
  const bool is_text = answer.has_value() && answer->kind == AnswerKind::kText;
  return is_text ? std::nullopt : answer;
}

std::optional<Answer> AnswerReader::LastMatchAnswer(string_view part, Rules rules) const {
  std::optional<Answer> answer;
  const std::array<WordedPattern, 1> patterns = {{{pattern_.get(), 0}}};
  AcceptLastMatch(part, {patterns}, [&](const PatternMatch& match) {
    if (rules == Rules::kClearOnly && match.end == part.size()) return false;
    const string_view whole = part.substr(match.begin, match.end - match.begin);
    answer = statements_.Whole(match.group.data() != nullptr ? match.group : whole);
    return true;
  });
  return answer;
}

}  // namespace sextant
