// One row of texts to grade: what was said, what is true, and what an answer looks like.
#pragma once
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "server/answer/answer.h"

namespace sextant {

struct GradeRow {
  AnswerFormat format;
  std::string answer;  // The true one, as the row has it; JSON text for kind json.
  std::string reasoning;
  std::string text;
  std::string dataset;  // "-" where the row names none.
};

// From one JSON object: `answer`, `answer_kind`, a text in `output`, else `text`, else `tail`, and
// optionally `reasoning`, `choices`, `pattern`, `pointer`, `dataset`. Other keys are ignored.
// INVALID_ARGUMENT names the key, what it is and what was expected.
absl::StatusOr<GradeRow> ParseGradeRow(const nlohmann::ordered_json& json);

}  // namespace sextant
