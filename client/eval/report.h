// The page that `sextant eval --report` writes: one HTML file that needs nothing else, no script
// and no network. Every text that a caller, a server or a model wrote is escaped.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/eval/observation.h"
#include "client/eval/summary.h"

namespace sextant {

// What was run, as far as the observations do not say.
struct ReportContext {
  std::string model;
  absl::Time time;      // Of the report; shown in UTC.
  std::string version;  // Of Sextant's command line.
  // Flags that change the figures, with their values: {"--max-tokens", "1700"}.
  std::vector<std::pair<std::string, std::string>> flags;
  Completeness completeness = Completeness::kComplete;
  int64_t planned_solves = 0;
};

// `observations` are in the order of the rows, strategy by strategy. Without any, a page that says
// so.
std::string ReportHtml(const ReportContext& context, const std::vector<Observation>& observations);

}  // namespace sextant
