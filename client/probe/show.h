// A report of `sextant probe` for people, for programs, and as a configuration.
#pragma once
#include <string>

#include "client/probe/report.h"

namespace sextant {

// What probing found out that the configuration does not hold by itself.
struct PasteOptions {
  std::string api_key_env;  // Name of the variable with the key; may be empty.
  std::string ca_file;
};

// A whole configuration with one model and this backend. Well-formed where the report has a model.
std::string ConfigText(const ProbeReport& report, const PasteOptions& options);

// A table: check, verdict, what was seen, and below it what that means where it is not a yes.
std::string ReportText(const ProbeReport& report);

// {"url", "server", "kind", "api", "model", "beam_search", "context_tokens", "slots", "usable",
//  "checks": [{"name", "verdict", "needed", "seen", "meaning"}], "config"}
std::string ReportJson(const ProbeReport& report, const std::string& config);

// One line, for progress.
std::string CheckLine(const Check& check);

}  // namespace sextant
