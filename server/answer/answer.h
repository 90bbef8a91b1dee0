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
  kText,     // Words, compared without case, spacing and punctuation.
  kRegex,    // What a regular expression of the caller captures.
};

absl::string_view AnswerKindName(AnswerKind kind);  // "auto", "integer", "number", "choice", ...
// The kind of that name; nullopt for any other text. Names are lower case.
std::optional<AnswerKind> ParseAnswerKind(absl::string_view name);
// "auto, integer, number, choice, text, regex": for messages that say what was expected.
std::string AnswerKindNames();

struct AnswerFormat {
  AnswerKind kind = AnswerKind::kAuto;
  // Texts of the options A, B, ...; may be empty. With kAuto they make the kind kChoice.
  std::vector<std::string> choices;
  std::string pattern;  // RE2 syntax; required for kRegex and refused for other kinds.
};

struct Answer {
  std::string canonical;  // Equal answers have equal canonical forms: the vote's class.
  std::string shown;      // As the text wrote it, trimmed.
  AnswerKind kind = AnswerKind::kAuto;  // What it was read as; never kAuto.
};

}  // namespace sextant
