#include "server/answer/reader.h"

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/answer/folded_text.h"
#include "server/answer/markup.h"
#include "server/answer/phrases.h"
#include "server/answer/sole_option.h"
#include "server/answer/statement_search.h"
#include "server/answer/trace_parts.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr int kMaxBoxes = 64;                   // Boxes that are tried in one text.
constexpr size_t kMaxLineBytes = 200;           // Of a last line that may be an answer.
constexpr int64_t kMaxPatternMemory = 1 << 20;  // Bytes RE2 may use for a compiled pattern.
constexpr size_t kMaxShortText = 2000;  // Bytes; token limits do not cut shorter final parts.
constexpr int kMaxDecorationLines = 3;  // "$$" and "---" below the last line.
constexpr size_t kMaxLetterLine = 12;   // "**Option (B)**" without its marks.

// What models write into a box when they only talk about the box.
constexpr std::array<string_view, 7> kPlaceholders = {
    "", "answer", "your answer", "final answer", "letter", "ldots", "your final answer"};

bool IsPlaceholder(string_view inner) {
  if (inner.size() > kMaxLineBytes) return false;
  std::string folded = FoldText(PlainText(inner));
  absl::StripAsciiWhitespace(&folded);
  string_view words = folded;
  absl::ConsumePrefix(&words, "\\");
  for (const string_view placeholder : kPlaceholders) {
    if (words == placeholder) return true;
  }
  return false;
}

// Lines that only close a formula, a list or a block of code.
bool IsDecoration(string_view line) {
  for (const char c : line) {
    if (absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// The last line that says something; a few lines of decoration may follow it.
string_view LastLine(string_view text) {
  string_view line;
  for (int lines = 0; lines <= kMaxDecorationLines && IsDecoration(line) && !text.empty();
       ++lines) {
    const size_t begin = text.find_last_of('\n') + 1;  // npos + 1 is the start of the text.
    line = absl::StripAsciiWhitespace(text.substr(begin));
    text = absl::StripTrailingAsciiWhitespace(text.substr(0, begin));
  }
  return line;
}

absl::Status CheckChoices(const AnswerFormat& format) {
  if (format.choices.empty()) return absl::OkStatus();
  if (format.kind != AnswerKind::kChoice && format.kind != AnswerKind::kAuto) {
    return absl::InvalidArgumentError(absl::StrCat("answer.choices is given for kind ",
                                                   AnswerKindName(format.kind),
                                                   ", expected kind choice or auto"));
  }
  if (format.choices.size() > kMaxOptions) {
    return absl::InvalidArgumentError(absl::StrCat("answer.choices has ", format.choices.size(),
                                                   " options, expected at most ", kMaxOptions));
  }
  for (size_t i = 0; i < format.choices.size(); ++i) {
    if (format.choices[i].size() <= kMaxOptionBytes) continue;
    return absl::InvalidArgumentError(absl::StrCat("answer.choices[", i, "] has ",
                                                   format.choices[i].size(),
                                                   " bytes, expected at most ", kMaxOptionBytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(const AnswerFormat& format) {
  const std::string& pattern = format.pattern;
  if (format.kind != AnswerKind::kRegex) {
    if (pattern.empty()) return std::shared_ptr<const RE2>();
    return absl::InvalidArgumentError(absl::StrCat(
        "answer.pattern is given for kind ", AnswerKindName(format.kind), ", expected kind regex"));
  }
  if (pattern.empty()) {
    return absl::InvalidArgumentError(
        "answer.pattern is empty, expected a regular expression (RE2)");
  }
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(absl::StrCat("answer.pattern has ", pattern.size(),
                                                   " bytes, expected at most ", kMaxPatternBytes));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (compiled->ok()) return compiled;
  return absl::InvalidArgumentError(absl::StrCat(
      "answer.pattern does not compile: ", compiled->error(), ", expected RE2 syntax"));
}

}  // namespace

absl::StatusOr<AnswerReader> AnswerReader::Create(AnswerFormat format) {
  if (absl::Status status = CheckChoices(format); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<const RE2>> pattern = CompilePattern(format);
  if (!pattern.ok()) return pattern.status();
  return AnswerReader(format, *std::move(pattern));
}

AnswerReader::AnswerReader(const AnswerFormat& format, std::shared_ptr<const RE2> pattern)
    : statements_(format), pattern_(std::move(pattern)) {}

std::optional<Answer> AnswerReader::Read(string_view reasoning, string_view content) const {
  const TraceParts parts = SplitTrace(reasoning, content);
  if (!parts.final.empty()) return ReadPart(parts.final, Rules::kAll);
  // A pattern is written for final parts; in thinking it would match anything.
  if (pattern_ != nullptr) return std::nullopt;
  return ReadPart(parts.thinking, Rules::kClearOnly);
}

std::optional<Answer> AnswerReader::ReadProvisional(string_view reasoning,
                                                    string_view content) const {
  const TraceParts parts = SplitTrace(reasoning, content);
  if (std::optional<Answer> answer = ReadPart(parts.final, Rules::kClearOnly)) return answer;
  if (pattern_ != nullptr) return std::nullopt;
  return ReadPart(parts.thinking, Rules::kClearOnly);
}

std::optional<Answer> AnswerReader::Canonicalise(string_view plain) const {
  plain = absl::StripAsciiWhitespace(plain);
  if (pattern_ != nullptr) {
    if (std::optional<Answer> matched = LastMatchAnswer(plain, Rules::kAll)) return matched;
    return statements_.Whole(plain);
  }
  return statements_.Whole(plain);
}

std::optional<Answer> AnswerReader::ReadPart(string_view part, Rules rules) const {
  if (pattern_ != nullptr) return LastMatchAnswer(part, rules);
  const AnswerKind kind = statements_.kind();
  const bool box_decides = kind == AnswerKind::kInteger || kind == AnswerKind::kNumber;
  std::optional<Answer> boxed;
  size_t box_end = 0;
  bool decided = false;
  BoxScanner boxes(part);
  for (int tried = 0; tried < kMaxBoxes && !decided;) {
    const std::optional<Box> box = boxes.Previous();
    if (!box.has_value()) break;
    if (IsPlaceholder(box->inner)) continue;
    ++tried;
    boxed = statements_.Whole(box->inner);
    decided = boxed.has_value() || box_decides;
    if (decided) box_end = box->end;
  }
  if (std::optional<Answer> said = LastPhraseAnswer(part.substr(box_end), rules)) return said;
  if (decided) return boxed;
  return rules == Rules::kAll ? ClosingAnswer(part) : std::nullopt;
}

std::optional<Answer> AnswerReader::LastPhraseAnswer(string_view text, Rules rules) const {
  const PhraseSet set = rules == Rules::kClearOnly                  ? PhraseSet::kExplicit
                        : statements_.kind() == AnswerKind::kChoice ? PhraseSet::kChoice
                                                                    : PhraseSet::kAnswer;
  std::optional<Answer> answer;
  AcceptLastPhrase(text, set, [&](const Phrase& phrase) {
    if (rules == Rules::kClearOnly && !phrase.ended) return false;
    answer =
        statements_.Leading(phrase.following, phrase.labelled ? StatementReader::After::kOptionLabel
                                                              : StatementReader::After::kPhrase);
    return answer.has_value();
  });
  return answer;
}

std::optional<Answer> AnswerReader::ClosingAnswer(string_view part) const {
  const string_view text = absl::StripTrailingAsciiWhitespace(part);
  const string_view line = LastLine(text);
  const bool only_line =
      IsDecoration(text.substr(0, static_cast<size_t>(line.data() - text.data())));
  if (line.size() <= kMaxLineBytes) {
    // A long text that was cut off may end in the number of a list's next item.
    const bool may_be_cut = text.size() > kMaxShortText && absl::ascii_isalnum(line.back());
    std::optional<Answer> answer = only_line    ? statements_.Whole(line)
                                   : may_be_cut ? std::nullopt
                                                : LastLineAnswer(line);
    if (answer.has_value()) return answer;
  }
  if (statements_.kind() != AnswerKind::kChoice) return std::nullopt;
  const size_t paragraph = text.rfind("\n\n");
  const std::optional<char> letter =
      SoleOption(paragraph == string_view::npos ? text : text.substr(paragraph + 2));
  return letter.has_value() ? statements_.Whole(string_view(&*letter, 1)) : std::nullopt;
}

// The last of several lines answers only where it cannot be anything else.
std::optional<Answer> AnswerReader::LastLineAnswer(string_view line) const {
  // Headings, list numbers and steps of a computation also end in numbers.
  const bool a_step = absl::StartsWith(line, "#") || absl::StrContains(line, "=") ||
                      (absl::EndsWith(line, ".") && line.size() <= 3);
  const bool bold = line.size() > 4 && absl::StartsWith(line, "**") && absl::EndsWith(line, "**");
  switch (statements_.kind()) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      return a_step ? std::nullopt : statements_.Whole(line);
    case AnswerKind::kChoice:
      return PlainText(line).size() <= kMaxLetterLine ? statements_.Whole(line) : std::nullopt;
    case AnswerKind::kAuto: {
      std::optional<Answer> answer = a_step ? std::nullopt : statements_.Whole(line);
      const bool is_text = answer.has_value() && answer->kind == AnswerKind::kText;
      return is_text && !bold ? std::nullopt : answer;
    }
    default:
      return bold ? statements_.Whole(line) : std::nullopt;
  }
}

std::optional<Answer> AnswerReader::LastMatchAnswer(string_view part, Rules rules) const {
  std::optional<Answer> answer;
  const std::array<const RE2*, 1> patterns = {pattern_.get()};
  AcceptLastMatch(part, {patterns}, [&](const PatternMatch& match) {
    if (rules == Rules::kClearOnly && match.end == part.size()) return false;
    const string_view whole = part.substr(match.begin, match.end - match.begin);
    answer = statements_.Whole(match.group.data() != nullptr ? match.group : whole);
    return true;
  });
  return answer;
}

}  // namespace sextant
