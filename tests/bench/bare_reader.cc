#include "tests/bench/bare_reader.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <simdjson.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr size_t kReadBytes = 64 << 10;

void Check(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

}  // namespace

BareReader::BareReader(std::function<void(int fd)> on_complete)
    : on_complete_(std::move(on_complete)), epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  Check(epoll_fd_ >= 0, "bare reader: no epoll");
  buffer_.resize(kReadBytes + simdjson::SIMDJSON_PADDING);
}

BareReader::~BareReader() {
  CloseAll();
  close(epoll_fd_);
}

int BareReader::Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  Check(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
        "bare reader: cannot connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  Check(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0, "bare reader: cannot watch");
  open_.push_back(fd);
  return fd;
}

void BareReader::Ask(int fd, absl::string_view solve, int choices) {
  const std::string body = absl::StrCat(
      R"({"model":"paced-model","messages":[{"role":"user","content":"What is two and two?"}],"n":)",
      choices, R"(,"stream":true})");
  const std::string request = absl::StrCat(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: ", solve,
      "/0\r\nContent-Type: application/json\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  Check(send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()),
        "bare reader: cannot send");
}

void BareReader::ReadReady(absl::Duration wait) {
  std::array<epoll_event, 256> events;
  const int n = epoll_wait(epoll_fd_, events.data(), events.size(),
                           static_cast<int>(absl::ToInt64Milliseconds(wait)));
  for (int i = 0; i < n; ++i) {
    const int fd = events[i].data.fd;
    const ssize_t got = recv(fd, buffer_.data(), kReadBytes, 0);
    if (got <= 0) {
      Close(fd);
      continue;
    }
    Parse(fd, {buffer_.data(), static_cast<size_t>(got)});
  }
}

// Good enough for servers of these measurements, which write whole events.
void BareReader::Parse(int fd, absl::string_view bytes) {
  static simdjson::ondemand::parser parser;
  constexpr absl::string_view kData = "data: {";
  for (size_t at = bytes.find(kData); at != absl::string_view::npos; at = bytes.find(kData, at)) {
    at += kData.size() - 1;
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const size_t capacity =
        buffer_.size() - static_cast<size_t>(bytes.data() - buffer_.data()) - at;
    simdjson::ondemand::document document;
    if (parser.iterate(bytes.data() + at, end - at, capacity).get(document) != simdjson::SUCCESS) {
      continue;
    }
    simdjson::ondemand::array choices;
    if (document["choices"].get_array().get(choices) != simdjson::SUCCESS) continue;
    for (auto choice : choices) {
      std::string_view content;
      if (choice["delta"]["content"].get_string().get(content) == simdjson::SUCCESS) {
        ++events_.chunks;
        events_.text += static_cast<int64_t>(content.size());
      }
      std::string_view finish_reason;
      if (choice["finish_reason"].get_string().get(finish_reason) == simdjson::SUCCESS) {
        events_.stopped_fd = fd;
      }
    }
    at = end;
  }
  constexpr absl::string_view kEnd = "\r\n0\r\n\r\n";
  if (bytes.size() >= kEnd.size() && bytes.substr(bytes.size() - kEnd.size()) == kEnd) {
    on_complete_(fd);
  }
}

void BareReader::Close(int fd) {
  open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
  close(fd);
}

void BareReader::CloseAll() {
  for (const int fd : open_) close(fd);
  open_.clear();
}

}  // namespace sextant
