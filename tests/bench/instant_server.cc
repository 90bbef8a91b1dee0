#include "tests/bench/instant_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/wire.h"

namespace sextant {

void ServeInstantly() {
  const std::string reply = absl::StrCat(
      kStreamHead, HttpChunk(ChatEvent(0, "Two and two are", "null")),
      HttpChunk(ChatEvent(0, R"( \\boxed{)", "null")), HttpChunk(ChatEvent(0, "4}", R"("stop")")),
      HttpChunk(
          "data: {\"id\":\"chatcmpl-0123456789abcdef0123456789abcdef\",\"choices\":[],"
          "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15}}\n\n"),
      HttpChunk("data: [DONE]\n\n"), "0\r\n\r\n");
  const Listener listener = ListenOnLoopback();
  std::printf("%d\n", listener.port);
  std::fflush(stdout);
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [epoll_fd](int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener.fd);
  std::map<int, std::string> requests;  // As far as they have arrived, by socket.
  std::array<epoll_event, 256> events;
  std::array<char, 16 << 10> bytes;
  while (true) {
    const int n = epoll_wait(epoll_fd, events.data(), events.size(), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener.fd) {
        const int accepted = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        const int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(accepted);
        continue;
      }
      const ssize_t got = recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) {
        close(fd);
        requests.erase(fd);
        continue;
      }
      std::string& request = requests[fd];
      request.append(bytes.data(), static_cast<size_t>(got));
      if (!IsComplete(request)) continue;
      request.clear();
      send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
  }
}

}  // namespace sextant
