// What a model server tells about its own work: how many requests it works on, how many tokens it
// has generated. Proof that generation has stopped is the server's to give.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/probe/subject.h"
#include "server/async/task.h"

namespace sextant {

struct ServerLoad {
  double requests = 0;              // That run or wait.
  std::optional<double> generated;  // Tokens since the server's start.
  // Tokens that it knows to have generated for clients that were gone; the simulator tells.
  std::optional<double> after_disconnect;
  // `generated` grows with every token, not only when a request ends.
  bool counts_every_token = false;
  std::string source;  // Where the figures are from.
};

// The sum of a metric's series in Prometheus text; nullopt: there is none.
std::optional<double> MetricSum(absl::string_view text, absl::string_view name);

// From the metrics of vLLM, llama.cpp, SGLang or sextant-simulator.
std::optional<ServerLoad> LoadFromMetrics(absl::string_view text);

// GET /metrics, and /slots of a llama.cpp that runs without --metrics. Nullopt: the server tells
// nothing of the kind.
Task<std::optional<ServerLoad>> ReadLoad(const Subject& subject);

}  // namespace sextant
