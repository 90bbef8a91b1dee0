#include "server/answer/phrase_table.h"

#include <algorithm>
#include <array>
#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "server/answer/phrase_words.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxPhraseBytes = 400;  // The longest match of any pattern, by its repetitions.

// SAYS, NOUN_SAYS, CJK_SAYS: what leads from the phrase to the answer. RIGHT: words that praise an
// option. LETTER: an option's letter in marks, as the answer.
constexpr std::array<PhrasePattern, 21> kPhrases = {{
    {PhraseSet::kExplicit, false, kAnswerWord, R"(\bfinal answer\bSAYS)"},
    {PhraseSet::kExplicit, false, kAnswerWord, R"(<answer>)"},
    {PhraseSet::kExplicit, false, kChineseWord,
     R"((?-i:最终(?:的)?答案|最後(?:的)?答案|最終(?:的)?答案|最終的な答え)CJK_SAYS)"},
    {PhraseSet::kExplicit, false, kKoreanWord,
     R"((?-i:최종 ?(?:정답|답|답안))(?:은|는|이)?KOREAN_SAYS)"},
    {PhraseSet::kExplicit, false, kRomanceWord,
     R"(\b(?:respuesta final|resposta final|risposta finale|r(?:é|e)ponse finale)NOUN_SAYS)"},
    {PhraseSet::kExplicit, false, kAnswerWord, R"(\bendg(?:ü|ue)ltige antwortNOUN_SAYS)"},
    {PhraseSet::kAnswer, false, kAnswerWord, R"(\banswer\bSAYS)"},
    {PhraseSet::kAnswer, false, kChineseWord,
     R"((?-i:答案CJK_SAYS|答え?は|答え?[*_ ]*(?::|：)|(?:解答|正解)(?:は|[*_ ]*(?::|：)))[\s、]*)"},
    {PhraseSet::kAnswer, false, kKoreanWord, R"((?-i:(?:정답|답|답안)(?:은|는|이)?KOREAN_SAYS))"},
    {PhraseSet::kAnswer, false, kRomanceWord,
     R"(\b(?:respuesta|resposta|risposta|r(?:é|e)ponse)NOUN_SAYS)"},
    {PhraseSet::kAnswer, false, kAnswerWord, R"(\bantwortNOUN_SAYS)"},
    {PhraseSet::kAnswer, false, kRussianWord, R"((?-i:(?:О|о)твет)NOUN_SAYS)"},
    {PhraseSet::kChoice, false, kPraiseWord, R"(\bRIGHT \w+\bSAYS)"},
    {PhraseSet::kChoice, true, kOptionWord,
     R"(\b(?:match(?:es|ing|ed by)?|correspond(?:s|ing)? (?:to|with)|is|selects?|chooses?|pick|given by)"
     R"(|(?:found|described|shown|stated) in|represented by|aligns with|agrees with),?\s+)"
     R"((?:the )?(?:answer )?[*_(\[]*(?:option|choice)\b)"},
    {PhraseSet::kChoice, true, kPraiseWord,
     R"((?:^|[\s(*_\[{])LETTER,? (?:is|must be|remains|as) )"
     R"((?:(?:therefore|thus|indeed|clearly|also|the|only|most) )*RIGHT\b)"},
    {PhraseSet::kChoice, true, kPraiseWord,
     R"(\b(?:making|makes|make|leaving|leaves|leave) [*_(\[]*(?:option |choice )?[*_(\[]*)"
     R"(LETTER (?:as )?(?:the )?(?:only |most )?RIGHT\b)"},
    {PhraseSet::kChoice, true, kLeavingWord,
     R"(\b(?:leaving|leaves)(?: us)?(?: with)?(?: only| just)? [*_(\[]*(?:option |choice )?[*_(\[]*)"
     R"(LETTER(?: as the answer)?[.!])"},
    {PhraseSet::kChoice, true, kChineseWord,
     R"((?-i:(?:故|应|應|因此|所以|答案|应该|我)(?:选择|選擇|选|選)|(?:选择|選擇)|选|選)[\s*_:：]*(?:选项|選項|项|項)?[\s*_:：]*)"},
    {PhraseSet::kChoice, true, kChineseWord,
     R"((?-i:(?:选项|選項)[\s*_(]*([A-Z][)*_\]}]*)\s*(?:是|为|為)?(?:唯一)?(?:的)?(?:正确|正確|对的|對的)))"},
    {PhraseSet::kChoice, true, kChineseWord,
     R"((?-i:(?:正确|正確)(?:的)?(?:选项|選項|選択肢)[\s*_]*(?:应为|應為|应是|是|为|為|は|：|:)[\s*_]*))"},
    {PhraseSet::kChoice, true, kChineseWord,
     R"((?-i:([A-Z])[)*_\]}]*\s*(?:选项|選項)(?:是|为|為)?(?:唯一)?(?:正确|正確)))"},
}};

constexpr string_view kSays =
    R"((?:[^.\n:=?!]{0,80}?\b(?:is|be|was|equals)\b|[*_ ]*(?:[:=]|：)|[*_ ]*\n))"
    R"((?:[\s:*_$]*\b(?:therefore|thus|then|simply|just|indeed|exactly|equal to|given by|clearly|likely)\b)*)";
constexpr string_view kNounSays =
    R"((?:[^.\n:=?!]{0,60}?(?:\b(?:es|est|ist|lautet|sera|ser[aá]|vale)\b| (?:é|è|равен|равна|—) )|[*_ ]*[:=]|[*_ ]*\n))"
    R"((?: (?:donc|also|somit|folglich|entonces|portanto|quindi)\b)?)";
constexpr string_view kChineseSays =
    R"((?:[^\n.:]{0,60}?(?:是|为|為|等于|等於|は|选|選|[*_ ]*:|：|】)|[*_ ]*\n)\s*(?:：|选项|選項)?)";
constexpr string_view kKoreanSays = R"((?:[*_ ]*(?:[:=]|：)|[*_]* |[*_ ]*\n))";
constexpr string_view kRight =
    R"((?:correct|right|best|appropriate|valid|accurate|suitable|plausible))";
constexpr string_view kLetter = R"(((?-i:[A-Z])[)*_\]}]*))";
constexpr char kClosing[] =
    R"((?:因此|所以|故|综上|따라서|그러므로)[^\n]{0,200}(?:是|为|為|等于|은 |는 |이 |가 |=))";

constexpr char kVerb[] =
    R"(\b(?:is|are|was|were|must be|equals|costs)\b|\b(?:it|that|this)['’]s\b)";
constexpr char kConclusion[] =
    R"((?:therefore|thus|hence|so|consequently|finally|overall|altogether|in total|in conclusion)\b,?)";
constexpr char kLabel[] = R"([A-Za-z][A-Za-z ]{0,40}:)";

constexpr RE2::Options::Encoding kBytes = RE2::Options::EncodingLatin1;
constexpr RE2::Options::Encoding kUtf8 = RE2::Options::EncodingUTF8;

std::string Expanded(string_view pattern) {
  return absl::StrReplaceAll(pattern, {{"NOUN_SAYS", kNounSays},
                                       {"CJK_SAYS", kChineseSays},
                                       {"KOREAN_SAYS", kKoreanSays},
                                       {"SAYS", kSays},
                                       {"RIGHT", kRight},
                                       {"LETTER", kLetter}});
}

// Bytes match faster where a pattern begins in ASCII. RE2 as Debian 12 has it does not find a
// pattern in Latin-1 that begins with bytes above 127 that its alternatives share.
RE2::Options PatternOptions(RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_encoding(encoding);
  options.set_case_sensitive(false);
  return options;
}

bool HoldsAny(string_view text, std::initializer_list<string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](string_view word) { return absl::StrContains(text, word); });
}

class Patterns {
 public:
  Patterns() {
    for (const PhrasePattern& phrase : kPhrases) {
      const bool is_ascii =
          (phrase.words & (kAnswerWord | kOptionWord | kPraiseWord | kLeavingWord)) != 0;
      compiled_.emplace_back(Expanded(phrase.pattern), PatternOptions(is_ascii ? kBytes : kUtf8));
      all_.push_back({&compiled_.back(), phrase.words});
    }
  }

  PatternSet UpTo(PhraseSet set) const {
    const auto beyond = [set](const PhrasePattern& phrase) { return phrase.set > set; };
    const auto count = std::find_if(kPhrases.begin(), kPhrases.end(), beyond) - kPhrases.begin();
    return {absl::MakeConstSpan(all_).first(static_cast<size_t>(count)),
            set == PhraseSet::kChoice ? &FindChoiceWords : &FindAnswerWords, kMaxPhraseBytes};
  }

 private:
  std::deque<RE2> compiled_;
  std::vector<WordedPattern> all_;
};

}  // namespace

const PhrasePattern& PhraseAtIndex(size_t index) { return kPhrases[index]; }

PatternSet PhrasePatterns(PhraseSet set) {
  static const Patterns& patterns = *new Patterns;
  return patterns.UpTo(set);
}

const RE2& ClosingPattern() {
  static const RE2& closing = *new RE2(kClosing, PatternOptions(kUtf8));
  return closing;
}

const EnglishClosing& EnglishClosingPatterns() {
  static const EnglishClosing& patterns = *new EnglishClosing{{kVerb, PatternOptions(kUtf8)},
                                                              {kConclusion, PatternOptions(kUtf8)},
                                                              {kLabel, PatternOptions(kUtf8)}};
  return patterns;
}

bool IsDenial(string_view phrase) {
  return HoldsAny(phrase,
                  {"不是", "不为", "不選", "不选", "并非", "非选", " no es", " no ser", "n'est",
                   "n\xE2\x80\x99"
                   "est",
                   " nicht ", "não é", "non è", " не "});
}

}  // namespace sextant
