#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sextant {

bool IsComplete(absl::string_view request) {
  const size_t head = request.find("\r\n\r\n");
  if (head == absl::string_view::npos) return false;
  constexpr absl::string_view kLength = "Content-Length: ";
  const size_t at = request.find(kLength);
  const size_t body =
      at < head ? std::strtoul(request.data() + at + kLength.size(), nullptr, 10) : 0;
  return request.size() >= head + 4 + body;
}

std::string HttpChunk(absl::string_view text) {
  return absl::StrFormat("%x\r\n%s\r\n", text.size(), text);
}

std::string ChatEvent(int choice, absl::string_view content, absl::string_view finish_reason) {
  return absl::StrCat(
      R"(data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk",)",
      R"("created":1764300000,"model":"paced-model","choices":[{"index":)", choice,
      R"(,"delta":{"content":")", content, R"("},"logprobs":null,"finish_reason":)", finish_reason,
      "}]}\n\n");
}

Listener ListenOnLoopback() {
  Listener listener{.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener.fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener.fd, 4096) != 0 ||
      getsockname(listener.fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("no socket to listen on");
    std::exit(1);
  }
  listener.port = ntohs(address.sin_port);
  return listener;
}

}  // namespace sextant
