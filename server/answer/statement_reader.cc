#include "server/answer/statement_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/answer/folded_text.h"
#include "server/answer/markup.h"
#include "server/answer/number.h"

namespace sextant {
namespace {

using absl::string_view;

// Where an answer ends and the sentence goes on to explain it.
constexpr std::array<string_view, 14> kClauseEnds = {
    ", ",     "; ",     " (",     " because", " since", " as ", " which",
    " where", " when ", " with ", " and the", " after", " so ", " for "};

AnswerKind EffectiveKind(const AnswerFormat& format) {
  const bool options = format.kind == AnswerKind::kAuto && !format.choices.empty();
  return options ? AnswerKind::kChoice : format.kind;
}

std::optional<Answer> Number(string_view plain, AnswerKind kind) {
  const bool hundredths = kind != AnswerKind::kInteger;
  const std::optional<mpq_class> number =
      ReadNumber(plain, hundredths ? PercentMeans::kHundredths : PercentMeans::kUnit);
  if (!number.has_value()) return std::nullopt;
  const bool integral = number->get_den() == 1;
  if (kind == AnswerKind::kInteger && !integral) return std::nullopt;
  if (kind == AnswerKind::kAuto) kind = integral ? AnswerKind::kInteger : AnswerKind::kNumber;
  return Answer{CanonicalNumber(*number), "", kind};
}

std::optional<Answer> Choice(std::optional<char> letter) {
  if (!letter.has_value()) return std::nullopt;
  return Answer{std::string(1, *letter), "", AnswerKind::kChoice};
}

std::optional<Answer> Text(string_view plain) {
  std::string folded = FoldText(plain);
  if (folded.empty() || folded.size() > kMaxTextAnswerBytes) return std::nullopt;
  return Answer{std::move(folded), "", AnswerKind::kText};
}

std::optional<Answer> Shown(std::optional<Answer> answer, string_view as_written) {
  if (answer.has_value()) answer->shown = std::string(absl::StripAsciiWhitespace(as_written));
  return answer;
}

// A letter that stands alone or in brackets: without options, only that makes it a choice.
bool LooksLikeALetter(string_view plain) {
  if (plain.size() == 1) return absl::ascii_isupper(plain[0]);
  const bool bracketed = plain.size() >= 3 && plain[0] == '(' && plain[2] == ')';
  const bool lettered = plain.size() == 2 && plain[1] == ')';
  return (bracketed && absl::ascii_isupper(plain[1])) ||
         (lettered && absl::ascii_isupper(plain[0])) ||
         absl::StartsWithIgnoreCase(plain, "option ");
}

// The first sentence; a point inside a number does not end it. nullopt for a question.
std::optional<string_view> FirstSentence(string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool mark = line[i] == '.' || line[i] == '!' || line[i] == '?';
    if (!mark || (i + 1 < line.size() && absl::ascii_isalnum(line[i + 1]))) continue;
    if (line[i] == '?') return std::nullopt;
    return line.substr(0, i);
  }
  return line;
}

}  // namespace

StatementReader::StatementReader(const AnswerFormat& format)
    : kind_(EffectiveKind(format)), choices_(format.choices) {}

std::optional<Answer> StatementReader::Whole(string_view statement) const {
  if (statement.size() > kMaxStatementBytes) return std::nullopt;
  const std::string plain = PlainText(statement);
  switch (kind_) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      return Shown(Number(plain, kind_), statement);
    case AnswerKind::kChoice:
      return Shown(Choice(choices_.Whole(plain)), statement);
    case AnswerKind::kText:
      return Shown(Text(plain), statement);
    case AnswerKind::kAuto:
      return Shown(WholeAuto(plain), statement);
    case AnswerKind::kMath:
    case AnswerKind::kJson:
    case AnswerKind::kRegex:
      break;
  }
  const string_view trimmed = absl::StripAsciiWhitespace(statement);
  if (trimmed.empty() || trimmed.size() > kMaxTextAnswerBytes) return std::nullopt;
  return Answer{std::string(trimmed), std::string(trimmed), AnswerKind::kRegex};
}

std::optional<Answer> StatementReader::Leading(string_view line, After after) const {
  const std::optional<string_view> sentence = FirstSentence(line);
  if (!sentence.has_value()) return std::nullopt;
  const std::string plain = PlainText(line);
  switch (kind_) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      return LeadingNumber(*sentence);
    case AnswerKind::kChoice: {
      if (std::optional<Answer> answer = Shown(Choice(choices_.Whole(plain)), line)) return answer;
      const std::optional<char> letter =
          after == After::kOptionLabel ? choices_.AfterLabel(plain) : choices_.Leading(plain);
      return Shown(Choice(letter), letter.has_value() ? string_view(&*letter, 1) : "");
    }
    case AnswerKind::kText:
      return Shown(Text(PlainText(*sentence)), *sentence);
    case AnswerKind::kAuto: {
      if (LooksLikeALetter(plain.substr(0, 3))) {
        const std::optional<char> letter = choices_.Leading(plain);
        if (letter.has_value()) return Shown(Choice(letter), string_view(&*letter, 1));
      }
      if (std::optional<Answer> number = LeadingNumber(*sentence)) return number;
      return Shown(WholeAuto(PlainText(*sentence)), *sentence);
    }
    case AnswerKind::kMath:
    case AnswerKind::kJson:
    case AnswerKind::kRegex:
      break;
  }
  return std::nullopt;
}

std::optional<Answer> StatementReader::WholeAuto(string_view plain) const {
  if (LooksLikeALetter(plain)) {
    if (std::optional<Answer> choice = Choice(choices_.Whole(plain))) return choice;
  }
  if (std::optional<Answer> number = Number(plain, AnswerKind::kAuto)) return number;
  return Text(plain);
}

// "204 minutes, which is less than 240": as a whole, else up to the end of the first clause.
std::optional<Answer> StatementReader::LeadingNumber(string_view sentence) const {
  const std::string plain = PlainText(sentence);
  if (std::optional<Answer> answer = Shown(Number(plain, kind_), sentence)) return answer;
  size_t end = plain.size();
  for (const string_view mark : kClauseEnds)
    end = std::min(end, plain.find(mark.data(), 0, mark.size()));
  const string_view clause = string_view(plain).substr(0, end);
  return Shown(Number(PlainText(clause), kind_), clause);
}

}  // namespace sextant
