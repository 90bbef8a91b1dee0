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
  kMath,  // An expression, tuple, set, interval, matrix or equation, in LaTeX or plain; else words.
  kText,  // Words, compared without case, spacing and punctuation.
  kJson,  // A value inside a JSON answer.
  kRegex,  // What a regular expression of the caller captures.
};

absl::string_view AnswerKindName(AnswerKind kind);  // "auto", "integer", "number", "choice", ...
// The kind of that name; nullopt for any other text. Names are lower case.
std::optional<AnswerKind> ParseAnswerKind(absl::string_view name);
// "auto, integer, number, choice, math, text, json, regex": for messages that say what was
// expected.
std::string AnswerKindNames();

struct AnswerFormat {
  AnswerKind kind = AnswerKind::kAuto;
  // Texts of the options A, B, ...; may be empty. With kAuto they make the kind kChoice.
  std::vector<std::string> choices;
  std::string pattern;  // RE2 syntax; required for kRegex and refused for other kinds.
  std::string pointer;  // RFC 6901; for kJson, and refused for other kinds. Empty: the whole value.
};

struct Answer {
  std::string canonical;                // The normal form to show; its own canonical form.
  std::string shown;                    // As the text wrote it, trimmed.
  AnswerKind kind = AnswerKind::kAuto;  // What it was read as; never kAuto.
  std::string key = {};                 // See Key(). Empty: the canonical form.
  std::string loose_key = {};           // See LooseKey(). Empty: the key.

  // Names the class of equal answers.
  absl::string_view Key() const { return key.empty() ? canonical : key; }
  // The key that it would have if it were written bare: that of "5" for "5 cm", for "$5" and for
  // "x = 5". Bare answers, which most are, have their own key here.
  absl::string_view LooseKey() const { return loose_key.empty() ? Key() : loose_key; }
};

// Whether two answers are the same, where a bare one ("5") is the same as a dressed one ("5 cm").
// Symmetric, but not transitive: 5 cm = 5 = 5 m. A vote makes classes of them: see Ballot.
bool SameAnswer(const Answer& a, const Answer& b);

}  // namespace sextant
