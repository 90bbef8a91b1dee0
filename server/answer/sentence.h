// Where a statement ends and the text around it goes on.
#pragma once
#include <optional>

#include "absl/strings/string_view.h"

namespace sextant {

// The first sentence of a line, without its mark. A point inside a number, a factorial and the
// point of an abbreviation (St., U.S.) do not end it. nullopt for a question.
std::optional<absl::string_view> FirstSentence(absl::string_view line);

// The sentence up to where it begins to explain the answer: ", which", " because", " (".
enum class Clause {
  kOfNumber,  // Any comma and preposition ends it.
  kOfText,    // Only what cannot be a part of a name.
};
absl::string_view FirstClause(absl::string_view sentence, Clause clause);

// Without the verb that ends a sentence in Korean or Japanese after what it says: 204입니다,
// 204です.
absl::string_view WithoutCopula(absl::string_view sentence);

// Whether a folded text (see folded_text.h) reads like a sentence about the answer ("expressed in
// the form p/q", "to be found", more than a few words) and not like an answer.
bool IsProse(absl::string_view folded);

// Whether a line is a complete sentence that draws a conclusion: "Thus $x = 5$."
bool IsConclusion(absl::string_view line);

// "not Paris", "pas 5": a statement of what the answer is not.
bool StartsWithDenial(absl::string_view statement);

}  // namespace sextant
