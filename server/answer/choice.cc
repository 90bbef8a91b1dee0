#include "server/answer/choice.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/folded_text.h"
#include "server/answer/markup.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr std::array<string_view, 5> kLabels = {"option", "choice", "answer", "letter",
                                                "statement"};
// Words that can follow "the answer is B" but not "the answer is A <noun>".
constexpr std::array<string_view, 14> kGoesOn = {"because", "since", "as",    "is",   "due",
                                                 "which",   "for",   "where", "with", "based",
                                                 "given",   "so",    "not",   "--"};
constexpr std::array<string_view, 12> kRejections = {
    "is not",        "is incorrect", "is wrong",   "is false", "isn't",     "can be ruled",
    "is eliminated", "incorrect",    "is invalid", "is ruled", "cannot be", "does not"};

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
  for (const string_view join : {"and", "or"}) {
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

char ClosingBracket(char open) { return open == '(' ? ')' : open == '[' ? ']' : '\0'; }

}  // namespace

ChoiceReader::ChoiceReader(const std::vector<std::string>& options)
    : count_(options.empty() ? kUnlistedOptions : static_cast<int>(options.size())) {
  for (const std::string& option : options) folded_options_.push_back(FoldText(PlainText(option)));
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
      !(context == Context::kWhole && rest.empty())) {
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
  if (StartsWithAny(next, kRejections)) return std::nullopt;
  if (delimited || rest.empty()) return Listed(letter);
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
  if (folded_options_.empty()) return std::nullopt;
  const std::string folded = FoldText(plain);
  std::optional<char> found;
  for (size_t i = 0; i < folded_options_.size(); ++i) {
    if (folded_options_[i] != folded || folded.empty()) continue;
    if (found.has_value()) return std::nullopt;  // Two options of one text decide nothing.
    found = static_cast<char>('A' + i);
  }
  return found;
}

}  // namespace sextant
