#include "simulator/lines.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr size_t kMaxLineBytes = 64 << 20;
constexpr unsigned kReadBytes = 256 << 10;

}  // namespace

LineReader::LineReader(File file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

absl::StatusOr<LineReader> LineReader::Open(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is a folder, expected a file"));
  }
  File file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  gzbuffer(file.get(), kReadBytes);
  return LineReader(std::move(file), path);
}

std::string LineReader::Position() const { return absl::StrCat(path_, ":", line_); }

absl::StatusOr<bool> LineReader::Fill() {
  buffer_.erase(0, std::exchange(used_, 0));
  const size_t size = buffer_.size();
  if (size > kMaxLineBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path_, ":", line_ + 1, ": the line is over ", kMaxLineBytes, " bytes long"));
  }
  buffer_.resize(size + kReadBytes);
  const int got = gzread(file_.get(), &buffer_[size], kReadBytes);
  buffer_.resize(size + (got > 0 ? static_cast<size_t>(got) : 0));
  // A file that was cut short reads as an end without an error until it is asked.
  int code = Z_OK;
  const char* message = gzerror(file_.get(), &code);
  if (got < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    return absl::DataLossError(absl::StrCat(path_, ": damaged after line ", line_, ": ", message));
  }
  return got > 0;
}

absl::StatusOr<std::optional<std::string>> LineReader::Next() {
  size_t searched = used_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end == std::string::npos) {
      searched = buffer_.size() - used_;
      const absl::StatusOr<bool> more = Fill();
      if (!more.ok()) return more.status();
      if (*more) continue;
      if (buffer_.empty()) return std::nullopt;
      buffer_ += '\n';  // The last line may lack its end.
      continue;
    }
    ++line_;
    std::string line = buffer_.substr(used_, end - used_);
    used_ = searched = end + 1;
    if (!absl::StripAsciiWhitespace(line).empty()) return line;
  }
}

}  // namespace sextant
