#include "server/backend/sse.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sextant {

absl::Status SseParser::CheckTail() const {
  const size_t joined = joined_used_ ? joined_.size() : 0;
  if (buffer_.size() - TailStart() + joined <= max_event_bytes_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("an event of the stream is longer than ", max_event_bytes_, " bytes"));
}

size_t SseParser::TailStart() const {
  return has_data_ && !joined_used_ ? data_start_ : line_start_;
}

absl::Status SseParser::Push(absl::string_view bytes) {
  if (absl::Status status = CheckTail(); !status.ok()) return status;
  // What was handed out is no longer needed; only the current event's bytes stay.
  const size_t keep_from = TailStart();
  buffer_.erase(0, keep_from);
  data_start_ -= has_data_ && !joined_used_ ? keep_from : 0;
  line_start_ -= keep_from;
  scanned_ -= keep_from;
  buffer_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

std::optional<absl::string_view> SseParser::Next() {
  while (true) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      return std::nullopt;
    }
    absl::string_view line(buffer_.data() + line_start_, end - line_start_);
    absl::ConsumeSuffix(&line, "\r");
    line_start_ = scanned_ = end + 1;
    if (line.empty()) {
      if (has_data_) return TakeEvent();
      continue;
    }
    if (!absl::ConsumePrefix(&line, "data:")) continue;
    absl::ConsumePrefix(&line, " ");
    if (!has_data_) {
      data_start_ = line.data() - buffer_.data();
      data_size_ = line.size();
    } else {
      if (!joined_used_) joined_.assign(buffer_, data_start_, data_size_);
      joined_used_ = true;
      absl::StrAppend(&joined_, "\n", line);
    }
    has_data_ = true;
  }
}

std::optional<absl::string_view> SseParser::TakeEvent() {
  has_data_ = false;
  if (!std::exchange(joined_used_, false))
    return absl::string_view(buffer_.data() + data_start_, data_size_);
  return joined_;
}

}  // namespace sextant
