// A model server for measurements of who reads it: every stream gets one chunk of one token at a
// steady pace, spread evenly over time, and now and then one stream of a solve ends by itself. A
// request for several choices gets a chunk of each in one write.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sextant {

struct PacedServerOptions {
  double tokens_per_second = 50;  // Of a stream.
  double endings_per_second = 0;  // Over all solves; each waits for the one before.
  int chunks_per_write = 1;  // Of a choice; as many are due then, so that the pace is the same.
};

// Runs on a thread of its own from construction to destruction. Requests that share what stands
// before the '/' of their X-Request-Id are of one solve. The content of a chunk is the time at
// which it is written, in nanoseconds of the steady clock.
class PacedServer {
 public:
  explicit PacedServer(const PacedServerOptions& options);
  ~PacedServer();
  PacedServer(const PacedServer&) = delete;
  PacedServer& operator=(const PacedServer&) = delete;

  int port() const { return port_; }
  static absl::Time Now();  // By the steady clock.

  // Any thread:
  int64_t chunks_sent() const { return chunks_sent_; }
  int streams() const { return open_streams_; }  // Each choice is one.

  // Of a solve whose streams are all closed since one of them ended by itself. Once the server has
  // been stopped:
  struct Ending {
    std::string solve;                 // As in its X-Request-Id.
    absl::Time at;                     // By Now(), when the end was written.
    absl::Duration until_last_closed;  // From the write of the end.
    int64_t tokens_of_losers = 0;      // Written to the other streams meanwhile.
    int losers = 0;
  };
  void Stop();
  const std::vector<Ending>& endings() const { return endings_; }

 private:
  struct Stream {
    int fd = -1;
    std::string request;
    std::string solve;  // Empty until the request is complete.
    int choices = 1;    // Written together.
    absl::Time next_chunk = absl::InfiniteFuture();
  };
  struct Solve {
    std::set<Stream*> streams;
    absl::Time begun, ended = absl::InfiniteFuture();
    Ending ending;
  };

  void Serve();
  void Accept();
  void Read(Stream& stream);
  void Answer(Stream& stream);
  void Close(Stream& stream);
  void WriteDueChunks();
  void EndOneSolve();
  bool Write(Stream& stream, absl::string_view bytes);
  absl::Duration gap() const {
    return absl::Seconds(1) / options_.tokens_per_second * options_.chunks_per_write;
  }

  const PacedServerOptions options_;
  int listen_fd_ = -1;
  int epoll_fd_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> chunks_sent_{0};
  std::atomic<int> open_streams_{0};
  std::map<int, std::unique_ptr<Stream>> streams_;  // By file descriptor.
  std::map<std::string, Solve> solves_;
  std::multimap<absl::Time, Stream*> due_;
  absl::Time next_ending_;
  std::vector<Ending> endings_;
  std::thread thread_;  // Last member: it uses the others.
};

}  // namespace sextant
