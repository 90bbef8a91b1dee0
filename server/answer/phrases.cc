#include "server/answer/phrases.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/answer/markup.h"
#include "server/answer/phrase_table.h"
#include "server/answer/statement_search.h"
#include "server/answer/unicode.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kMaxLineBytes = 400;     // Of what follows a phrase: an answer and a reason.
constexpr int kMaxPhrases = 32;           // Tried in one text; none of more says anything.
constexpr int kMaxLineBreaks = 3;         // Between a heading "Final answer" and what it announces.
constexpr size_t kDoubtBytes = 120;       // After a phrase, where it may be doubted.
constexpr size_t kBytesBefore = 32;       // Before a phrase, where it may be denied or supposed.
constexpr size_t kMarkBytes = 200;        // Before a phrase in its line, where marks are counted.
constexpr size_t kMaxClosingBytes = 400;  // Of a last line that says what something is.
constexpr size_t kMaxShortText = 2000;    // In longer ones a sentence says it only if it concludes.

// Words that turn the phrase after them into no statement. "n't " ends a longer word.
constexpr std::array<string_view, 10> kNoStatement = {"if ",    "whether ", "suppose ", "assuming ",
                                                      "not ",   "n't ",     "cannot ",  "perhaps ",
                                                      "maybe ", "possibly "};
constexpr size_t kSuppositions = 4;  // Of them, the first ones.
// What follows an answer that the model goes on to doubt.
constexpr std::array<string_view, 9> kDoubts = {"wait",          "hmm",      "hold on",
                                                "alternatively", "not sure", "i'm not ",
                                                "but i ",        "\nbut ",   "let me "};

// "if the answer is 5", "it is not option B", "perhaps the correct answer is".
bool IsDeniedOrSupposed(string_view before) {
  before = before.substr(before.size() - std::min(before.size(), kBytesBefore));
  for (const string_view denial : {"不", "别", "別", "如果", "若", "假设"}) {
    if (absl::EndsWith(before, denial)) return true;
  }
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
  const std::string words = absl::AsciiStrToLower(after.substr(0, kDoubtBytes));
  for (const string_view doubt : kDoubts) {
    const size_t at = words.find(doubt.data(), 0, doubt.size());
    if (at == std::string::npos || (at > 0 && absl::ascii_isalpha(words[at - 1]))) continue;
    // "Let me know if you have questions" ends many a conclusion.
    if (!absl::StartsWith(string_view(words).substr(at), "let me know")) return true;
  }
  return false;
}

// The marks that an answer may begin with, and what closes them.
struct Marks {
  string_view open;
  string_view close;
};
constexpr std::array<Marks, 9> kMarks = {{{"```", "```"},
                                          {"$$", "$$"},
                                          {"$", "$"},
                                          {"\\[", "\\]"},
                                          {"\\(", "\\)"},
                                          {"**", "**"},
                                          {"`", "`"},
                                          {"\"", "\""},
                                          {"\xE2\x80\x9C", "\xE2\x80\x9D"}}};

const Marks* MarksAt(string_view text) {
  for (const Marks& marks : kMarks) {
    if (absl::StartsWith(text, marks.open)) return &marks;
  }
  return nullptr;
}

// Where the answer after a phrase begins: it may stand in the next lines, in a formula of its own,
// in bold.
struct Start {
  string_view text;  // From the answer on.
  const Marks* outermost = nullptr;
  string_view opened;   // From after the outermost marks on.
  string_view dressed;  // From the outermost marks on.
};

// Whether the phrase itself stands in bold that is not closed yet.
enum class Bold { kClosed, kOpen };
Start SkipToAnswer(string_view text, Bold bold) {
  Start start;
  int line_breaks = 0;
  while (!text.empty()) {
    if (text[0] == '\n' && ++line_breaks > kMaxLineBreaks) return {};
    const Marks* marks = MarksAt(text);
    const bool closes = marks != nullptr && marks->open == "**" && bold == Bold::kOpen;
    if (marks != nullptr) {
      const bool fence = marks->open == "```";
      // The language of a block is no part of it.
      const size_t after = fence ? std::min(text.find('\n'), text.size()) : marks->open.size();
      if (start.outermost == nullptr && !closes) {
        start = {"", marks, text.substr(after), text};
      }
      if (closes) bold = Bold::kClosed;
      text.remove_prefix(after);
    } else if (absl::StrContains(" \t\r\n*_:>=", text.substr(0, 1))) {
      text.remove_prefix(1);
    } else if (absl::StartsWith(text, "\xEF\xBC\x9A")) {  // Full-width colon.
      text.remove_prefix(3);
    } else {
      break;
    }
  }
  start.text = text;
  return start;
}

// "or $205$", "and": what the marks hold is not the whole answer.
bool JoinsAnother(string_view rest) {
  rest = absl::StripLeadingAsciiWhitespace(rest);
  for (const string_view join : {"or ", "and ", "/", "+", "-", "=", "*", "^", ", $", "或", "和"}) {
    if (absl::StartsWith(rest, join) && !absl::StartsWith(rest, "**")) return true;
  }
  return false;
}

string_view Enclosed(const Start& start) {
  if (start.outermost == nullptr) return "";
  const string_view reach = start.opened.substr(0, kMaxStatementBytes);
  const string_view closing = start.outermost->close;
  const size_t close = reach.find(closing);
  if (close == string_view::npos) return "";
  const string_view inner = absl::StripAsciiWhitespace(reach.substr(0, close));
  // Bold and quotes end with their line.
  const bool lines = closing == "```" || closing == "$$" || closing == "\\]";
  if (!lines && absl::StrContains(inner, "\n")) return "";
  return JoinsAnother(reach.substr(close + closing.size())) ? "" : inner;
}

// Whether bold is open at `end`, by the marks in its line.
Bold BoldAt(string_view text, size_t end) {
  const size_t reach = std::min(end, kMarkBytes);
  string_view line = text.substr(end - reach, reach);
  line = line.substr(line.find_last_of('\n') + 1);
  int marks = 0;
  for (size_t at = line.find("**"); at != string_view::npos; at = line.find("**", at + 2)) ++marks;
  return marks % 2 == 1 ? Bold::kOpen : Bold::kClosed;
}

// The phrase whose answer begins at `begin` or after marks and line breaks.
Phrase ReadPhrase(string_view text, size_t begin) {
  const Start start = SkipToAnswer(text.substr(begin), BoldAt(text, begin));
  Phrase phrase;
  phrase.following = start.text;
  const size_t line_end = phrase.following.find('\n');
  phrase.ended = line_end != string_view::npos || phrase.following.size() > kMaxLineBytes;
  phrase.following = CutAtChar(phrase.following.substr(0, line_end), kMaxLineBytes);
  const size_t tag = phrase.following.find("</answer>");
  phrase.ended |= tag != string_view::npos;
  phrase.following = phrase.following.substr(0, tag);
  phrase.enclosed = Enclosed(start);
  phrase.dressed = phrase.following;
  if (start.outermost != nullptr) {
    const size_t marks = static_cast<size_t>(start.text.data() - start.dressed.data());
    const bool one_line = !absl::StrContains(start.dressed.substr(0, marks), "\n");
    if (one_line) phrase.dressed = start.dressed.substr(0, marks + phrase.following.size());
  }
  const size_t skipped = text.size() - begin - start.text.size();
  phrase.marked = start.text.empty() || skipped > 1 ||
                  (begin > 0 && absl::StrContains(":=>\n", text.substr(begin - 1, 1)));
  return phrase;
}

// Whether a sentence is a condition, or its last clause a denial or a guess: "it cannot be",
// "perhaps it is".
bool IsNoStatement(string_view said) {
  const std::string words = absl::StrCat(" ", absl::AsciiStrToLower(said));
  const string_view clause = string_view(words).substr(words.rfind(',') + 1);
  for (size_t i = 0; i < kNoStatement.size(); ++i) {
    const string_view reach = i < kSuppositions ? string_view(words) : clause;
    const size_t at = reach.find(kNoStatement[i]);
    if (at == string_view::npos) continue;
    const bool begins_a_word = at == 0 || reach[at - 1] == ' ';  // At 0 after a comma.
    if (kNoStatement[i] == "n't " || begins_a_word) return true;
  }
  return false;
}

string_view LastSentence(string_view line) {
  string_view before = line;
  absl::ConsumeSuffix(&before, ".");
  size_t begin = 0;
  for (const string_view end : {". ", "! ", "? "}) {
    const size_t at = before.rfind(end);
    if (at != string_view::npos) begin = std::max(begin, at + end.size());
  }
  return line.substr(begin);
}

// Where in a sentence the answer begins: after its only verb, or after the word or the label that
// it starts with when it has none. "The remainder is 7 when n is 20" may say either.
enum class Closing { kAny, kConcludes };
std::optional<size_t> EnglishClosingBegin(string_view sentence, Closing wanted) {
  const EnglishClosing& patterns = EnglishClosingPatterns();
  const re2::StringPiece whole(sentence.data(), sentence.size());
  re2::StringPiece start = whole;
  const bool concludes = RE2::Consume(&start, patterns.conclusion);
  if (wanted == Closing::kConcludes && !concludes) return std::nullopt;
  re2::StringPiece rest = whole;
  if (!RE2::FindAndConsume(&rest, patterns.verb)) {
    rest = start;
    if (!concludes && !RE2::Consume(&rest, patterns.label)) return std::nullopt;
    return sentence.size() - rest.size();
  }
  re2::StringPiece more = rest;
  if (RE2::FindAndConsume(&more, patterns.verb)) return std::nullopt;
  return sentence.size() - rest.size();
}

}  // namespace

bool AcceptLastPhrase(string_view text, const PhraseSearch& search,
                      absl::FunctionRef<bool(const Phrase&)> accept) {
  bool accepted = false;
  int tried = 0;
  AcceptLastMatch(text, PhrasePatterns(search.set), [&](const PatternMatch& match) {
    if (++tried > kMaxPhrases) return true;
    const PhrasePattern& pattern = PhraseAtIndex(match.pattern);
    if (IsDeniedOrSupposed(text.substr(0, match.begin))) return false;
    if (IsDenial(text.substr(match.begin, match.end - match.begin))) return false;
    const bool may_doubt =
        pattern.set != PhraseSet::kExplicit && search.doubted == Doubted::kPassOver;
    if (may_doubt && IsDoubted(text.substr(match.end))) return false;
    const size_t begin = match.group.data() != nullptr
                             ? static_cast<size_t>(match.group.data() - text.data())
                             : match.end;
    Phrase phrase = ReadPhrase(text, begin);
    phrase.begin = match.begin;
    phrase.labelled = pattern.labelled;
    accepted = accept(phrase);
    return accepted;
  });
  return accepted;
}

std::optional<Phrase> ClosingPhrase(string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const string_view line = text.substr(text.find_last_of('\n') + 1);
  const bool ended = absl::EndsWith(line, ".") || absl::EndsWith(line, "\xE3\x80\x82");
  if (!ended || line.size() > kMaxClosingBytes) return std::nullopt;
  re2::StringPiece rest(line.data(), line.size());
  size_t begin = static_cast<size_t>(line.data() - text.data());
  if (RE2::FindAndConsume(&rest, ClosingPattern())) {
    begin = static_cast<size_t>(rest.data() - text.data());
  } else if (absl::EndsWith(line, ".") && !absl::StrContains("-*#>|", line.substr(0, 1))) {
    const string_view sentence = LastSentence(line);
    const auto wanted = text.size() > kMaxShortText ? Closing::kConcludes : Closing::kAny;
    const std::optional<size_t> after = EnglishClosingBegin(sentence, wanted);
    if (!after.has_value() || IsNoStatement(sentence.substr(0, *after))) return std::nullopt;
    begin = static_cast<size_t>(sentence.data() - text.data()) + *after;
  } else {
    return std::nullopt;
  }
  const string_view said = text.substr(0, begin).substr(text.size() - line.size());
  if (IsDenial(said) || IsDoubted(line)) return std::nullopt;
  Phrase phrase = ReadPhrase(text, begin);
  phrase.begin = static_cast<size_t>(line.data() - text.data());
  phrase.ended = true;
  return phrase;
}

}  // namespace sextant
