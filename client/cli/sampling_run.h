// Samples a model on a server for its calibration.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "client/calibrate/traces.h"
#include "client/cli/command.h"

namespace sextant {

struct SamplingRun {
  std::string model;                      // Empty: the server's only one.
  std::string problems;                   // The file, as for `sextant eval`.
  int samples = 8;                        // Traces of each problem.
  std::optional<int64_t> samples_from;    // Seed of a problem's first trace. Unset: random seeds.
  int concurrency = 8;                    // Solves at once.
  std::optional<double> timeout_seconds;  // For all traces of a problem.
  std::string rows;  // File that keeps the rows; they are those of `sextant eval`. Empty: none.
};

// Every problem as one vote that waits for all of its traces. An exit code when something is wrong,
// when no solve succeeded, or when it was interrupted; the error is printed by then. Solves that
// failed are counted as left out, and the first is printed.
std::variant<TraceCollection, ExitCode> SampleTraces(const SamplingRun& run,
                                                     const GlobalFlags& global, Console& console);

}  // namespace sextant
