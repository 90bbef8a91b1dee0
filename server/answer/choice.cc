#include "server/answer/choice.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/folded_text.h"
#include "server/answer/formula_marks.h"
#include "server/answer/markup.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxMathOptionBytes = 500;  // Of an option that is read as mathematics.
constexpr size_t kMinWordBytes = 3;  // Of an option that is looked for inside of a sentence.

constexpr std::array<string_view, 15> kLabels = {
    "option", "choice", "answer", "letter", "statement", "选项",    "選項",  "選択肢",
    "보기",   "선택지", "opción", "opcion", "opção",     "réponse", "lettre"};
// Words that can follow "the answer is B" but not "the answer is A <noun>".
constexpr std::array<string_view, 14> kGoesOn = {"because", "since", "as",    "is",   "due",
                                                 "which",   "for",   "where", "with", "based",
                                                 "given",   "so",    "not",   "--"};
constexpr std::array<string_view, 30> kRejections = {
    "is not",        "is incorrect",    "is wrong",      "is false",     "isn't",
    "can be ruled",  "is eliminated",   "incorrect",     "is invalid",   "is ruled",
    "cannot be",     "does not",        "fails",         "is excluded",  "can be eliminated",
    "is unlikely",   "can be excluded", "must be wrong", "is rejected",  "doesn't",
    "can't be",      "is out",          "no es",         "es incorrect", "n'est pas",
    "est incorrect", "est fausse",      "ist falsch",    "ist nicht",    "não é"};
// The same in Chinese, Japanese and Korean, where they stand close after the letter.
constexpr std::array<string_view, 10> kEastAsianRejections = {
    "不", "错", "錯", "排除", "誤", "ではな", "ではあり", "아니", "아닙", "틀"};
constexpr size_t kRejectionBytes = 30;
// Ways to say that no option holds, folded; any of them is any other.
constexpr std::array<string_view, 5> kNone = {"none of above", "none of these", "none of those",
                                              "none of them", "none of listed options"};

bool StartsWithWord(string_view text, string_view word) {
  return absl::StartsWithIgnoreCase(text, word) &&
         (text.size() == word.size() || !absl::ascii_isalnum(text[word.size()]));
}

template <size_t N>
bool StartsWithAny(string_view text, const std::array<string_view, N>& words) {
  for (const string_view word : words) {
    if (StartsWithWord(text, word)) return true;
  }
  return false;
}

string_view SkipMarks(string_view text) {
  while (!text.empty() && absl::StrContains(" *_\"':", text.substr(0, 1))) text.remove_prefix(1);
  return text;
}

// ", (C)", " and D", "/B": the statement names more than one option.
bool NamesAnother(string_view rest) {
  rest = SkipMarks(rest);
  bool joined = false;
  for (const string_view join : {",", "/", "&", "+"}) joined |= absl::ConsumePrefix(&rest, join);
  rest = SkipMarks(rest);
  for (const string_view join : {"或者", "或", "和", "与", "또는", "와 ", "과 "}) {
    joined |= absl::ConsumePrefix(&rest, join);
  }
  for (const string_view join : {"and", "or", "und", "oder", "et", "ou", "y", "o"}) {
    if (!StartsWithWord(rest, join)) continue;
    joined = true;
    rest.remove_prefix(join.size());
  }
  if (!joined) return false;
  rest = SkipMarks(rest);
  if (StartsWithWord(rest, "option")) rest = SkipMarks(rest.substr(6));
  const bool bracket = absl::ConsumePrefix(&rest, "(");
  if (rest.empty() || !absl::ascii_isupper(rest[0])) return false;
  if (rest.size() == 1) return true;
  return bracket ? rest[1] == ')' : !absl::ascii_isalnum(rest[1]) && rest[1] != '-';
}

bool StartsEastAsian(string_view text) {
  if (text.empty() || static_cast<unsigned char>(text[0]) < 0x80) return false;
  const uint32_t code = CharAt(text, 0).code;
  return code >= 0x3040 && code < 0xD7B0;  // Kana, ideographs and Hangul.
}

bool IsRejected(string_view next) {
  if (StartsWithAny(next, kRejections)) return true;
  if (!StartsEastAsian(next)) return false;
  const string_view near = next.substr(0, kRejectionBytes);
  return std::any_of(kEastAsianRejections.begin(), kEastAsianRejections.end(),
                     [near](string_view word) { return absl::StrContains(near, word); });
}

// An option's text without its own letter: "(B) Blue" and "B. Blue" are Blue.
string_view WithoutLetter(string_view option, char letter) {
  string_view text = absl::StripLeadingAsciiWhitespace(option);
  const bool bracket = absl::ConsumePrefix(&text, "(");
  if (!absl::ConsumePrefix(&text, string_view(&letter, 1))) return option;
  if (!absl::ConsumePrefix(&text, ")") &&
      (bracket || !(absl::ConsumePrefix(&text, ". ") || absl::ConsumePrefix(&text, ": ")))) {
    return option;
  }
  return absl::StripAsciiWhitespace(text).empty() ? option : text;
}

std::string FoldOption(string_view plain) {
  std::string folded = FoldText(plain);
  const bool none = std::find(kNone.begin(), kNone.end(), folded) != kNone.end();
  return none ? std::string(kNone[0]) : folded;
}

// Where `words` stand in `text` as words of their own; npos when they do not.
size_t FindWords(string_view text, string_view words) {
  const auto joins = [&text](size_t i) {
    return i < text.size() && (absl::ascii_isalnum(text[i]) || text[i] == '-' || text[i] == '.' ||
                               static_cast<unsigned char>(text[i]) >= 0x80);
  };
  for (size_t at = text.find(words); at != string_view::npos; at = text.find(words, at + 1)) {
    if ((at == 0 || !joins(at - 1)) && !joins(at + words.size())) return at;
  }
  return string_view::npos;
}

const std::string& KeyOf(const MathForm& form) {
  return form.key.empty() ? form.canonical : form.key;
}
const std::string& LooseKeyOf(const MathForm& form) {
  return form.loose_key.empty() ? KeyOf(form) : form.loose_key;
}

char ClosingBracket(char open) { return open == '(' ? ')' : open == '[' ? ']' : '\0'; }

}  // namespace

ChoiceReader::ChoiceReader(const std::vector<std::string>& options)
    : count_(options.empty() ? kUnlistedOptions : static_cast<int>(options.size())) {
  for (size_t i = 0; i < options.size(); ++i) {
    const string_view text = WithoutLetter(options[i], static_cast<char>('A' + i));
    folded_options_.push_back(FoldOption(PlainText(text)));
    longest_option_ = std::max(longest_option_, folded_options_.back().size());
    Effort effort;
    math_options_.push_back(text.size() <= kMaxMathOptionBytes
                                ? ReadMath(WithoutFormulaMarks(text), effort)
                                : std::nullopt);
    has_math_ |= math_options_.back().has_value();
  }
}

std::optional<char> ChoiceReader::Whole(string_view plain) const {
  if (std::optional<char> letter = ByText(plain)) return letter;
  return Read(plain, Context::kWhole);
}

std::optional<char> ChoiceReader::Leading(string_view plain) const {
  return Read(plain, Context::kSentence);
}

std::optional<char> ChoiceReader::AfterLabel(string_view plain) const {
  return Read(plain, Context::kLabelled);
}

std::optional<char> ChoiceReader::Read(string_view plain, Context context) const {
  plain = SkipMarks(plain);
  if (StartsWithWord(plain, "the")) plain = SkipMarks(plain.substr(3));
  for (const string_view label : kLabels) {
    if (!StartsWithWord(plain, label)) continue;
    plain = SkipMarks(plain.substr(label.size()));
    if (context == Context::kSentence) context = Context::kLabelled;
  }
  if (plain.empty()) return std::nullopt;
  const char close = ClosingBracket(plain[0]);
  if (close != '\0') plain = SkipMarks(plain.substr(1));
  if (plain.empty() || !absl::ascii_isalpha(plain[0])) return std::nullopt;
  const char letter = plain[0];
  string_view rest = plain.substr(1);
  // A lower-case letter is a choice only where nothing else can be meant.
  if (absl::ascii_islower(letter) && close == '\0' &&
      !(context == Context::kWhole && (rest.empty() || rest == ")"))) {
    return std::nullopt;
  }
  while (absl::ConsumePrefix(&rest, "*") || absl::ConsumePrefix(&rest, "\"")) {
  }
  bool delimited = false;
  if (close != '\0') {
    if (!absl::ConsumePrefix(&rest, string_view(&close, 1))) return std::nullopt;
    // (S)-2-butanol is a name, (C)_s a symbol.
    if (absl::StartsWith(rest, "-") || absl::StartsWith(rest, "_") || absl::StartsWith(rest, "^")) {
      return std::nullopt;
    }
    delimited = true;
  } else {
    delimited = absl::ConsumePrefix(&rest, ")") || absl::StartsWith(rest, ".") ||
                absl::StartsWith(rest, ":") || absl::StartsWith(rest, ",") ||
                absl::StartsWith(rest, ";") || absl::StartsWith(rest, "]");
  }
  if (NamesAnother(rest)) return std::nullopt;
  const string_view next = SkipMarks(rest);
  if (IsRejected(next)) return std::nullopt;
  if (delimited || rest.empty()) return Listed(letter);
  if (StartsEastAsian(next) && context != Context::kWhole) return Listed(letter);
  if (rest[0] != ' ') return std::nullopt;
  const bool dash = absl::StartsWith(next, "- ") || absl::StartsWith(next, "\xE2\x80\x94");
  const bool goes_on = next.empty() || next[0] == '(' || dash || StartsWithAny(next, kGoesOn);
  if (context == Context::kLabelled || goes_on) return Listed(letter);
  return std::nullopt;
}

std::optional<char> ChoiceReader::Listed(char letter) const {
  const char upper = absl::ascii_toupper(letter);
  if (upper - 'A' >= count_) return std::nullopt;
  return upper;
}

std::optional<char> ChoiceReader::ByText(string_view plain) const {
  // A text that is much longer is no option, however much of it is punctuation.
  if (folded_options_.empty() || plain.size() > 4 * longest_option_ + 64) return std::nullopt;
  const std::string folded = FoldOption(plain);
  std::optional<char> found;
  for (size_t i = 0; i < folded_options_.size(); ++i) {
    if (folded_options_[i] != folded || folded.empty()) continue;
    if (found.has_value()) return std::nullopt;  // Two options of one text decide nothing.
    found = static_cast<char>('A' + i);
  }
  return found;
}

std::optional<char> ChoiceReader::InSentence(string_view plain) const {
  const std::string sentence = FoldOption(plain);
  std::optional<char> inside;
  std::optional<char> leading;
  size_t longest = 0;
  int count_inside = 0;
  for (size_t i = 0; i < folded_options_.size(); ++i) {
    const std::string& option = folded_options_[i];
    if (option.size() < kMinWordBytes) continue;
    const size_t at = FindWords(sentence, option);
    if (at == string_view::npos) continue;
    const bool has_letter = std::any_of(option.begin(), option.end(), absl::ascii_isalpha);
    if (at == 0 && option.size() > longest) {
      leading = static_cast<char>('A' + i);
      longest = option.size();
    }
    if (!has_letter) continue;
    ++count_inside;
    inside = static_cast<char>('A' + i);
  }
  // "Not Paris", "Paris or London": what the sentence says of an option is then unclear.
  const bool denies = absl::StrContains(sentence, "not ") || absl::StrContains(sentence, "n't ") ||
                      absl::StrContains(sentence, " or ");
  if (leading.has_value() && !absl::StrContains(sentence, " or ") &&
      !StartsWithAny(SkipMarks(string_view(sentence).substr(longest)), kRejections)) {
    return leading;
  }
  return count_inside == 1 && !denies ? inside : std::nullopt;
}

std::optional<char> ChoiceReader::ByMath(string_view statement) const {
  if (!has_math_ || statement.size() > kMaxMathOptionBytes) return std::nullopt;
  Effort effort;
  const std::optional<MathForm> said = ReadMath(WithoutFormulaMarks(statement), effort);
  if (!said.has_value()) return std::nullopt;
  std::optional<char> same;
  std::optional<char> loosely;
  int count_same = 0;
  int count_loosely = 0;
  for (size_t i = 0; i < math_options_.size(); ++i) {
    const std::optional<MathForm>& option = math_options_[i];
    if (!option.has_value()) continue;
    const char letter = static_cast<char>('A' + i);
    if (KeyOf(*option) == KeyOf(*said)) {
      same = letter;
      ++count_same;
    } else if (LooseKeyOf(*option) == KeyOf(*said) || KeyOf(*option) == LooseKeyOf(*said)) {
      loosely = letter;
      ++count_loosely;
    }
  }
  if (count_same > 0) return count_same == 1 ? same : std::nullopt;
  return count_loosely == 1 ? loosely : std::nullopt;
}

}  // namespace sextant
