#include "client/grade_row.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;

absl::Status Malformed(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, what));
}

// The string at `key`; nullopt when there is none.
absl::StatusOr<std::optional<std::string>> StringAt(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return std::optional<std::string>();
  if (found->is_string()) return std::optional<std::string>(found->get<std::string>());
  return Malformed(key, absl::StrCat(" is of type ", found->type_name(), ", expected a string"));
}

absl::StatusOr<std::string> TextOf(const Json& row) {
  for (const char* key : {"output", "text", "tail"}) {
    absl::StatusOr<std::optional<std::string>> text = StringAt(row, key);
    if (!text.ok()) return text.status();
    if (text->has_value()) return **std::move(text);
  }
  return Malformed("", "no text, expected one of the keys output, text, tail");
}

// A true answer may be written as a number, and that of a JSON value as itself.
absl::StatusOr<std::string> TruthOf(const Json& row, AnswerKind kind) {
  const auto found = row.find("answer");
  if (found == row.end()) return Malformed("answer", " is missing, expected the true answer");
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number() || kind == AnswerKind::kJson) return found->dump();
  return Malformed("answer", absl::StrCat(" is of type ", found->type_name(),
                                          ", expected a string or a number"));
}

absl::StatusOr<AnswerFormat> FormatOf(const Json& row) {
  absl::StatusOr<std::optional<std::string>> kind = StringAt(row, "answer_kind");
  if (!kind.ok()) return kind.status();
  if (!kind->has_value()) {
    return Malformed("answer_kind",
                     absl::StrCat(" is missing, expected one of ", AnswerKindNames()));
  }
  const std::optional<AnswerKind> known = ParseAnswerKind(**kind);
  if (!known.has_value()) {
    return Malformed("answer_kind",
                     absl::StrCat(" is \"", **kind, "\", expected one of ", AnswerKindNames()));
  }
  AnswerFormat format;
  format.kind = *known;
  absl::StatusOr<std::optional<std::string>> pattern = StringAt(row, "pattern");
  if (!pattern.ok()) return pattern.status();
  format.pattern = (*pattern).value_or("");
  absl::StatusOr<std::optional<std::string>> pointer = StringAt(row, "pointer");
  if (!pointer.ok()) return pointer.status();
  format.pointer = (*pointer).value_or("");
  const auto choices = row.find("choices");
  if (choices == row.end() || choices->is_null()) return format;
  if (!choices->is_array()) {
    return Malformed("choices", absl::StrCat(" is of type ", choices->type_name(),
                                             ", expected a list of strings"));
  }
  for (const Json& choice : *choices) {
    if (!choice.is_string()) return Malformed("choices", " holds something else than strings");
    format.choices.push_back(choice.get<std::string>());
  }
  return format;
}

}  // namespace

absl::StatusOr<GradeRow> ParseGradeRow(const Json& json) {
  if (!json.is_object()) return Malformed("", "no JSON object, expected one per line");
  GradeRow row;
  absl::StatusOr<AnswerFormat> format = FormatOf(json);
  if (!format.ok()) return format.status();
  row.format = *std::move(format);
  absl::StatusOr<std::string> answer = TruthOf(json, row.format.kind);
  if (!answer.ok()) return answer.status();
  row.answer = *std::move(answer);
  absl::StatusOr<std::string> text = TextOf(json);
  if (!text.ok()) return text.status();
  row.text = *std::move(text);
  absl::StatusOr<std::optional<std::string>> reasoning = StringAt(json, "reasoning");
  if (!reasoning.ok()) return reasoning.status();
  row.reasoning = (*reasoning).value_or("");
  absl::StatusOr<std::optional<std::string>> dataset = StringAt(json, "dataset");
  if (!dataset.ok()) return dataset.status();
  row.dataset = (*dataset).value_or("-");
  return row;
}

}  // namespace sextant
