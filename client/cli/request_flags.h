// The flags that say what to solve and within which limits, and the request that they make.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/console.h"
#include "client/sextant_client.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Limits of a solve; unset ones are the server's defaults.
struct BudgetFlags {
  std::optional<int64_t> max_tokens;
  std::optional<int64_t> max_sequential_tokens;
  std::optional<int32_t> max_traces;
  std::optional<double> max_cost_usd;
  std::string goal;               // Short name; empty: unset.
  std::optional<double> timeout;  // Seconds.
};

// How the model samples; unset: the model's configuration.
struct SamplingFlags {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<int32_t> top_k;
  std::optional<double> min_p;
  std::optional<int64_t> seed;
  std::vector<std::string> stop;
  std::optional<int32_t> max_trace_tokens;
};

struct RequestFlags {
  std::string model;  // Empty: the server's only one.
  std::optional<std::string> prompt;
  std::string prompt_file;  // "-": standard input.
  std::string kind;  // Short name; empty: told by --choice, --pattern or --pointer, else auto.
  std::vector<std::string> choices;
  std::string pattern;
  std::string pointer;
  std::string strategy = "auto";
  std::string difficulty;
  std::string reference;
  BudgetFlags budget;
  SamplingFlags sampling;
};

// Add the flags to a subcommand. `flags` must live until the command line is parsed.
void AddBudgetFlags(CLI::App& command, BudgetFlags& flags);
void AddRequestFlags(CLI::App& command, RequestFlags& flags);

CallOptions CallOptionsOf(const BudgetFlags& flags);
v1::Budget BudgetOf(const BudgetFlags& flags);

// A strategy as the command line writes it; without a kind for `auto`. INVALID_ARGUMENT names the
// flag.
absl::StatusOr<v1::Strategy> StrategyOf(const std::string& text);

// The request, but for a model that was not named. Reads the prompt from its file or from the
// console's input. INVALID_ARGUMENT or NOT_FOUND, naming the flag or the file, when it makes no
// sense.
absl::StatusOr<v1::SolveRequest> RequestOf(const RequestFlags& flags, Console& console);

}  // namespace sextant
