// The C++ client of a Sextant server: blocking calls with a deadline, and the bill also when a
// solve fails.
//
// For many solves at once see client/solve_fan.h.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct Connection;  // The gRPC channel; see client/connection.h.

// How the connection is secured, and whose calls they are.
struct ConnectOptions {
  bool tls = false;     // Any of the three files switches it on too.
  std::string ca_file;  // PEM file of authorities to trust. Empty: the system's.
  // PEM files of a certificate of one's own and its key, for servers that ask for one (mutual TLS).
  std::string certificate_file;
  std::string key_file;
  // Bearer token, up to 4,096 visible ASCII characters; empty: none. Sent with every call, over TLS
  // or to a loopback address alone.
  std::string token;
};

struct CallOptions {
  // The gRPC deadline, counted from the start of the call: for a solve its time budget. Above 0.
  // Infinite: none is sent, and the server's own limit holds.
  absl::Duration timeout = absl::InfiniteDuration();
  // Of solves alone; empty: not sent. 1 to 128 printable ASCII characters, else INVALID_ARGUMENT.
  // Whose turn it is when solves wait, where a token does not tell. Default: this machine's
  // address.
  std::string caller;
  std::string request_id;  // A call with the id of one that runs, and its request, joins it.
  // W3C trace context, which the server passes on to model servers and logs. Empty: none is sent.
  std::string traceparent;
};

// What a solve came to. Tokens are spent by failed solves too, so the bill does not depend on
// `status`.
struct SolveResult {
  absl::Status status;
  v1::SolveResponse response;  // Empty unless `status` is OK.
  // The bill: the response's, or the one in the failure's details. Unset when the server sent none.
  std::optional<v1::Usage> usage;
  // When to try again; set where the server refused the solve because too many run or wait.
  std::optional<absl::Duration> retry_delay;
  absl::Duration elapsed;  // From the start of the call to its end, as seen here.
};

// Any thread: calls may overlap. Movable; a copy would be a second connection.
class SextantClient {
 public:
  // Connects to `target`, HOST:PORT. The connection is made by the first call, so a server that
  // cannot be reached, or one side does not trust the other's certificate, shows as UNAVAILABLE
  // there. INVALID_ARGUMENT when `target` is not HOST:PORT, a file is not what it should be, or the
  // token would be sent in the clear; NOT_FOUND when there is no such file.
  static absl::StatusOr<SextantClient> Connect(const std::string& target,
                                               const ConnectOptions& options = {});

  SextantClient(SextantClient&&) noexcept;
  SextantClient& operator=(SextantClient&&) noexcept;
  ~SextantClient();

  // Errors of all calls have the server's code and message; a message of this side names the
  // server.
  SolveResult Solve(const v1::SolveRequest& request, const CallOptions& options = {}) const;

  // The same, with `on_event` called on this thread for every event but the last, which is the
  // result. INTERNAL when the server ends the stream without a response.
  SolveResult SolveStream(const v1::SolveRequest& request, const CallOptions& options,
                          const std::function<void(const v1::SolveEvent&)>& on_event) const;

  absl::StatusOr<v1::PlanResponse> Plan(const v1::SolveRequest& request,
                                        const CallOptions& options = {}) const;
  // Grades an earlier answer by its receipt. May be sent again: it counts once on each server.
  absl::StatusOr<v1::ReportOutcomeResponse> ReportOutcome(const v1::ReportOutcomeRequest& request,
                                                          const CallOptions& options = {}) const;
  absl::StatusOr<v1::ListModelsResponse> ListModels(const CallOptions& options = {}) const;

  // For the other files of the client library.
  const Connection& connection() const { return *connection_; }

 private:
  explicit SextantClient(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace sextant
