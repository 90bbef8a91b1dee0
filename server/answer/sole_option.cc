#include "server/answer/sole_option.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxParagraphBytes = 1000;

// (B), but not the (S)- or CH(H) of a chemical name; **B** and **Option (B)**; option B.
// A group for the letter in each form.
constexpr char kNamedOption[] =
    R"((?:^|[\s*])\(([A-Z])\)(?:[^-_^\w]|$)|\*\*(?:(?i:option|choice|answer) )?\(?([A-Z])\)?[.:,]?\*\*)"
    R"(|\b(?i:option|choice|answer)(?: |\xC2\xA0|\xE2\x80\xAF)\(?([A-Z])\b)";

// What a paragraph says of an option that it turns down.
constexpr char kRejected[] =
    R"(^[)*\s.:,]*(?:is|are|was|can be|seems|looks)? ?(?:incorrect|wrong|not|false|invalid|unlikely)\b)";

// "does not match option B", "rather than (B)".
constexpr char kDenied[] =
    R"((?i:\b(?:not|cannot|neither|nor|than)(?: \w+)?(?: (?:to|with))? [*(]*(?:(?:option|choice|answer) )?[*(]*))"
    R"([A-Z]\b)";

// A line that begins with an option, and perhaps its verdict: "- **(A)** Incorrect. It ...".
constexpr char kListed[] =
    R"((?m)^[ \t>*+#-]*(?:(?i:option|choice) )?\(?([A-Z])[)*.:][)*_.: \t-]*)"
    R"((?:(?i:is )?(?:((?i:correct)(?:[.,:;!*]|\s*$))|((?i:incorrect|wrong|not correct)\b)))?)";
constexpr size_t kMaxListBytes = 8000;  // Of the end of a text that may hold such a list.
constexpr size_t kMinOthers = 2;  // Of two options, the one that is asked for may be the wrong one.

bool IsComplete(string_view paragraph) {
  return !paragraph.empty() && absl::StrContains(".!)*", paragraph.substr(paragraph.size() - 1));
}

bool IsInDoubt(string_view paragraph) {
  const std::string words = absl::AsciiStrToLower(paragraph);
  for (const string_view doubt :
       {"wait", "none of", "neither", "perhaps", "maybe", "not sure", "ruling out", "rules out",
        "ruled out", "eliminating option", "eliminates option", "is eliminated"}) {
    if (absl::StrContains(words, doubt)) return true;
  }
  return false;
}

}  // namespace

std::optional<char> SoleOption(string_view paragraph) {
  static const RE2& named_option = *new RE2(kNamedOption, RE2::Latin1);
  static const RE2& rejected = *new RE2(kRejected, RE2::Latin1);
  if (paragraph.size() > kMaxParagraphBytes) return std::nullopt;
  static const RE2& denied = *new RE2(kDenied, RE2::Latin1);
  if (!IsComplete(paragraph) || IsInDoubt(paragraph)) return std::nullopt;
  re2::StringPiece rest(paragraph.data(), paragraph.size());
  if (RE2::PartialMatch(rest, denied)) return std::nullopt;
  std::array<re2::StringPiece, 3> forms;
  std::optional<char> sole;
  while (RE2::FindAndConsume(&rest, named_option, &forms[0], &forms[1], &forms[2])) {
    if (RE2::PartialMatch(rest, rejected)) return std::nullopt;
    for (const re2::StringPiece& letter : forms) {
      if (letter.empty()) continue;
      if (sole.has_value() && *sole != letter[0]) return std::nullopt;
      sole = letter[0];
    }
  }
  return sole;
}

std::optional<char> OnlyCorrectOption(string_view text) {
  static const RE2& option = *new RE2(kListed, RE2::Latin1);
  if (text.size() > kMaxListBytes) text.remove_prefix(text.size() - kMaxListBytes);
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece letter;
  re2::StringPiece correct;
  re2::StringPiece incorrect;
  std::string listed;
  std::string called_correct;
  std::string turned_down;
  const auto add = [&letter](std::string& letters) {
    if (!absl::StrContains(letters, letter[0])) letters += letter[0];
  };
  while (RE2::FindAndConsume(&rest, option, &letter, &correct, &incorrect)) {
    rest.remove_prefix(std::min(rest.size(), rest.find('\n')));
    add(listed);
    if (!correct.empty()) add(called_correct);
    if (!incorrect.empty()) add(turned_down);
  }
  if (called_correct.size() != 1 || listed.size() < 1 + kMinOthers) return std::nullopt;
  if (absl::StrContains(turned_down, called_correct[0])) return std::nullopt;
  return called_correct[0];
}

}  // namespace sextant
