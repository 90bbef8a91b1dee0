// What the simulator counts about itself, and its Prometheus form.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace sextant {

// Plain numbers: the server's thread writes them, others are given a copy.
struct SimulatorCounts {
  int64_t connections_open = 0;
  int64_t streams_open = 0;      // Answers under way, streamed or not; stalled ones included.
  int64_t streams_finished = 0;  // Since the start, by outcome (StreamOutcome).
  int64_t streams_cut = 0;
  int64_t streams_failed = 0;
  int64_t tokens = 0;  // Generated.
  // Tokens that were generated when their client had already closed the connection: those of the
  // chunk at whose writing the close is seen. Closes are also seen between chunks, as they come.
  int64_t tokens_after_disconnect = 0;
  int64_t faults = 0;                // Requests that a fault was asked for.
  std::map<int, int64_t> responses;  // By HTTP status.
  // How late chunks were written: whether the simulator kept the pace it was asked for.
  int64_t paced_writes = 0;
  double lag_seconds = 0;
  double max_lag_seconds = 0;

  int64_t streams_started() const {
    return streams_open + streams_finished + streams_cut + streams_failed;
  }
};

// Text exposition format 0.0.4.
std::string PrometheusText(const SimulatorCounts& counts);

}  // namespace sextant
