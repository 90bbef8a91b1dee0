// Faults on request: what real model servers do wrong, so that a client can be tested against it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "simulator/stable_random.h"

namespace sextant {

// What goes wrong with one request; nothing by default. `after` fields count the tokens of the
// choice that gets there first, and do not happen when the stream ends earlier.
struct Fault {
  bool refuse = false;                       // The connection is closed without an answer.
  bool never_answer = false;                 // Not a byte is sent, not even a status.
  std::optional<int> status;                 // This HTTP status and an error object: 400 to 599.
  std::optional<int> retry_after_s;          // The Retry-After of that status; 1 for 429 if unset.
  absl::Duration first_token_delay;          // The whole stream is this much later.
  std::optional<int64_t> stall_after;        // Then silence on an open connection.
  std::optional<int64_t> cut_after;          // Then half an event, and the connection is closed.
  std::optional<int64_t> garbage_after;      // Then bytes that are no event; the stream goes on.
  std::optional<int64_t> error_after;        // Then an error object in the stream, and its end.
  std::optional<int64_t> wrong_types_after;  // Then one chunk whose text is a number; goes on.
  bool no_usage = false;                     // As from a server that sends no usage.
  bool no_logprobs = false;                  // As from one that ignores that they are asked for.

  bool any() const;
};

// Name of the request header that asks for a fault: `X-Simulator-Fault: stall_after=20, no_usage`.
inline constexpr absl::string_view kFaultHeader = "X-Simulator-Fault";

// Reads the header's value: `key=value` or `key` for the flags, separated by commas; the keys are
// those of the rules below. INVALID_ARGUMENT names the key.
absl::StatusOr<Fault> ParseFaultHeader(absl::string_view value);

// The rules of a --faults file (simulator/README.md has its keys). Not thread-safe.
class FaultRules {
 public:
  FaultRules() = default;
  // INVALID_ARGUMENT lists every error with file, line and path.
  static absl::StatusOr<FaultRules> Load(const std::string& path);

  // The fault of the next request for `model`: that of the first rule that matches it.
  Fault Next(absl::string_view model);

  size_t size() const { return rules_.size(); }

 private:
  struct Rule {
    std::string model;  // Empty: every model.
    double probability = 1;
    int64_t skip = 0;              // Matching requests to leave alone first.
    std::optional<int64_t> times;  // Unset: no limit.
    Fault fault;
  };

  std::vector<Rule> rules_;
  StableRandom random_{0};  // Same rules and requests, same faults.
};

}  // namespace sextant
