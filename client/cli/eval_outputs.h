// The files that `sextant eval` writes: rows while it runs, a page and a table of figures at its
// end.
#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/eval/report.h"

namespace sextant {

struct EvalPaths {
  std::string problems;  // Read; never written.
  std::string rows;      // --out; empty, as the others may be: not wanted.
  std::string report;
  std::string csv;
};

// A stream of a file that is not wanted swallows everything.
struct EvalOutputs {
  EvalPaths paths;
  std::ofstream rows;
  std::ofstream report;
  std::ofstream csv;
};

// Opens all of them, so that a wrong path shows before anything is spent. INVALID_ARGUMENT, naming
// the flag, when one cannot be written or is the file of problems or of another flag.
absl::StatusOr<EvalOutputs> OpenOutputs(const EvalPaths& paths);

// Writes page and figures, and ends the rows. DATA_LOSS, naming the flag, when a file could not be
// written to its end.
absl::Status WriteOutputs(const ReportContext& context,
                          const std::vector<Observation>& observations, EvalOutputs& outputs);

}  // namespace sextant
