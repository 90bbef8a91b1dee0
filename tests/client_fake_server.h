// A Sextant service with canned answers on a loopback port, for tests of the client.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// What the service does with one solve.
struct FakeSolve {
  absl::Status status;
  v1::SolveResponse response;
  std::optional<v1::Usage> failure_usage;     // Travels in the details of a failure.
  std::optional<absl::Duration> retry_delay;  // Likewise, as a google.rpc.RetryInfo.
  std::vector<v1::SolveEvent> events;         // Streamed before the response.
  enum class Ending { kResponse, kSilence } ending = Ending::kResponse;  // kSilence: never ends.
};

// Serves from construction to destruction. `solver` runs on the server's threads, one call at a
// time.
class FakeServer {
 public:
  using Solver = std::function<FakeSolve(const v1::SolveRequest&)>;

  explicit FakeServer(Solver solver, std::vector<std::string> models = {"model-a"});
  ~FakeServer();

  std::string target() const;
  // The requests of Solve, SolveStream and Plan so far.
  std::vector<v1::SolveRequest> requests() const;
  // Of the last of them: its metadata `authorization`, empty where there is none.
  std::string authorization() const;
  // Those of ReportOutcome. Of equal ones the first is counted; the receipt "forged" is refused.
  std::vector<v1::ReportOutcomeRequest> reports() const;

 private:
  class Service;
  struct Running;
  std::unique_ptr<Running> running_;
};

// A response that a solve on real traces could have given: answer 4 with 2 of 3 votes, correct.
v1::SolveResponse SampleResponse();
// 30 billed tokens: 20 finished, 10 cancelled, 4 of them estimated.
v1::Usage SampleUsage();

}  // namespace sextant
