// What an answer is: its kind, the caller's description of it, and its canonical form.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

enum class AnswerKind {
  kAuto,     // Found out from the text: a letter, a number or text.
  kInteger,  // Any number of digits up to 1,000; may be 0 or negative.
  kNumber,   // An exact rational: decimals, fractions, percent, powers of ten.
  kChoice,   // The letter of an option.
  kMath,     // A mathematical expression; text where the answer is none.
  kText,     // Words, compared without case, articles, spacing and punctuation.
  kJson,     // A value inside a JSON answer.
  kRegex,    // What a regular expression of the caller captures.
};

absl::string_view AnswerKindName(AnswerKind kind);  // "auto", "integer", "number", "choice", ...
// The kind of that name; nullopt for any other text. Names are lower case.
std::optional<AnswerKind> ParseAnswerKind(absl::string_view name);
// "auto, integer, number, choice, math, ...": for messages that say what was expected.
std::string AnswerKindNames();

struct AnswerFormat {
  AnswerKind kind = AnswerKind::kAuto;
  // Texts of the options A, B, ...; may be empty. With kAuto they make the kind kChoice.
  std::vector<std::string> choices;
  std::string pattern;  // RE2 syntax; required for kRegex and refused for other kinds.
  // RFC 6901: which value of the JSON answer is meant; empty means the whole. For kJson, and for
  // kAuto, which it makes kJson.
  std::string pointer;
};

struct Answer {
  std::string canonical;  // Normal form that is shown: "3/4", "sqrt(2)/2", "B", "eiffel tower".
  std::string shown;      // As the text wrote it, trimmed.
  AnswerKind kind = AnswerKind::kAuto;  // What it was read as; never kAuto.
  // Identity of the answer with all that was written: "5 cm" is 1/20 m, "x = 5" an equation. Empty
  // means the canonical form.
  std::string key;
  // What it would be if it were written bare: 5 for both. Empty means the key.
  std::string loose_key;

  const std::string& Key() const { return key.empty() ? canonical : key; }
  const std::string& LooseKey() const { return loose_key.empty() ? Key() : loose_key; }
};

// Whether two answers say the same: their keys are equal, or one is written bare and equals what
// the other says without its unit or name. So 5 cm equals 5 and 0.05 m, and 5 m equals 5 as well,
// but 5 cm does not equal 5 m: not transitive.
bool SameAnswer(const Answer& a, const Answer& b);

}  // namespace sextant
