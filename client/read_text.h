// Texts from files and pipes, with a limit and checked to be UTF-8, which protobuf strings must be.
#pragma once
#include <cstddef>
#include <istream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

// All of `path`. NOT_FOUND when it cannot be opened, INVALID_ARGUMENT when it is longer than
// `max_bytes` or not UTF-8, DATA_LOSS when reading breaks off. Messages start with the path.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes);

// The same for an open stream; `name` stands for it in messages.
absl::StatusOr<std::string> ReadText(std::istream& in, absl::string_view name, size_t max_bytes);

// INVALID_ARGUMENT, starting with `name`, unless `text` is UTF-8.
absl::Status CheckUtf8(absl::string_view text, absl::string_view name);

}  // namespace sextant
