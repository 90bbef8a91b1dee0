#include "server/answer/statement_reader.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/folded_text.h"
#include "server/answer/formula_marks.h"
#include "server/answer/markup.h"
#include "server/answer/math/math_answer.h"
#include "server/answer/number.h"
#include "server/answer/sentence.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxPlaceholderBytes = 100;
constexpr size_t kMaxMathBytes = 2000;  // Of a statement that is read as mathematics.

// What models write into a box when they only talk about the box.
constexpr std::array<string_view, 7> kPlaceholders = {
    "", "answer", "your answer", "final answer", "letter", "ldots", "your final answer"};

AnswerKind EffectiveKind(const AnswerFormat& format) {
  if (format.kind != AnswerKind::kAuto) return format.kind;
  if (!format.pointer.empty()) return AnswerKind::kJson;
  return format.choices.empty() ? AnswerKind::kAuto : AnswerKind::kChoice;
}

std::optional<Answer> FromForm(std::optional<MathForm> form, AnswerKind kind) {
  if (!form.has_value() || form->canonical.empty()) return std::nullopt;
  Answer answer{std::move(form->canonical), "", kind, std::move(form->key),
                std::move(form->loose_key)};
  // The common case carries one string.
  if (answer.loose_key == answer.Key()) answer.loose_key.clear();
  if (answer.key == answer.canonical) answer.key.clear();
  return answer;
}

std::optional<Answer> Integer(string_view plain) {
  const std::optional<NumberReading> read = ReadNumberWithUnit(plain, PercentMeans::kUnit);
  if (!read.has_value() || read->value.get_den() != 1) return std::nullopt;
  return Answer{CanonicalNumber(read->value), "", AnswerKind::kInteger};
}

// A form whose canonical text reads as something else is none: a normal form is its own. Rational
// numbers always are.
template <typename Read>
std::optional<MathForm> OwnForm(string_view statement, Read read, Effort& effort) {
  std::optional<MathForm> form = read(statement, effort);
  if (!form.has_value() || form->own || form->canonical == statement) return form;
  if (form->canonical.find_first_not_of("0123456789-/") == std::string::npos) return form;
  effort.StartReadingBack(form->canonical);
  std::optional<MathForm> again = read(form->canonical, effort);
  // 60 degrees are the quantity pi/3, which is no quantity when it is read again.
  if (!again.has_value()) again = ReadMath(form->canonical, effort);
  effort.StopReadingBack();
  return again.has_value() && again->canonical == form->canonical ? form : std::nullopt;
}

// A sum in which a letter has a power or a coefficient. "x_2 + 3" and "f(2) + 1" are names.
bool IsOpenSide(string_view side) {
  bool sum = false;
  bool open = false;
  for (size_t i = 1; i < side.size(); ++i) {
    sum = sum || side[i] == '+' || (side[i] == '-' && side[i - 1] != '^');
    const bool single =
        absl::ascii_isalpha(side[i]) && (i + 1 == side.size() || !absl::ascii_isalpha(side[i + 1]));
    const size_t before = i >= 2 && side[i - 1] == '*' ? i - 2 : i - 1;
    open = open || (single && absl::ascii_isdigit(side[before])) ||
           (side[i] == '^' && absl::ascii_isalpha(side[i - 1]));
  }
  return sum && open;
}

// "x = 3 or x = 5" and "x = 3, y = 4" are no quantities, although their ends are.
bool ListsEquations(string_view plain) {
  const size_t equals = plain.rfind('=');
  if (equals == string_view::npos) return false;
  return absl::StrContains(plain, " or ") || absl::StrContains(plain, " and ") ||
         absl::StrContains(plain.substr(0, equals), ",");
}

// "x^2 + y^2 = 25" is an equation, where "m + n = 25" says what m + n is: letters have powers or
// coefficients, and are added up.
bool IsOpenEquation(string_view plain) {
  const size_t equals = plain.find('=');
  if (equals == string_view::npos || plain.rfind('=') != equals) return false;
  const string_view sides[] = {plain.substr(0, equals), plain.substr(equals + 1)};
  return std::any_of(std::begin(sides), std::end(sides), IsOpenSide);
}

// A number: bare ones by the quick way, and with a unit as a quantity. For kAuto an integer is
// named as such.
struct NumberText {
  string_view statement;
  string_view plain;  // Its plain text.
  AnswerKind kind = AnswerKind::kNumber;
};
std::optional<Answer> Number(const NumberText& text, Effort& effort) {
  const auto& [statement, plain, kind] = text;
  if (kind == AnswerKind::kInteger) return Integer(plain);
  const std::optional<NumberReading> read = ReadNumberWithUnit(plain, PercentMeans::kHundredths);
  if (!read.has_value() || read->has_unit) {
    const bool may_be_one = statement.size() <= kMaxMathBytes && !ListsEquations(plain);
    std::optional<MathForm> form =
        may_be_one ? OwnForm(WithoutFormulaMarks(statement), ReadQuantity, effort) : std::nullopt;
    if (std::optional<Answer> quantity = FromForm(std::move(form), AnswerKind::kNumber)) {
      return quantity;
    }
    if (!read.has_value()) return std::nullopt;
  }
  const bool integral = kind == AnswerKind::kAuto && read->value.get_den() == 1;
  return Answer{CanonicalNumber(read->value), "",
                integral ? AnswerKind::kInteger : AnswerKind::kNumber};
}

// One formula and nothing else: its marks say that letters in it are symbols, $xy$ a product.
bool IsOneFormula(string_view statement) {
  return statement.size() > 2 && statement.front() == '$' && statement[1] != '$' &&
         statement.find('$', 1) == statement.size() - 1;
}

std::optional<Answer> Math(string_view statement, Effort& effort) {
  if (statement.size() > kMaxMathBytes) return std::nullopt;
  const bool bare = !MayHaveFormulaMarks(statement);
  if (bare || IsOneFormula(absl::StripAsciiWhitespace(statement))) {
    return FromForm(OwnForm(statement, ReadMath, effort), AnswerKind::kMath);
  }
  return FromForm(OwnForm(WithoutFormulaMarks(statement), ReadMath, effort), AnswerKind::kMath);
}

std::optional<Answer> Choice(std::optional<char> letter) {
  if (!letter.has_value()) return std::nullopt;
  return Answer{std::string(1, *letter), "", AnswerKind::kChoice};
}

// Words of mathematics with two writings.
constexpr std::array<std::pair<string_view, string_view>, 2> kSynonyms = {
    {{"dne", "does not exist"}, {"no solutions", "no solution"}}};

std::string WithoutSynonyms(std::string folded) {
  for (const auto& [other, ours] : kSynonyms) {
    if (folded == other) return std::string(ours);
  }
  return folded;
}

// What is left of marks in a text may be read as marks again once others are gone, so it is folded
// until nothing changes: a normal form is its own. Text that takes longer is no answer.
std::optional<Answer> Text(string_view plain) {
  constexpr int kMostFolds = 8;
  std::string folded = FoldText(plain);
  for (int fold = 0; fold < kMostFolds; ++fold) {
    if (folded.empty() || folded.size() > kMaxTextAnswerBytes) return std::nullopt;
    std::string again = FoldText(PlainText(folded));
    if (again == folded) return Answer{WithoutSynonyms(folded), "", AnswerKind::kText};
    folded = std::move(again);
  }
  return std::nullopt;
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

// Most of what follows a phrase by chance is told from a number at a glance. Digits of other
// scripts and fractions of one character are not ASCII.
bool MayHoldNumber(string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c) || static_cast<unsigned char>(c) == 0xC2 ||
           static_cast<unsigned char>(c) == 0xE2 || static_cast<unsigned char>(c) == 0xEF;
  });
}

// What follows a phrase with ASCII punctuation, cut after its first sentence; empty for a question.
std::string SentenceOf(string_view line) {
  const std::string narrow = Narrow(line);
  const std::optional<string_view> sentence = FirstSentence(narrow);
  return sentence.has_value() ? std::string(WithoutCopula(*sentence)) : "";
}

}  // namespace

bool IsPlaceholder(string_view inner) {
  if (inner.size() > kMaxPlaceholderBytes) return false;
  std::string folded = FoldText(PlainText(inner));
  absl::StripAsciiWhitespace(&folded);
  string_view words = folded;
  absl::ConsumePrefix(&words, "\\");
  for (const string_view placeholder : kPlaceholders) {
    if (words == placeholder) return true;
  }
  return false;
}

StatementReader::StatementReader(const AnswerFormat& format)
    : kind_(EffectiveKind(format)), choices_(format.choices) {}

std::optional<Answer> StatementReader::Whole(string_view statement) const {
  if (statement.size() > kMaxStatementBytes) return std::nullopt;
  Effort effort;
  switch (kind_) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      return Shown(Number({statement, PlainText(statement), kind_}, effort), statement);
    case AnswerKind::kChoice: {
      if (auto answer = Shown(Choice(choices_.Whole(PlainText(statement))), statement))
        return answer;
      return Shown(Choice(choices_.ByMath(statement)), statement);
    }
    case AnswerKind::kMath: {
      if (auto answer = Shown(Math(statement, effort), statement)) return answer;
      return Shown(Text(PlainText(statement)), statement);
    }
    case AnswerKind::kText:
      return Shown(Text(PlainText(statement)), statement);
    case AnswerKind::kAuto:
      return Shown(WholeAuto(statement), statement);
    case AnswerKind::kJson:
      return std::nullopt;
    case AnswerKind::kRegex:
      break;
  }
  const string_view trimmed = absl::StripAsciiWhitespace(statement);
  if (trimmed.empty() || trimmed.size() > kMaxTextAnswerBytes) return std::nullopt;
  return Answer{std::string(trimmed), std::string(trimmed), AnswerKind::kRegex};
}

std::optional<Answer> StatementReader::WholeAuto(string_view statement) const {
  const std::string plain = PlainText(statement);
  if (LooksLikeALetter(plain)) {
    if (std::optional<Answer> choice = Choice(choices_.Whole(plain))) return choice;
  }
  Effort effort;
  if (!IsOpenEquation(plain)) {
    if (auto number = Number({statement, plain, AnswerKind::kAuto}, effort)) return number;
  }
  if (std::optional<Answer> math = Math(statement, effort)) return math;
  return Text(plain);
}

std::optional<Answer> StatementReader::Leading(const Phrase& phrase) const {
  Effort effort;
  switch (kind_) {
    case AnswerKind::kInteger:
    case AnswerKind::kNumber:
      return LeadingNumber(phrase, effort);
    case AnswerKind::kChoice:
      return LeadingChoice(phrase);
    case AnswerKind::kMath:
      if (std::optional<Answer> math = LeadingMath(phrase, effort)) return math;
      return LeadingWords(phrase);
    case AnswerKind::kText:
      return LeadingText(phrase);
    case AnswerKind::kAuto:
      return LeadingAuto(phrase, effort);
    case AnswerKind::kJson:
    case AnswerKind::kRegex:
      break;
  }
  return std::nullopt;
}

std::optional<Answer> StatementReader::LeadingChoice(const Phrase& phrase) const {
  const std::string line = Narrow(phrase.following);
  if (!FirstSentence(line).has_value()) return std::nullopt;
  const std::string plain = PlainText(line);
  if (auto answer = Shown(Choice(choices_.Whole(plain)), line)) return answer;
  std::optional<char> letter =
      phrase.labelled ? choices_.AfterLabel(plain) : choices_.Leading(plain);
  if (letter.has_value()) return Shown(Choice(letter), string_view(&*letter, 1));
  const std::string sentence = SentenceOf(phrase.following);
  if (auto answer = Shown(Choice(choices_.InSentence(PlainText(sentence))), sentence))
    return answer;
  const string_view formula = phrase.enclosed.empty() ? string_view(sentence) : phrase.enclosed;
  return Shown(Choice(choices_.ByMath(formula)), formula);
}

// "204 minutes, which is less than 240": as a whole, else up to the end of the first clause.
std::optional<Answer> StatementReader::LeadingNumber(const Phrase& phrase, Effort& effort) const {
  if (!MayHoldNumber(phrase.following)) return std::nullopt;
  const std::string sentence = SentenceOf(phrase.following);
  if (sentence.empty()) return std::nullopt;
  const std::string plain = PlainText(sentence);
  // With its marks, as "5$ cm" without the first of them would be five dollars.
  const std::string dressed = SentenceOf(phrase.dressed);
  if (auto answer = Shown(Number({dressed, plain, kind_}, effort), sentence)) return answer;
  const std::string clause(FirstClause(plain, Clause::kOfNumber));
  if (auto answer = Shown(Number({clause, PlainText(clause), kind_}, effort), clause))
    return answer;
  if (phrase.enclosed.empty()) return std::nullopt;
  return Shown(Number({phrase.enclosed, PlainText(phrase.enclosed), kind_}, effort),
               phrase.enclosed);
}

std::optional<Answer> StatementReader::LeadingMath(const Phrase& phrase, Effort& effort) const {
  // The sentence comes first, as the answer may go on after a formula: "$x = 3$ or $x = 5$".
  const std::string sentence = SentenceOf(phrase.dressed);
  if (sentence.empty() && phrase.enclosed.empty()) return std::nullopt;
  if (auto answer = Shown(Math(sentence, effort), sentence)) return answer;
  if (auto answer = Shown(Math(phrase.enclosed, effort), phrase.enclosed)) return answer;
  const string_view clause = FirstClause(sentence, Clause::kOfNumber);
  const bool cuts_formula = std::count(clause.begin(), clause.end(), '$') % 2 == 1;
  if (clause.size() == sentence.size() || cuts_formula) return std::nullopt;
  return Shown(Math(clause, effort), clause);
}

std::optional<Answer> StatementReader::LeadingText(const Phrase& phrase) const {
  if (!phrase.enclosed.empty()) {
    if (auto answer = Shown(Text(PlainText(phrase.enclosed)), phrase.enclosed)) return answer;
  }
  const std::string sentence = SentenceOf(phrase.following);
  if (StartsWithDenial(sentence)) return std::nullopt;
  const string_view clause = FirstClause(sentence, Clause::kOfText);
  return Shown(Text(PlainText(clause)), clause);
}

std::optional<Answer> StatementReader::LeadingAuto(const Phrase& phrase, Effort& effort) const {
  const std::string plain = PlainText(Narrow(phrase.following));
  if (LooksLikeALetter(plain.substr(0, 3))) {
    const std::optional<char> letter = choices_.Leading(plain);
    if (letter.has_value()) return Shown(Choice(letter), string_view(&*letter, 1));
  }
  if (!IsOpenEquation(plain)) {
    if (std::optional<Answer> number = LeadingNumber(phrase, effort)) return number;
  }
  if (std::optional<Answer> math = LeadingMath(phrase, effort)) return math;
  return LeadingWords(phrase);
}

std::optional<Answer> StatementReader::LeadingWords(const Phrase& phrase) const {
  if (!phrase.marked && phrase.enclosed.empty()) {
    // Prose is told from an answer before it is folded, which takes longer.
    const std::optional<string_view> sentence = FirstSentence(phrase.following);
    if (!sentence || IsProse(FirstClause(*sentence, Clause::kOfText))) return std::nullopt;
  }
  std::optional<Answer> text = LeadingText(phrase);
  return text.has_value() && !phrase.marked && IsProse(text->canonical) ? std::nullopt : text;
}

}  // namespace sextant
