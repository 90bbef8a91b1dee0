#include "tests/bench/paced_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/bench/wire.h"

namespace sextant {
namespace {

// Value of X-Request-Id up to its '/'.
std::string SolveOf(absl::string_view request) {
  constexpr absl::string_view kName = "X-Request-Id: ";
  const size_t begin = request.find(kName);
  if (begin == absl::string_view::npos) return "none";
  const absl::string_view rest = request.substr(begin + kName.size());
  return std::string(rest.substr(0, rest.find_first_of("/\r")));
}

int ChoicesOf(absl::string_view request) {
  constexpr absl::string_view kName = R"("n":)";
  const size_t at = request.find(kName);
  return at == absl::string_view::npos ? 1 : std::atoi(request.data() + at + kName.size());
}

}  // namespace

absl::Time PacedServer::Now() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

PacedServer::PacedServer(const PacedServerOptions& options) : options_(options) {
  const Listener listener = ListenOnLoopback();
  listen_fd_ = listener.fd;
  port_ = listener.port;
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listen_fd_}};
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listen_fd_, &event) != 0) {
    std::perror("paced server: no epoll");
    std::abort();
  }
  thread_ = std::thread([this] { Serve(); });
}

PacedServer::~PacedServer() {
  Stop();
  for (const auto& [fd, stream] : streams_) close(fd);
  close(epoll_fd_);
  close(listen_fd_);
}

void PacedServer::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void PacedServer::Serve() {
  std::array<epoll_event, 256> events;
  next_ending_ = Now();
  while (!stop_) {
    const int n = epoll_wait(epoll_fd_, events.data(), events.size(), /*timeout=*/1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listen_fd_) {
        Accept();
      } else if (const auto stream = streams_.find(fd); stream != streams_.end()) {
        Read(*stream->second);
      }
    }
    WriteDueChunks();
    if (options_.endings_per_second > 0 && Now() >= next_ending_) EndOneSolve();
  }
}

void PacedServer::Accept() {
  int fd;
  while ((fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    streams_[fd] = std::make_unique<Stream>();
    streams_[fd]->fd = fd;
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  }
}

void PacedServer::Read(Stream& stream) {
  std::array<char, 16 << 10> bytes;
  const ssize_t n = recv(stream.fd, bytes.data(), bytes.size(), 0);
  if (n <= 0) return Close(stream);
  stream.request.append(bytes.data(), static_cast<size_t>(n));
  if (stream.solve.empty() && IsComplete(stream.request)) Answer(stream);
}

void PacedServer::Answer(Stream& stream) {
  stream.solve = SolveOf(stream.request);
  stream.choices = ChoicesOf(stream.request);
  stream.request.clear();
  Solve& solve = solves_[stream.solve];
  if (solve.streams.empty()) solve.begun = Now();
  solve.streams.insert(&stream);
  open_streams_ += stream.choices;
  Write(stream, kStreamHead);
  // Streams that begin together do not write together.
  stream.next_chunk = Now() + gap() * ((stream.fd * 37 % 100) / 100.0);
  due_.emplace(stream.next_chunk, &stream);
}

void PacedServer::Close(Stream& stream) {
  auto [begin, end] = due_.equal_range(stream.next_chunk);
  while (begin != end && begin->second != &stream) ++begin;
  if (begin != end) due_.erase(begin);
  if (const auto found = solves_.find(stream.solve); found != solves_.end()) {
    Solve& solve = found->second;
    if (solve.streams.erase(&stream) > 0) open_streams_ -= stream.choices;
    if (solve.streams.empty()) {
      solve.ending.until_last_closed = Now() - solve.ended;
      if (solve.ended < absl::InfiniteFuture()) endings_.push_back(solve.ending);
      solves_.erase(found);
    }
  }
  close(stream.fd);
  streams_.erase(stream.fd);
}

void PacedServer::WriteDueChunks() {
  const absl::Time now = Now();
  while (!due_.empty() && due_.begin()->first <= now) {
    Stream& stream = *due_.begin()->second;
    due_.erase(due_.begin());
    stream.next_chunk += gap();
    due_.emplace(stream.next_chunk, &stream);
    const std::string stamp = absl::StrCat(absl::ToUnixNanos(Now()));
    std::string chunks;
    for (int k = 0; k < options_.chunks_per_write; ++k) {
      for (int i = 0; i < stream.choices; ++i)
        absl::StrAppend(&chunks, ChatEvent(i, stamp, "null"));
    }
    if (!Write(stream, HttpChunk(chunks))) continue;
    chunks_sent_ += stream.choices * options_.chunks_per_write;
    if (Solve& solve = solves_[stream.solve]; solve.ended <= now) ++solve.ending.tokens_of_losers;
  }
}

// The one that has run longest, once it has run for a second.
void PacedServer::EndOneSolve() {
  Solve* oldest = nullptr;
  for (auto& [name, solve] : solves_) {
    if (solve.ended == absl::InfiniteFuture() && solve.streams.size() > 1 &&
        (oldest == nullptr || solve.begun < oldest->begun)) {
      oldest = &solve;
    }
  }
  if (oldest == nullptr || Now() - oldest->begun < absl::Seconds(1)) return;
  next_ending_ = Now() + absl::Seconds(1) / options_.endings_per_second;
  Stream& winner = **oldest->streams.begin();
  oldest->streams.erase(&winner);
  --open_streams_;
  oldest->ending.losers = static_cast<int>(oldest->streams.size());
  oldest->ended = Now();
  oldest->ending.solve = winner.solve;
  oldest->ending.at = oldest->ended;
  Write(winner, absl::StrCat(HttpChunk(ChatEvent(0, R"(\n\\boxed{4})", R"("stop")")),
                             HttpChunk("data: [DONE]\n\n"), "0\r\n\r\n"));
  auto [begin, end] = due_.equal_range(winner.next_chunk);
  while (begin != end && begin->second != &winner) ++begin;
  if (begin != end) due_.erase(begin);
  winner.next_chunk = absl::InfiniteFuture();
  winner.solve.clear();  // The connection may bring another request.
}

bool PacedServer::Write(Stream& stream, absl::string_view bytes) {
  // A reader so far behind that its socket is full loses the chunk, and its figures show it.
  return send(stream.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace sextant
