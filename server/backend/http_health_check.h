// Asks one model server over HTTP how it is: /health, and what it says of its load.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/async/http.h"
#include "server/backend/health_check.h"
#include "server/config.h"

namespace sextant {

// Sum of the series of one metric in Prometheus' text format; nullopt when it has none.
std::optional<double> SumOfSeries(absl::string_view text, absl::string_view metric);

// Requests that llama.cpp's /slots lists as running; nullopt when it is no such list.
std::optional<int> BusySlots(absl::string_view json);

// The kind of server that a /v1/models answer tells of; kAuto when it does not.
BackendKind KindOfModels(absl::string_view json);

// Whether servers of that kind keep the prompts that they have seen for all requests to come.
bool SharesPrefixes(BackendKind kind);

// Loop only.
class HttpHealthCheck : public HealthCheck {
 public:
  // `http` and `config` outlive it. With an `address` it asks the server there.
  HttpHealthCheck(HttpClient& http, const BackendConfig& config, std::string address = "");

  // Down: no connection, or twice in a row no answer within five seconds, or 500, 502 or 504.
  // Loading: 503. Up: 2xx. Other answers, such as a 404, say nothing. An up server of kind vllm is
  // asked for its /metrics, one of kind llama_cpp for its /slots and /metrics. One of kind auto is
  // asked what it is, once.
  Task<HealthReport> Check() override;

 private:
  // Status and body of a GET; the status is 0 when there was no connection.
  struct Answer {
    int status = 0;
    bool timed_out = false;
    std::string body;
  };
  Task<Answer> Get(std::string url);
  Task<HealthReport> WithLoad(HealthReport report);

  HttpClient& http_;
  const BackendConfig& config_;
  const std::string address_;
  const std::string root_;  // The URL without the API's version.
  BackendKind kind_;
  bool kind_asked_ = false;
  int silent_ = 0;  // Checks without an answer in a row.
};

}  // namespace sextant
