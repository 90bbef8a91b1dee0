// The server's configuration: one plain struct, read from YAML.
//
// Loading is strict: an unknown or ill-typed key, a value out of range, a duplicate name and a
// missing file are errors, and all errors of a file are reported at once, each with file:line and
// the path of the key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/difficulty_config.h"
#include "server/log_config.h"
#include "server/profile.h"
#include "server/receipts_config.h"
#include "server/security_config.h"

namespace sextant {

struct PriceConfig {
  double prompt_per_million = 0;      // USD per million prompt tokens, 0 or more.
  double completion_per_million = 0;  // USD per million completion tokens, 0 or more.
};

// How the model samples where a request does not say. Unset: the model server's own default.
struct SamplingConfig {
  std::optional<double> temperature;  // 0 to 2.
  std::optional<double> top_p;        // Above 0, up to 1.
  std::optional<int> top_k;           // 1 to 1,000,000.
  std::optional<double> min_p;        // 0 to 1.
  int max_trace_tokens = 32768;       // Longest trace, in tokens. 1 to 10,000,000.
};

// What a model server is known to be. It decides which optional parts of the API are used.
enum class BackendKind { kAuto, kOpenAi, kVllm, kLlamaCpp, kSglang, kOllama };
enum class BackendApi { kChat, kCompletions };  // /chat/completions or /completions.
enum class BeamSearchMode { kSteps, kNative };  // Step by step over prefixes, or `use_beam_search`.

struct BackendConfig {
  std::string url;    // Base URL with the version, such as http://127.0.0.1:8000/v1. http or https.
                      // A host with several addresses is as many servers, each with max_traces.
  std::string name;   // In metrics and logs. Unique in its model. Default: host:port of the URL,
                      // with #2, #3, ... appended where that is taken.
  std::string model;  // The model's name on that server. Default: the model's name here.
  BackendKind kind = BackendKind::kAuto;
  BackendApi api = BackendApi::kChat;
  BeamSearchMode beam_search = BeamSearchMode::kSteps;
  int max_traces = 0;       // Traces running at once. 0 to 100,000; 0: no limit.
  int choices = 1;          // Traces that one request may be for, as `n`; 1: none are put together.
                            // For servers that stream several choices well. 1 to 256.
  double weight = 1;        // Multiplies its share of the traces. 0.01 to 100.
  std::string api_key_env;  // Environment variable with the bearer token. Must be set when named.
  std::string api_key;      // Its value; never in a file, a log or an error.
  std::string ca_file;      // PEM file of authorities to trust instead of the system's.
  absl::Duration connect_timeout = absl::Seconds(5);  // Name look-up included. 1 ms to 10 min.
  absl::Duration first_token_timeout = absl::Seconds(300);  // From the request sent. 1 ms to 24 h.
  absl::Duration token_timeout = absl::Seconds(60);         // Between two chunks. 1 ms to 24 h.
  int max_attempts = 3;  // Requests per trace while it has said nothing. 1 to 10.
  // Between two questions for its /health. 0: never asked; else 100 ms to 10 min. Default of kind
  // openai, whose services have none: 0.
  absl::Duration health_interval = absl::Seconds(5);

  bool operator==(const BackendConfig&) const = default;
};

struct ModelConfig {
  std::string name;  // What callers ask for. Unique.
  Horizon horizon = Horizon::kUnknown;
  int typical_trace_tokens = 4096;  // Mean length; plans are sized by it. 1 to 10,000,000.
  // Whether typical_trace_tokens stands in the configuration or in the profile.
  bool typical_is_measured = false;
  int max_traces = 8;            // Traces of one solve where the request does not say. 1 to 256.
  int max_solves = 256;          // Solves running at once, over all loops. 1 to 100,000.
  int max_queue = 256;           // Solves waiting for one of those to end. 0 to 100,000; 0: none.
  int context_tokens = 0;        // What its servers hold of prompt and trace together. 0 to
                                 // 100,000,000; 0: unknown, so that nothing is refused by it.
  double tokens_per_second = 0;  // Of one trace. 0 to 1,000,000; 0: unknown, so that plans cannot
                                 // tell how many tokens a deadline leaves.
  // Retries, and traces that take the place of broken ones: at most this share of the requests of
  // the last 10 s, and 10 more. 0 to 1; 0: none.
  double retry_share = 0.2;
  SamplingConfig sampling;
  std::optional<PriceConfig> price;
  DifficultyConfig difficulty;
  std::optional<ModelProfile> profile;  // Of the file that `profile` names.
  std::vector<BackendConfig> backends;  // 1 to 256.
};

struct ServerConfig {
  std::string listen;   // HOST:PORT of the gRPC service. Required.
  std::string metrics;  // HOST:PORT of the Prometheus endpoint. Default: none.
  int loops = 1;        // Event-loop threads; a solve stays on one. 1 to 64.
  // An answer is sent that long before the deadline. 1 ms to 10 s, below max_solve_time.
  absl::Duration deadline_reserve = absl::Milliseconds(50);
  // For calls without a deadline, or with a later one. 1 s to 24 h.
  absl::Duration max_solve_time = absl::Hours(1);
  // After SIGTERM solves may finish that long. 0 to 1 h.
  absl::Duration drain_timeout = absl::Seconds(30);
  // Wait for the usage of finished traces. 0 to 10 s.
  absl::Duration usage_grace = absl::Milliseconds(250);
  // Text kept of one trace; a longer one fails. 1 KiB to 1 GiB.
  int64_t max_trace_bytes = 16 << 20;
  // Text kept of all traces, an equal part of it on each loop; a trace that goes beyond fails. 1
  // MiB to 1 TiB.
  int64_t max_text_bytes = 1 << 30;
  // Between two reads of a long stream while its event loop is busy. 0 to 1 s; 0: each chunk is
  // read when it arrives, however busy the loop.
  absl::Duration read_interval = absl::Milliseconds(50);
  bool reflection = true;  // Serve gRPC reflection.
  // Calls at once on one connection; a client holds further ones back. 1 to 1,000,000.
  int max_calls_per_connection = 4096;
  std::optional<TlsConfig> tls;  // Of the gRPC port. Default: none.
  // Take bearer tokens without TLS on other addresses than loopback ones: a proxy in front has TLS.
  bool tokens_without_tls = false;
};

struct Config {
  ServerConfig server;
  LogConfig log;
  ReceiptsConfig receipts;
  std::string policy;               // Path of a policy file. Default: the built-in policy.
  std::vector<ModelConfig> models;  // 1 to 1,000.
  // Who may call; up to 1,000. Default: none are named, and everybody who reaches the server may.
  std::vector<CallerConfig> callers;
};

// Reads and checks `path`. INVALID_ARGUMENT with one line per error, `file:line: path: what`;
// NOT_FOUND when there is no such file. Files that it names (policy, profile, ca_file, those of
// tls) must exist; relative ones are looked for in its own folder first, then in the working
// directory. The result holds the paths that were found. A policy is not read here: see LoadPolicy.
//
// A model's `profile` is a file that `sextant calibrate` writes, see server/profile.h; the model's
// own `horizon` and `typical_trace_tokens` win over it. Secrets, in files and in the environment,
// are read here, once.
absl::StatusOr<Config> LoadConfig(const std::string& path);
// The same for text; `name` stands for the file in errors, and relative files are in the working
// directory.
absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view name);

}  // namespace sextant
