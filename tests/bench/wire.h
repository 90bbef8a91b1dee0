// The few pieces of HTTP and of the streaming API that the model servers of the measurements share.
#pragma once
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

inline constexpr char kStreamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

// Whether the head and as much of a body as it announces are there.
bool IsComplete(absl::string_view request);
// One chunk of a chunked body.
std::string HttpChunk(absl::string_view text);
// One event of a chat completion, as vLLM writes it. `content` is JSON without its quotes,
// `finish_reason` JSON.
std::string ChatEvent(int choice, absl::string_view content, absl::string_view finish_reason);

// A socket that listens on a free port of the loopback address; ends the program when there is
// none.
struct Listener {
  int fd = -1;
  int port = 0;
};
Listener ListenOnLoopback();

}  // namespace sextant
