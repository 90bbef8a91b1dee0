// The seam to what model servers say about themselves, apart from traces.
#pragma once
#include <optional>
#include <string>

#include "server/async/task.h"

namespace sextant {

struct HealthReport {
  enum class State {
    kUnknown,  // It answers but says nothing about its health.
    kUp,
    kLoading,  // It asks for patience (503): it is starting up, or its engine is gone.
    kDown      // No connection, no answer, or a gateway that finds no server.
  };
  State state = State::kUnknown;
  // Requests of all clients that run there and that wait there, by its own account.
  std::optional<int> running, waiting;
  // It is known to compute a prompt that several requests have in common once.
  bool shares_prefixes = false;
};

// Loop only.
class HealthCheck {
 public:
  virtual ~HealthCheck() = default;
  // Asks once; ends within a few seconds, whatever the server does. One at a time.
  virtual Task<HealthReport> Check() = 0;
};

}  // namespace sextant
