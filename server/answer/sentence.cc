#include "server/answer/sentence.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr std::array<string_view, 18> kNumberClauseEnds = {
    ", ",        "; ",        " (",       " because", " since",   " as ",
    " which",    " where",    " when ",   " with ",   " and the", " and we ",
    " and this", " and that", " and it ", " after",   " so ",     " for "};
constexpr std::array<string_view, 8> kTextClauseEnds = {" because", ", since", ", as ", ", which",
                                                        ", where",  ", so ",   "; ",    ", and "};
constexpr std::array<string_view, 12> kAbbreviations = {"St", "Mr", "Mrs", "Ms", "Dr", "Mt",
                                                        "Jr", "Sr", "vs",  "No", "Ft", "Prof"};
// Longer endings come first, as the shorter ones may be parts of them.
constexpr std::array<string_view, 12> kCopulas = {"입니다",  "이에요",     "예요",      "이다",
                                                  "이 된다", "가 됩니다",  "이 됩니다", "です",
                                                  "である",  "となります", "となる",    "だ"};

constexpr int kMaxProseWords = 6;
// What may follow "the answer is" and is no answer of its own: "in the form p/q", "to be found".
constexpr std::array<string_view, 24> kProseStarts = {
    "in",      "to",      "of",     "that",      "expressed", "supposed", "given",      "not",
    "correct", "wrong",   "unique", "likely",    "unclear",   "probably", "consistent", "also",
    "still",   "already", "indeed", "incorrect", "as",        "required", "expected",   "rational"};

// "5! = 120" and "$5!$" are factorials.
bool IsFactorial(string_view line, size_t mark) {
  if (line[mark] != '!' || mark == 0) return false;
  const string_view next = absl::StripLeadingAsciiWhitespace(line.substr(mark + 1));
  return (absl::ascii_isalnum(line[mark - 1]) || line[mark - 1] == ')') && !next.empty() &&
         absl::StrContains("=+-*/^)}]$\\<>,;!", next.substr(0, 1));
}

bool IsAbbreviation(string_view line, size_t point) {
  size_t begin = point;
  while (begin > 0 && absl::ascii_isalpha(line[begin - 1])) --begin;
  const string_view word = line.substr(begin, point - begin);
  const bool initial = word.size() == 1 && begin > 0 && line[begin - 1] == '.';  // U.S.
  return point + 1 < line.size() &&
         (initial ||
          std::find(kAbbreviations.begin(), kAbbreviations.end(), word) != kAbbreviations.end());
}

template <size_t N>
string_view UpToFirst(string_view sentence, const std::array<string_view, N>& ends) {
  size_t end = sentence.size();
  for (const string_view mark : ends) end = std::min(end, sentence.find(mark));
  return sentence.substr(0, end);
}

}  // namespace

std::optional<string_view> FirstSentence(string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool mark = line[i] == '.' || line[i] == '!' || line[i] == '?';
    if (!mark || (i + 1 < line.size() && absl::ascii_isalnum(line[i + 1]))) continue;
    if (line[i] == '?') return std::nullopt;
    if (IsFactorial(line, i) || (line[i] == '.' && IsAbbreviation(line, i))) continue;
    return line.substr(0, i);
  }
  return line;
}

string_view FirstClause(string_view sentence, Clause clause) {
  return clause == Clause::kOfNumber ? UpToFirst(sentence, kNumberClauseEnds)
                                     : UpToFirst(sentence, kTextClauseEnds);
}

string_view WithoutCopula(string_view sentence) {
  string_view bare = absl::StripTrailingAsciiWhitespace(sentence);
  if (bare.empty() || static_cast<unsigned char>(bare.back()) < 0x80) return sentence;
  for (const string_view copula : kCopulas) {
    if (absl::ConsumeSuffix(&bare, copula)) return absl::StripTrailingAsciiWhitespace(bare);
  }
  return sentence;
}

bool IsProse(string_view text) {
  if (std::count(text.begin(), text.end(), ' ') >= kMaxProseWords) return true;
  if (absl::StrContains(text, "answer ")) return true;
  const string_view first = text.substr(0, text.find(' '));
  return std::find(kProseStarts.begin(), kProseStarts.end(), first) != kProseStarts.end();
}

bool IsConclusion(string_view line) {
  for (const string_view word : {"therefore", "thus", "hence", "so", "consequently", "finally"}) {
    if (absl::StartsWithIgnoreCase(line, word) && line.size() > word.size() &&
        !absl::ascii_isalnum(line[word.size()])) {
      return absl::EndsWith(line, ".");
    }
  }
  return false;
}

bool StartsWithDenial(string_view statement) {
  for (const string_view word : {"not ", "pas ", "nicht ", "neither ", "none of these because"}) {
    if (absl::StartsWithIgnoreCase(statement, word)) return true;
  }
  return false;
}

}  // namespace sextant
