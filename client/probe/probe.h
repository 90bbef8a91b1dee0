// Probes a model server: runs every check against it, one after the other, on an event loop.
#pragma once
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/probe/report.h"
#include "server/async/http.h"
#include "server/async/task.h"

namespace sextant {

struct ProbeOptions {
  std::string url;      // Base URL as in the configuration; without any path, /v1 is tried too.
  std::string model;    // Empty: the first that the server lists.
  std::string prompt;   // Empty: a request to count, which makes for a long text.
  std::string api_key;  // Bearer token; may be empty.
  std::string ca_file;  // PEM file of authorities to trust; empty: the system's.
  absl::Duration timeout = absl::Seconds(60);  // Of each request; the watch after a cancel too.
};

// INVALID_ARGUMENT unless the URL is one that the configuration takes too.
absl::Status CheckOptions(const ProbeOptions& options);

// About twenty short completions and one long one, which is cancelled. Ends early when nothing
// answers, or no text comes. `on_check` is told each check when it has ended. Loop only; `http`
// outlives the task.
Task<ProbeReport> Probe(HttpClient& http, ProbeOptions options,
                        std::function<void(const Check&)> on_check);

}  // namespace sextant
