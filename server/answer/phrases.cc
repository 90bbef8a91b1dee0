#include "server/answer/phrases.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxLineBytes = 400;  // Of what follows a phrase: an answer and a reason.
constexpr int kMaxPhrases = 64;        // Tried in one text; none of more says anything.
constexpr int kMaxLineBreaks = 3;      // Between a heading "Final answer" and what it announces.
constexpr size_t kBytesBefore = 32;    // Before a phrase, where it may be denied or supposed.
constexpr size_t kBytesAfter = 120;    // After a phrase, where it may be doubted.

// The phrases of a set include those of the sets before it. In a pattern, SAYS stands for what
// leads from the phrase to the answer, and RIGHT for the words that praise an option.
struct PhrasePattern {
  PhraseSet set;
  bool labelled;        // See Phrase.
  string_view pattern;  // A capturing group, where there is one, is where the answer begins.
};
constexpr std::array<PhrasePattern, 7> kPhrases = {{
    {PhraseSet::kExplicit, false, R"(\bfinal answer\bSAYS)"},
    {PhraseSet::kExplicit, false, R"(<answer>)"},
    {PhraseSet::kAnswer, false, R"(\banswer\bSAYS)"},
    {PhraseSet::kChoice, false, R"(\bRIGHT \w+\bSAYS)"},
    {PhraseSet::kChoice, true,
     R"(\b(?:match(?:es|ing|ed by)?|correspond(?:s|ing)? (?:to|with)|is|selects?|chooses?|pick|given by)"
     R"(|(?:found|described|shown|stated) in|represented by|aligns with|agrees with),?\s+)"
     R"((?:the )?(?:answer )?[*_(\[]*(?:option|choice)\b)"},
    {PhraseSet::kChoice, true,
     R"((?:^|[\s(*_\[{])((?-i:[A-Z])[)*_\]}]*),? (?:is|must be|remains|as) )"
     R"((?:(?:therefore|thus|indeed|clearly|also|the|only|most) )*RIGHT\b)"},
    {PhraseSet::kChoice, true,
     R"(\b(?:making|makes|make|leaving|leaves|leave) [*_(\[]*(?:option |choice )?[*_(\[]*)"
     R"(((?-i:[A-Z])[)*_\]}]*) (?:as )?(?:the )?(?:only |most )?RIGHT\b)"},
}};
constexpr string_view kSays =
    R"((?:[^.\n:=?!]{0,80}?\b(?:is|be|was|equals)\b|[*_ ]*[:=]|[*_ ]*\n))"
    R"((?:[\s:*_$]*\b(?:therefore|thus|then|simply|just|indeed|exactly|equal to|given by|clearly|likely)\b)*)";
constexpr string_view kRight =
    R"((?:correct|right|best|appropriate|valid|accurate|suitable|plausible))";

// One of these words is in every phrase of the sets up to kAnswer, and of all sets.
constexpr char kAnswerHint[] = "answer";
constexpr char kChoiceHint[] = "answer|option|choice|RIGHT";

class Patterns {
 public:
  Patterns() {
    for (const PhrasePattern& phrase : kPhrases) {
      compiled_.emplace_back(Expanded(phrase.pattern), Options());
      all_.push_back(&compiled_.back());
    }
  }

  PatternSet UpTo(PhraseSet set) const {
    const auto beyond = [set](const PhrasePattern& phrase) { return phrase.set > set; };
    const auto count = std::find_if(kPhrases.begin(), kPhrases.end(), beyond) - kPhrases.begin();
    return {absl::MakeConstSpan(all_).first(static_cast<size_t>(count)),
            set == PhraseSet::kChoice ? &choice_hint_ : &answer_hint_};
  }

 private:
  static RE2::Options Options() {
    RE2::Options options(RE2::Latin1);  // The patterns are ASCII, and bytes match faster.
    options.set_case_sensitive(false);
    return options;
  }
  static std::string Expanded(string_view pattern) {
    return absl::StrReplaceAll(pattern, {{"SAYS", kSays}, {"RIGHT", kRight}});
  }

  std::deque<RE2> compiled_;
  std::vector<const RE2*> all_;
  RE2 answer_hint_{Expanded(kAnswerHint), Options()};
  RE2 choice_hint_{Expanded(kChoiceHint), Options()};
};

// Words that turn the phrase after them into no statement. "n't " ends a longer word.
constexpr std::array<string_view, 10> kNoStatement = {"if ",    "whether ", "suppose ", "assuming ",
                                                      "not ",   "n't ",     "cannot ",  "perhaps ",
                                                      "maybe ", "possibly "};
// What follows an answer that the model goes on to doubt.
constexpr std::array<string_view, 9> kDoubts = {"wait",          "hmm",      "hold on",
                                                "alternatively", "not sure", "i'm not ",
                                                "but i ",        "\nbut ",   "let me "};

// "if the answer is 5", "it is not option B", "perhaps the correct answer is".
bool IsDeniedOrSupposed(string_view before) {
  before = before.substr(before.size() - std::min(before.size(), kBytesBefore));
  const std::string words = absl::AsciiStrToLower(before.substr(before.find_last_of(".\n") + 1));
  for (const string_view word : kNoStatement) {
    const size_t at = words.rfind(word.data(), std::string::npos, word.size());
    if (at == std::string::npos) continue;
    const string_view between =
        absl::StripAsciiWhitespace(string_view(words).substr(at + word.size()));
    const bool starts_word = at == 0 || !absl::ascii_isalpha(words[at - 1]) || word == "n't ";
    // An article and an adjective may stand between.
    if (starts_word && std::count(between.begin(), between.end(), ' ') <= 1) return true;
  }
  return false;
}

// "The answer is 66. But I'm not sure." Thinking aloud goes on like that; a conclusion does not.
bool IsDoubted(string_view after) {
  const std::string words = absl::AsciiStrToLower(after.substr(0, kBytesAfter));
  for (const string_view doubt : kDoubts) {
    const size_t at = words.find(doubt.data(), 0, doubt.size());
    if (at == std::string::npos || (at > 0 && absl::ascii_isalpha(words[at - 1]))) continue;
    // "Let me know if you have questions" ends many a conclusion.
    if (!absl::StartsWith(string_view(words).substr(at), "let me know")) return true;
  }
  return false;
}

// The answer may stand in the next lines, in a formula of its own, in bold.
string_view SkipToAnswer(string_view text) {
  int line_breaks = 0;
  while (!text.empty()) {
    if (text[0] == '\n' && ++line_breaks > kMaxLineBreaks) return "";
    if (absl::StartsWith(text, "\\[") || absl::StartsWith(text, "\\(")) {
      text.remove_prefix(2);
    } else if (absl::StrContains(" \t\r\n*_:$`>\"=", text.substr(0, 1))) {
      text.remove_prefix(1);
    } else {
      break;
    }
  }
  return text;
}

Phrase PhraseAt(string_view text, size_t begin, bool labelled) {
  string_view following = SkipToAnswer(text.substr(begin));
  const size_t line_end = following.find('\n');
  const bool ended = line_end != string_view::npos || following.size() > kMaxLineBytes;
  following = following.substr(0, std::min(line_end, kMaxLineBytes));
  return {following.substr(0, following.find("</answer>")), labelled,
          ended || absl::StrContains(following, "</answer>")};
}

}  // namespace

bool AcceptLastPhrase(string_view text, PhraseSet set,
                      absl::FunctionRef<bool(const Phrase&)> accept) {
  static const Patterns& patterns = *new Patterns;
  bool accepted = false;
  int tried = 0;
  AcceptLastMatch(text, patterns.UpTo(set), [&](const PatternMatch& match) {
    if (++tried > kMaxPhrases) return true;
    const PhrasePattern& phrase = kPhrases[match.pattern];
    if (IsDeniedOrSupposed(text.substr(0, match.begin))) return false;
    if (phrase.set != PhraseSet::kExplicit && IsDoubted(text.substr(match.end))) return false;
    const size_t begin = match.group.data() != nullptr
                             ? static_cast<size_t>(match.group.data() - text.data())
                             : match.end;
    accepted = accept(PhraseAt(text, begin, phrase.labelled));
    return accepted;
  });
  return accepted;
}

}  // namespace sextant
