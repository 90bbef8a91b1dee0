#include "simulator/json_row.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simulator/json_text.h"

namespace sextant {

absl::Status JsonRow::Error(const char* key, absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(position_, ": ", key, " ", message));
}

absl::Status JsonRow::Parse(absl::string_view line, std::string position) {
  position_ = std::move(position);
  const auto error = parser_.parse(line.data(), line.size()).get(object_);
  if (error == simdjson::SUCCESS) return absl::OkStatus();
  if (error == simdjson::INCORRECT_TYPE) {
    return absl::InvalidArgumentError(absl::StrCat(position_, ": expected a JSON object"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(position_, ": not JSON: ", simdjson::error_message(error)));
}

bool JsonRow::Has(const char* key) const {
  return object_.at_key(key).error() == simdjson::SUCCESS;
}

absl::StatusOr<std::string> JsonRow::Text(const char* key) const {
  std::string_view text;
  if (!Has(key)) return Error(key, "is missing, expected a string");
  if (object_.at_key(key).get(text) != simdjson::SUCCESS) return Error(key, "is not a string");
  return std::string(text);
}

absl::StatusOr<int64_t> JsonRow::Integer(const char* key, int64_t min, int64_t max) const {
  int64_t value = 0;
  if (!Has(key)) return Error(key, "is missing, expected a whole number");
  if (object_.at_key(key).get(value) != simdjson::SUCCESS || value < min || value > max) {
    return Error(key, absl::StrCat("is not a whole number from ", min, " to ", max));
  }
  return value;
}

absl::StatusOr<double> JsonRow::Number(const char* key, double min, double max) const {
  double value = 0;
  if (!Has(key)) return Error(key, "is missing, expected a number");
  if (object_.at_key(key).get(value) != simdjson::SUCCESS || value < min || value > max) {
    return Error(key, absl::StrCat("is not a number from ", min, " to ", max));
  }
  return value;
}

absl::StatusOr<std::vector<std::string>> JsonRow::Texts(const char* key) const {
  simdjson::dom::array items;
  if (!Has(key)) return Error(key, "is missing, expected a list of strings");
  if (object_.at_key(key).get(items) != simdjson::SUCCESS) return Error(key, "is not a list");
  std::vector<std::string> texts;
  for (const simdjson::dom::element item : items) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return Error(key, "holds something but strings");
    texts.emplace_back(text);
  }
  return texts;
}

absl::StatusOr<std::string> JsonRow::Name(const char* key) const {
  int64_t number = 0;
  std::string_view text;
  if (!Has(key)) return Error(key, "is missing, expected a whole number or a string");
  if (object_.at_key(key).get(number) == simdjson::SUCCESS) return absl::StrCat(number);
  if (object_.at_key(key).get(text) == simdjson::SUCCESS) {
    return QuotedJson(absl::string_view(text.data(), text.size()));
  }
  return Error(key, "is neither a whole number nor a string");
}

}  // namespace sextant
