// One row of a JSON Lines file, read field by field with errors that name the file, line and field.
#pragma once
#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

// Parses rows one after another. Not thread-safe. simdjson, because recorded traces are some
// hundred megabytes and the simulator should start in seconds, debug builds included.
class JsonRow {
 public:
  // Replaces the row. INVALID_ARGUMENT unless `line` is a JSON object. `position` leads messages.
  absl::Status Parse(absl::string_view line, std::string position);

  bool Has(const char* key) const;
  // INVALID_ARGUMENT when the field is missing or of another type.
  absl::StatusOr<std::string> Text(const char* key) const;
  absl::StatusOr<int64_t> Integer(const char* key, int64_t min, int64_t max) const;
  absl::StatusOr<double> Number(const char* key, double min, double max) const;
  absl::StatusOr<std::vector<std::string>> Texts(const char* key) const;
  // A whole number or a string, as JSON: 7 and "7" are two different names.
  absl::StatusOr<std::string> Name(const char* key) const;

  const std::string& position() const { return position_; }
  // INVALID_ARGUMENT about a field of this row.
  absl::Status Error(const char* key, absl::string_view message) const;

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  std::string position_;
};

}  // namespace sextant
