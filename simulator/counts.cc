#include "simulator/counts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sextant {
namespace {

std::string Family(absl::string_view name, absl::string_view type, absl::string_view help) {
  return absl::StrCat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

template <typename Number>
std::string Single(absl::string_view name, absl::string_view type, absl::string_view help,
                   Number value) {
  return absl::StrCat(Family(name, type, help), name, " ", value, "\n");
}

}  // namespace

std::string PrometheusText(const SimulatorCounts& counts) {
  std::string responses =
      Family("simulator_responses_total", "counter", "Responses by HTTP status.");
  for (const auto& [status, count] : counts.responses) {
    absl::StrAppend(&responses, "simulator_responses_total{code=\"", status, "\"} ", count, "\n");
  }
  return absl::StrCat(
      Single("simulator_connections_open", "gauge", "Connections that are open.",
             counts.connections_open),
      Single("simulator_streams_open", "gauge", "Answers under way.", counts.streams_open),
      Family("simulator_streams_total", "counter", "Answers that ended, by outcome."),
      "simulator_streams_total{outcome=\"finished\"} ", counts.streams_finished, "\n",
      "simulator_streams_total{outcome=\"cut\"} ", counts.streams_cut, "\n",
      "simulator_streams_total{outcome=\"failed\"} ", counts.streams_failed, "\n",
      Single("simulator_tokens_total", "counter", "Tokens generated.", counts.tokens),
      Single("simulator_tokens_after_disconnect_total", "counter",
             "Tokens generated after the client had closed the connection.",
             counts.tokens_after_disconnect),
      Single("simulator_faults_total", "counter", "Requests that a fault was asked for.",
             counts.faults),
      Family("simulator_chunk_lag_seconds", "summary", "How late chunks were written."),
      "simulator_chunk_lag_seconds_sum ", counts.lag_seconds, "\n",
      "simulator_chunk_lag_seconds_count ", counts.paced_writes, "\n",
      Single("simulator_chunk_lag_max_seconds", "gauge", "The latest chunk since the start.",
             counts.max_lag_seconds),
      responses);
}

}  // namespace sextant
