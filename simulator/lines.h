// Reads a text file line by line, gzip-compressed or not (recognised by its content, not its name).
#pragma once
#include <zlib.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace sextant {

// Not thread-safe. Lines are at most 64 MiB.
class LineReader {
 public:
  // NOT_FOUND or PERMISSION_DENIED with the path; INVALID_ARGUMENT for a folder.
  static absl::StatusOr<LineReader> Open(const std::string& path);

  // The next line without its end, or nullopt at the end of the file. Blank lines are passed over.
  // DATA_LOSS for a damaged file, RESOURCE_EXHAUSTED for a line that is too long.
  absl::StatusOr<std::optional<std::string>> Next();

  // `path:line` of the line that Next() gave last, for messages.
  std::string Position() const;

 private:
  struct Closer {
    void operator()(gzFile file) const { gzclose(file); }
  };
  using File = std::unique_ptr<gzFile_s, Closer>;

  LineReader(File file, std::string path);
  absl::StatusOr<bool> Fill();  // False at the end of the file.

  File file_;
  std::string path_;
  std::string buffer_;
  size_t used_ = 0;  // Bytes of buffer_ that were handed out.
  int line_ = 0;
};

}  // namespace sextant
