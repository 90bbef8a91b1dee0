// Splits a server-sent-event stream into events, whatever the chunk boundaries.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sextant {

// Pure and not thread-safe; one parser per stream. Lines end with LF or CRLF. Comments (keep-alive
// pings) and fields other than `data` are passed over.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
class SseParser {
 public:
  explicit SseParser(size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  // Adds bytes; an incomplete tail waits for more. RESOURCE_EXHAUSTED when the tail was longer than
  // `max_event_bytes` already; the parser is then unusable. Take all events with Next() before
  // pushing more.
  absl::Status Push(absl::string_view bytes);

  // The data of the next complete event, its lines joined with LF; valid until the next call.
  // Nullopt: push more.
  std::optional<absl::string_view> Next();

  // RESOURCE_EXHAUSTED when the event that is still incomplete, once Next() has taken all others,
  // is longer than `max_event_bytes`.
  absl::Status CheckTail() const;

 private:
  size_t TailStart() const;  // Of the bytes that the incomplete event still needs.
  std::optional<absl::string_view> TakeEvent();

  const size_t max_event_bytes_;
  std::string buffer_;
  size_t line_start_ = 0;  // Of the first line that was not looked at.
  size_t scanned_ = 0;     // No line end between line_start_ and here.
  bool has_data_ = false;  // The current event has a data line.
  size_t data_start_ = 0;  // The event's only data line so far, in buffer_,
  size_t data_size_ = 0;
  std::string joined_;  // or its several data lines.
  bool joined_used_ = false;
};

}  // namespace sextant
