#include "client/read_text.h"

#include <simdjson.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sextant {

absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes) {
  // A directory opens like a file and only fails when it is read, with a message that does not say
  // so.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory, expected a file"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  return ReadText(file, path, max_bytes);
}

absl::StatusOr<std::string> ReadText(std::istream& in, absl::string_view name, size_t max_bytes) {
  std::string text;
  char block[64 * 1024];
  while (in.read(block, sizeof(block)) || in.gcount() > 0) {
    text.append(block, static_cast<size_t>(in.gcount()));
    if (text.size() > max_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": longer than ", max_bytes, " bytes"));
    }
  }
  if (in.bad()) return absl::DataLossError(absl::StrCat(name, ": reading broke off"));
  if (absl::Status status = CheckUtf8(text, name); !status.ok()) return status;
  return text;
}

absl::Status CheckUtf8(absl::string_view text, absl::string_view name) {
  if (simdjson::validate_utf8(text.data(), text.size())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ": not valid UTF-8"));
}

}  // namespace sextant
