// Offline grading: reads answers out of recorded texts by the rules of the server and compares them
// with the truth.
#pragma once
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sextant {

struct GradeOptions {
  std::vector<std::string> files;  // JSON lines, plain or gzip; grade_row.h says what a row has.
  std::string out;  // When set, rows are written there with `read` added: canonical, or NO_ANSWER.
  bool json = false;  // One JSON object instead of the table.
  int show = 0;       // Disagreements to show: where, what was expected and read, the text's end.
};

// Grades every row and prints a table by kind and data set (accuracy, rows, rows without an answer,
// texts per second of reading), or with `json` one object: accuracy, no_answer, texts, seconds,
// unreadable_answers, `rows` of {id, correct, extracted} for rows that have an id, and with `show`
// `disagreements` of {place, kind, expected, read, ending}. A row whose true answer is none of its
// kind counts as wrong, and the report says how many there are. NOT_FOUND when a file cannot be
// opened, INVALID_ARGUMENT naming file:line for a malformed row, DATA_LOSS for a damaged gzip file.
// After an error nothing is printed and `options.out` is as it was before.
absl::Status Grade(const GradeOptions& options, std::ostream& out);

}  // namespace sextant
