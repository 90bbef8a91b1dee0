// A TCP server that answers HTTP requests with prepared bytes, byte for byte as a test wants them.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

// The answer to one request.
struct ScriptedReply {
  // The response, head included. Between two parts the server waits for one Release().
  std::vector<std::string> parts;
  // kClose: closes the connection. kKeepAlive: reads the next request from it. kHold: leaves it
  // open until the client closes it.
  enum class Then { kClose, kKeepAlive, kHold } then = Then::kClose;
};

// 200 with a body whose end is the connection's.
ScriptedReply Ok(absl::string_view body, absl::string_view content_type = "text/plain");
// `status` is "404 Not Found"; `headers` are whole lines, each with its CRLF.
ScriptedReply Error(absl::string_view status, absl::string_view body,
                    absl::string_view headers = "");
// An event stream that carries `events`, each as one data line. Closes after the last.
ScriptedReply EventStream(const std::vector<std::string>& events);
// The head of an event stream, and one event of it: for replies made of parts.
std::string EventStreamHead();
std::string Event(absl::string_view data);

struct ReceivedRequest {
  std::string head;  // Request line and headers.
  std::string body;
};

// Serves on a loopback port from construction to destruction, each connection on a thread. Every
// public function may be called from any thread.
class ScriptedServer {
 public:
  // The i-th request gets the i-th reply; the last one is for all that follow.
  explicit ScriptedServer(std::vector<ScriptedReply> replies);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url(absl::string_view path = "") const;  // http://127.0.0.1:port, then `path`.

  void Release();
  std::vector<ReceivedRequest> requests() const;
  int connections() const;     // Accepted so far.
  int closed_by_peer() const;  // Of those that a reply held: how many the client has closed.

 private:
  void Accept();
  void Serve(int fd);
  ScriptedReply Record(ReceivedRequest request);
  bool SendParts(int fd, const ScriptedReply& reply);

  const std::vector<ScriptedReply> replies_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mu_;
  std::condition_variable released_;
  int releases_ = 0;
  bool stopping_ = false;
  int closed_by_peer_ = 0;
  std::vector<ReceivedRequest> requests_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A loopback port on which nobody listens.
int ClosedPort();

}  // namespace sextant
