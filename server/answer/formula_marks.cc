#include "server/answer/formula_marks.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sextant {
namespace {

using absl::string_view;

bool IsEscaped(string_view text, size_t at) { return at > 0 && text[at - 1] == '\\'; }

// Whether a dollar that no formula is open at begins one: the next dollar then closes it.
bool OpensFormula(string_view text, size_t dollar) {
  size_t next = text.find('$', dollar + 1);
  while (next != string_view::npos && IsEscaped(text, next)) next = text.find('$', next + 1);
  return next != string_view::npos && ClosesFormula(text, next);
}

bool MayBeMark(char c) { return c == '$' || c == '*' || c == '\\' || c == '`'; }

// Marks of two characters, of which nothing stays.
bool IsMarkOfTwo(string_view text) {
  for (const string_view mark : {"$$", "**", "\\(", "\\)", "\\[", "\\]"}) {
    if (absl::StartsWith(text, mark)) return true;
  }
  return false;
}

}  // namespace

bool ClosesFormula(string_view text, size_t dollar) {
  if (dollar == 0 || IsEscaped(text, dollar) || absl::ascii_isspace(text[dollar - 1])) return false;
  return dollar + 1 == text.size() || !absl::ascii_isdigit(text[dollar + 1]);
}

bool MayHaveFormulaMarks(string_view statement) {
  for (size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (!MayBeMark(c)) continue;
    if (c != '\\') return true;
    const char next = i + 1 < statement.size() ? statement[i + 1] : '(';
    if (next == '(' || next == ')' || next == '[' || next == ']') return true;
  }
  return false;
}

std::string WithoutFormulaMarks(string_view statement) {
  std::string bare;
  bare.reserve(statement.size());
  bool in_formula = false;
  for (size_t at = 0; at < statement.size();) {
    size_t mark = at;
    while (mark < statement.size() && !MayBeMark(statement[mark])) ++mark;
    bare.append(statement.data() + at, mark - at);
    at = mark;
    const string_view rest = statement.substr(at);
    if (rest.empty()) break;
    if (IsMarkOfTwo(rest)) {
      at += 2;
    } else if (rest[0] == '\\') {  // With what it escapes: \$ and \\ are no marks.
      bare.append(rest.data(), rest.substr(0, 2).size());
      at += 2;
    } else if (rest[0] == '`') {
      ++at;
    } else if (rest[0] == '$' && (in_formula || OpensFormula(statement, at) || rest.size() == 1)) {
      in_formula = !in_formula;
      ++at;
    } else {
      bare += rest[0];
      ++at;
    }
  }
  return bare;
}

}  // namespace sextant
