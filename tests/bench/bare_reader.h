// What reading streams costs without a product: one thread around epoll, recv and simdjson, with
// neither HTTP nor timers nor errors. The reference of the measurements.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sextant {

// One thread. A failing system call ends the program: what is measured needs them all.
class BareReader {
 public:
  struct Events {
    int64_t chunks = 0;   // With a text.
    int64_t text = 0;     // Its bytes, in all.
    int stopped_fd = -1;  // Where a choice ended by itself last.
  };

  // `on_complete` is called with the socket when a response is complete.
  explicit BareReader(std::function<void(int fd)> on_complete = [](int) {});
  ~BareReader();
  BareReader(const BareReader&) = delete;
  BareReader& operator=(const BareReader&) = delete;

  // Connects to a port of this machine; the socket's number. Nothing is sent yet.
  int Connect(int port);
  // Sends one streamed chat completion. Requests that share `solve` are of one solve.
  void Ask(int fd, absl::string_view solve, int choices = 1);
  // Reads what is ready, once, after waiting up to `wait` for anything to be.
  void ReadReady(absl::Duration wait);
  void Close(int fd);
  void CloseAll();

  const Events& events() const { return events_; }
  const std::vector<int>& open() const { return open_; }

 private:
  void Parse(int fd, absl::string_view bytes);

  const std::function<void(int)> on_complete_;
  const int epoll_fd_;
  std::vector<int> open_;
  std::string buffer_;
  Events events_;
};

}  // namespace sextant
