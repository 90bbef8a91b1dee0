// Streaming HTTP requests on an event loop. The only files that know libcurl.
#pragma once
#include <array>
#include <coroutine>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/async/loop.h"
#include "server/async/resolver.h"

namespace sextant {

struct HttpRequest {
  std::string url;                   // http or https.
  std::string address;               // Numeric; connects there. Empty: the URL's host is looked up.
  std::vector<std::string> headers;  // "Name: value".
  std::string body;                  // Sent by POST; an empty body makes it a GET.
  std::string ca_file;               // PEM file of authorities to trust; empty: the system's.
  absl::Duration connect_timeout = absl::Seconds(5);  // Name look-up included.
};

class HttpStream;

// Owns the connections of one loop. Loop only; outlives its streams.
class HttpClient {
 public:
  // `loop` and `resolver` outlive the client.
  HttpClient(Loop& loop, Resolver& resolver);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Loop& loop() { return loop_; }

 private:
  friend class HttpStream;
  class Multi;
  // The host of an IPv6 address is without brackets.
  struct Target {
    std::string host, port;
  };
  const Target& TargetOf(const std::string& url);

  Loop& loop_;
  Resolver& resolver_;
  std::unique_ptr<Multi> multi_;
  std::map<std::string, Target> targets_;  // By URL.
};

// One request and the body of its response as it arrives. Destroying it closes the connection at
// once, unless the response had ended. Loop only; one coroutine at a time awaits Read().
class HttpStream {
 public:
  HttpStream(HttpClient& client, const HttpRequest& request);
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  // Awaits bytes of the body, valid until the next Read(). Empty: the response ended; then see
  // status().
  auto Read() {
    struct Awaiter {
      HttpStream& stream;
      bool await_ready() { return !stream.arrived_.empty() || stream.ended_; }
      void await_suspend(std::coroutine_handle<> h) { stream.waiter_ = h; }
      absl::string_view await_resume() {
        stream.taken_.clear();
        std::swap(stream.taken_, stream.arrived_);
        return stream.taken_;
      }
      ~Awaiter() { stream.waiter_ = nullptr; }
    };
    return Awaiter{*this};
  }

  // Ends the stream with DEADLINE_EXCEEDED(`what`) unless it has ended, or the deadline was moved,
  // before `when`. Moving the deadline is cheap.
  void SetDeadline(absl::Time when, const char* what);

  // UNAVAILABLE: no connection, or it broke. Meaningful once Read() returned no bytes.
  const absl::Status& status() const { return status_; }
  // 0 before the response's head has arrived.
  int http_status() const;
  // Value of a response header, when there is one; the name's case does not matter.
  std::optional<std::string> Header(const std::string& name) const;

 private:
  friend class HttpClient;
  static size_t OnBytes(char* bytes, size_t, size_t n, void* self);
  void Start(absl::StatusOr<Resolver::Addresses> addresses);
  void Arm(absl::Time when);
  void OnDeadline();
  void EndTransfer(int code);  // A CURLcode.
  void End(absl::Status status);
  void Close();
  void Resume();

  HttpClient& client_;
  const HttpRequest request_;
  const HttpClient::Target& target_;
  void* easy_ = nullptr;          // CURL*; null while the name is looked up.
  void* header_list_ = nullptr;   // curl_slist*.
  void* connect_list_ = nullptr;  // curl_slist*.
  std::string arrived_, taken_;
  bool ended_ = false;
  bool ready_ = false;  // Among the client's streams to resume.
  int reads_ = 0;       // That brought bytes of the body.
  absl::Status status_;
  std::coroutine_handle<> waiter_;
  std::array<char, 256> error_text_{};  // libcurl's words for what went wrong.
  absl::Time connect_by_;
  absl::Time deadline_ = absl::InfiniteFuture();
  const char* deadline_what_ = "";
  Loop::Timer timer_;
  absl::Time timer_due_ = absl::InfiniteFuture();  // What timer_ is armed for.
  std::optional<Resolver::Query> query_;
};

}  // namespace sextant
