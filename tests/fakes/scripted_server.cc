#include "tests/fakes/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sextant {
namespace {

// A listening loopback socket and its port.
std::pair<int, int> Listen() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || listen(fd, 1024) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on the loopback interface");
  }
  return {fd, ntohs(address.sin_port)};
}

size_t ContentLength(absl::string_view head) {
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    size_t length = 0;
    if (absl::EqualsIgnoreCase(field.first, "content-length") &&
        absl::SimpleAtoi(field.second, &length)) {
      return length;
    }
  }
  return 0;
}

// Nullopt: the client closed the connection.
std::optional<ReceivedRequest> ReadRequest(int fd) {
  std::string bytes;
  char buffer[4096];
  while (true) {
    const size_t head_end = bytes.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::string head = bytes.substr(0, head_end + 2);
      const size_t whole = head_end + 4 + ContentLength(head);
      if (bytes.size() >= whole) return ReceivedRequest{head, bytes.substr(head_end + 4)};
    }
    const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    if (n <= 0) return std::nullopt;
    bytes.append(buffer, n);
  }
}

bool Send(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

}  // namespace

ScriptedReply Ok(absl::string_view body, absl::string_view content_type) {
  return {.parts = {absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: ", content_type,
                                 "\r\nConnection: close\r\n\r\n", body)}};
}

ScriptedReply Error(absl::string_view status, absl::string_view body, absl::string_view headers) {
  return {.parts = {absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Type: application/json\r\n",
                                 headers, "Content-Length: ", body.size(), "\r\n\r\n", body)}};
}

std::string EventStreamHead() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
}

std::string Event(absl::string_view data) { return absl::StrCat("data: ", data, "\n\n"); }

ScriptedReply EventStream(const std::vector<std::string>& events) {
  std::string bytes = EventStreamHead();
  for (const std::string& event : events) absl::StrAppend(&bytes, Event(event));
  return {.parts = {bytes}};
}

ScriptedServer::ScriptedServer(std::vector<ScriptedReply> replies) : replies_(std::move(replies)) {
  std::tie(listener_, port_) = Listen();
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  {
    std::lock_guard lock(mu_);
    stopping_ = true;
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  released_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string ScriptedServer::url(absl::string_view path) const {
  return absl::StrCat("http://127.0.0.1:", port_, path);
}

void ScriptedServer::Release() {
  {
    std::lock_guard lock(mu_);
    ++releases_;
  }
  released_.notify_all();
}

std::vector<ReceivedRequest> ScriptedServer::requests() const {
  std::lock_guard lock(mu_);
  return requests_;
}

int ScriptedServer::connections() const {
  std::lock_guard lock(mu_);
  return static_cast<int>(threads_.size());
}

int ScriptedServer::closed_by_peer() const {
  std::lock_guard lock(mu_);
  return closed_by_peer_;
}

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mu_);
    if (stopping_) {
      close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    open_.insert(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void ScriptedServer::Serve(int fd) {
  while (auto request = ReadRequest(fd)) {
    const ScriptedReply reply = Record(*std::move(request));
    if (!SendParts(fd, reply) || reply.then == ScriptedReply::Then::kClose) break;
    if (reply.then == ScriptedReply::Then::kKeepAlive) continue;
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    std::lock_guard lock(mu_);
    if (!stopping_) ++closed_by_peer_;
    break;
  }
  std::lock_guard lock(mu_);
  open_.erase(fd);
  close(fd);
}

ScriptedReply ScriptedServer::Record(ReceivedRequest request) {
  std::lock_guard lock(mu_);
  requests_.push_back(std::move(request));
  return replies_[std::min(requests_.size(), replies_.size()) - 1];
}

bool ScriptedServer::SendParts(int fd, const ScriptedReply& reply) {
  for (size_t i = 0; i < reply.parts.size(); ++i) {
    if (i > 0) {
      std::unique_lock lock(mu_);
      released_.wait(lock, [this] { return releases_ > 0 || stopping_; });
      if (stopping_) return false;
      --releases_;
    }
    if (!Send(fd, reply.parts[i])) return false;
  }
  return true;
}

int ClosedPort() {
  const auto [fd, port] = Listen();
  close(fd);
  return port;
}

}  // namespace sextant
