#include "server/answer/last_line.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/formula_marks.h"
#include "server/answer/markup.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr int kMaxDecorationLines = 3;  // "$$" and "---" below the last line.
constexpr size_t kMaxBoldBytes = 100;
constexpr size_t kFormulaBytes = 4000;  // Of the end of a text, where open formulas are looked for.

// Whether `open` stands after the last `close`.
bool IsOpen(string_view text, string_view open, string_view close) {
  const size_t last_open = text.rfind(open);
  if (last_open == string_view::npos) return false;
  const size_t last_close = text.rfind(close);
  return last_close == string_view::npos || last_close < last_open;
}

bool IsEscaped(string_view text, size_t at) { return at > 0 && text[at - 1] == '\\'; }

bool HoldsClosedFormula(string_view text) {
  for (size_t at = text.find('$'); at != string_view::npos; at = text.find('$', at + 1)) {
    if (ClosesFormula(text, at)) return true;
  }
  return false;
}

size_t CountOf(string_view text, string_view mark) {
  size_t count = 0;
  for (size_t at = text.find(mark); at != string_view::npos; at = text.find(mark, at + mark.size()))
    ++count;
  return count;
}

// Single dollars that are neither escaped nor one of a pair.
size_t SingleDollars(string_view line) {
  size_t count = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '$' || IsEscaped(line, i)) continue;
    if (i + 1 < line.size() && line[i + 1] == '$') {
      ++i;
    } else {
      ++count;
    }
  }
  return count;
}

}  // namespace

// Lines that only close a formula, a list or a block of code.
bool IsDecoration(string_view line) {
  for (const char c : line) {
    if (absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// The last line that says something; a few lines of decoration may follow it.
string_view LastLine(string_view text) {
  string_view line;
  for (int lines = 0; lines <= kMaxDecorationLines && IsDecoration(line) && !text.empty();
       ++lines) {
    const size_t begin = text.find_last_of('\n') + 1;  // npos + 1 is the start of the text.
    line = absl::StripAsciiWhitespace(text.substr(begin));
    text = absl::StripTrailingAsciiWhitespace(text.substr(0, begin));
  }
  return line;
}

string_view ClosingFormula(string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  for (const auto& [open, close] :
       {std::pair<string_view, string_view>("$$", "$$"), {"\\[", "\\]"}}) {
    string_view inner = text;
    if (!absl::ConsumeSuffix(&inner, close)) continue;
    const string_view reach =
        inner.substr(inner.size() - std::min(inner.size(), kMaxStatementBytes));
    const size_t begin = reach.rfind(open);
    if (begin == string_view::npos) return "";
    return absl::StripAsciiWhitespace(reach.substr(begin + open.size()));
  }
  return "";
}

string_view SoleBold(string_view line) {
  line = absl::StripAsciiWhitespace(line);
  const bool is_item = absl::StartsWith(line, "#") || absl::StartsWith(line, "- ") ||
                       absl::StartsWith(line, "* ") ||
                       (!line.empty() && absl::ascii_isdigit(line[0]));
  if (is_item || line.empty() || !absl::StrContains(".*!", line.substr(line.size() - 1))) return "";
  const size_t open = line.find("**");
  const size_t close = open == string_view::npos ? open : line.find("**", open + 2);
  if (close == string_view::npos || line.find("**", close + 2) != string_view::npos) return "";
  const string_view bold = line.substr(open + 2, close - open - 2);
  const string_view after = line.substr(close + 2);
  if (bold.size() > kMaxBoldBytes || absl::EndsWith(bold, ":") || absl::StartsWith(after, ":")) {
    return "";
  }
  return bold;
}

string_view SoleFormula(string_view line) {
  string_view sole;
  for (const auto& [open, close] :
       {std::pair<string_view, string_view>("$", "$"), {"\\(", "\\)"}}) {
    const size_t begin = line.find(open);
    if (begin == string_view::npos) continue;
    const size_t inner = begin + open.size();
    const size_t end = line.find(close, inner);
    if (end == string_view::npos || end == inner || !sole.empty()) return "";
    if (line.find(open, end + close.size()) != string_view::npos) return "";
    sole = line.substr(inner, end - inner);
  }
  return sole;
}

bool EndsInLineOfItsOwn(string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const size_t break_at = text.rfind('\n');
  if (break_at == string_view::npos || break_at == 0 || text[break_at - 1] != '\n') return false;
  const string_view line = text.substr(break_at + 1);
  return !line.empty() && !absl::StrContains("#-*>|0123456789", line.substr(0, 1)) &&
         !absl::StrContains(".:;,?!", line.substr(line.size() - 1));
}

bool EndsInFormula(string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const string_view end = text.substr(text.size() - std::min(text.size(), kFormulaBytes));
  if (IsOpen(end, "\\[", "\\]") || IsOpen(end, "\\(", "\\)")) return true;
  const size_t display = end.rfind("$$");
  if (display != string_view::npos && CountOf(text, "$$") % 2 == 1 &&
      !absl::StrContains(end.substr(display), "\n\n")) {
    return true;
  }
  const string_view line = end.substr(end.find_last_of('\n') + 1);
  const size_t dollars = SingleDollars(line);
  if (dollars % 2 == 0) return false;
  return dollars > 1 || HoldsClosedFormula(end.substr(0, end.size() - line.size()));
}

}  // namespace sextant
