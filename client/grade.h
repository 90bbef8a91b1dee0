// Offline grading: reads answers out of recorded texts by the rules of the server and compares them
// with the truth.
#pragma once
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sextant {

struct GradeOptions {
  // JSON lines, plain or gzip. A row has `answer`, `answer_kind` and a text in `output`, else
  // `text`, else `tail`; and optionally `reasoning`, `choices`, `pattern`, `dataset` and `id`.
  std::vector<std::string> files;
  std::string out;  // When set, rows are written there with `read` added: canonical, or NO_ANSWER.
  bool json = false;  // One JSON object instead of the table.
};

// Grades every row and prints a table by kind and data set (accuracy, rows, rows without an answer,
// texts per second of reading), or with `json` one object: accuracy, no_answer, texts, seconds, and
// `rows` of {id, correct, extracted} for rows that have an id. NOT_FOUND when a file cannot be
// opened, INVALID_ARGUMENT naming file:line for a malformed row, DATA_LOSS for a damaged gzip file.
// After an error nothing is printed and `options.out` is as it was before.
absl::Status Grade(const GradeOptions& options, std::ostream& out);

}  // namespace sextant
