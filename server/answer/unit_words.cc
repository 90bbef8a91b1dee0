#include "server/answer/unit_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/answer/markup.h"

namespace sextant {
namespace {

using absl::string_view;

// Units that stand for themselves even as one letter or without a space before them.
constexpr std::array<string_view, 41> kUnits = {
    "m",   "s",   "g",   "h",  "K",   "N",   "J",   "W",   "V",  "L",  "l",  "cm",  "mm", "km",
    "dm",  "nm",  "kg",  "mg", "ms",  "min", "hr",  "hrs", "in", "ft", "mi", "kJ",  "kW", "Hz",
    "kHz", "MHz", "GHz", "eV", "keV", "MeV", "GeV", "mol", "mL", "ml", "Pa", "kPa", "USD"};
// Units and counting words of Chinese, Japanese and Korean, which follow a number without a space.
constexpr std::array<string_view, 45> kEastAsianUnits = {
    "个",   "個",   "元", "分钟", "分鐘", "小时", "小時", "秒",       "天",      "年", "米", "厘米",
    "千米", "公里", "克", "千克", "公斤", "种",   "種",   "人",       "次",      "度", "岁", "只",
    "条",   "件",   "张", "名",   "位",   "对",   "组",   "円",       "通り",    "개", "원", "분",
    "시간", "초",   "명", "가지", "도",   "번",   "세",   "평방미터", "平方厘米"};
// Words that make a number part of something else: "5 or 6", "3 times larger", "2 pi".
constexpr std::array<string_view, 46> kNoUnits = {
    "or",    "and",     "to",    "plus",    "minus",    "times",   "over",    "if",
    "when",  "is",      "are",   "was",     "mod",      "modulo",  "not",     "but",
    "than",  "less",    "more",  "hundred", "thousand", "million", "billion", "trillion",
    "dozen", "pi",      "sqrt",  "ln",      "log",      "sin",     "cos",     "tan",
    "exp",   "squared", "cubed", "where",   "with",     "out",     "between", "from",
    "by",    "for",     "in",    "so",      "then",     "greater"};
constexpr size_t kMaxUnitWords = 4;
constexpr size_t kMaxUnitBytes = 60;

template <size_t N>
bool Contains(const std::array<string_view, N>& words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsPowerOfUnit(string_view text) {
  return text.empty() || text == "\xC2\xB2" || text == "\xC2\xB3" || text == "^2" || text == "^3" ||
         text == "^{2}" || text == "^{3}" || text == "^-1" || text == "^{-1}" || text == "^-2" ||
         text == "^{-2}";
}

// A word that may follow a number as its unit; `attached` to it without a space ("5cm", not "5x").
bool IsUnitWord(string_view word, string_view before) {
  size_t letters = 0;
  while (letters < word.size() && absl::ascii_isalpha(word[letters])) ++letters;
  const string_view name = word.substr(0, letters);
  if (name.empty() || !IsPowerOfUnit(word.substr(letters))) return false;
  if (Contains(kUnits, name)) return name != "in" || before.empty();
  return letters > 1 && !before.empty() && !Contains(kNoUnits, absl::AsciiStrToLower(name));
}

}  // namespace

// "" | "cm" | " minutes" | "°" | " m/s^2" | " square units" ...
bool IsUnit(string_view rest) {
  if (rest.empty()) return true;
  if (rest.size() > kMaxUnitBytes) return false;
  if (Contains(kEastAsianUnits, absl::StripLeadingAsciiWhitespace(rest))) return true;
  if (absl::ConsumePrefix(&rest, "^")) {
    if (!absl::StartsWith(rest, kDegreeSign) && !absl::StartsWith(rest, "{")) return false;
    absl::ConsumePrefix(&rest, "{");
    if (rest.empty()) return false;  // "10^{" is cut off.
  }
  if (absl::ConsumePrefix(&rest, kDegreeSign)) {
    absl::ConsumePrefix(&rest, "}");
    rest = absl::StripAsciiWhitespace(rest);
    return rest.empty() || rest == "C" || rest == "F";
  }
  const string_view before = rest.front() == ' ' ? " " : "";
  const std::vector<string_view> words =
      absl::StrSplit(rest, absl::ByAnyChar(" /*"), absl::SkipEmpty());
  if (words.size() > kMaxUnitWords) return false;
  bool first = true;
  for (const string_view word : words) {
    if (!IsUnitWord(word, first ? before : " ")) return false;
    first = false;
  }
  return true;
}

}  // namespace sextant
