// The problems of an evaluation: JSON lines with `dataset`, `problem_id`, `prompt`, `answer` and
// `answer_kind`, and where the kind needs them `choices`, `pattern` or `pointer`. Other keys are
// ignored.
#pragma once
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct Problem {
  std::string dataset;
  std::string id;  // As JSON: 7 or "seven", so that a row repeats it as it was.
  std::string prompt;
  v1::AnswerFormat format;
  std::string answer;  // The true one; never empty.
};

// Reads the problems of `path`, up to 1 GiB. NOT_FOUND when there is no such file; INVALID_ARGUMENT
// with file:line for the first row that is wrong, and when there is no row at all.
absl::StatusOr<std::vector<Problem>> ReadProblems(const std::string& path);

// The same for text; `name` stands for the file in messages.
absl::StatusOr<std::vector<Problem>> ParseProblems(absl::string_view text, absl::string_view name);

}  // namespace sextant
