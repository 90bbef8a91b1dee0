// HTTP/1.1 over TCP: reads requests, hands them to the Api, and writes its replies when they are
// due. One thread does all of it, so nothing here is locked.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "simulator/api.h"

namespace sextant {

// Limits: 16 KiB of request headers, 8 MiB of body, 60 s without progress on a read or a write.
class HttpServer {
 public:
  // Listens on HOST:PORT (port 0: any free one). INVALID_ARGUMENT for an address that cannot be
  // read or resolved, UNAVAILABLE when it cannot be listened on. `api` outlives the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(const std::string& address, Api& api);
  ~HttpServer();

  // Where it listens, with the port that was chosen.
  const std::string& host() const;
  int port() const;

  // Serves until Stop(). Streams that are open then are cut and fail.
  void Run();
  // Any thread, once Run() was called or before.
  void Stop();
  // Any thread: runs `task` on the server's thread.
  void Post(std::function<void()> task);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;  // Keeps Boost's headers in one file.
};

}  // namespace sextant
