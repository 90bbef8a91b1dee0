// What a judge of difficulty is asked, and how its answer is read. Pure; the simulator knows a
// judge's question by it.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

// The question about `problem`, whose first 64 KiB it holds word for word: how likely, from 0 to
// 100, a strong model is to fail, on a last line "Difficulty: N".
std::string JudgePrompt(absl::string_view problem);

// Whether `message` is such a question.
bool IsJudgePrompt(absl::string_view message);

// The probability, 0 to 1, on the last line of a judge's answer that is not blank. The line is
// "Difficulty: N" with a whole N from 0 to 100; letter case, spaces, Markdown's stars, and a
// percent sign or full stop after N do not matter. Anything else is no answer.
std::optional<double> ReadJudgement(absl::string_view answer);

}  // namespace sextant
