#include "client/probe/show.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/text.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;

// Where the server's context is smaller, the longest trace has to be, too: servers refuse a request
// whose prompt and max_tokens do not fit. A quarter is left for the prompt.
constexpr int64_t kDefaultMaxTraceTokens = 32768;

absl::string_view NameOf(BackendKind kind) {
  switch (kind) {
    case BackendKind::kOpenAi:
      return "openai";
    case BackendKind::kVllm:
      return "vllm";
    case BackendKind::kLlamaCpp:
      return "llama_cpp";
    case BackendKind::kSglang:
      return "sglang";
    case BackendKind::kOllama:
      return "ollama";
    case BackendKind::kAuto:
      break;
  }
  return "auto";
}

absl::string_view NameOf(BackendApi api) {
  return api == BackendApi::kChat ? "chat" : "completions";
}

absl::string_view NameOf(const std::optional<BeamSearchMode>& mode) {
  if (!mode) return "none";
  return *mode == BeamSearchMode::kSteps ? "steps" : "native";
}

// A JSON string is a YAML string as well.
std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

bool Has(const ProbeReport& report, absl::string_view check) {
  return std::any_of(report.checks.begin(), report.checks.end(),
                     [&](const Check& c) { return c.name == check && c.verdict == Verdict::kYes; });
}

// Of one request: more than a usual vote wants.
constexpr int kChoices = 64;

}  // namespace

std::string ConfigText(const ProbeReport& report, const PasteOptions& options) {
  std::string text = absl::StrCat(
      "server:\n  listen: 127.0.0.1:50051\n  metrics: 127.0.0.1:9464\nmodels:\n  - name: ",
      Quoted(report.model), "\n");
  const int64_t longest = report.context_tokens.value_or(0) * 3 / 4;
  if (longest > 0 && longest < kDefaultMaxTraceTokens) {
    absl::StrAppend(&text, "    # The server's context is ", *report.context_tokens,
                    " tokens, those of the prompt included.\n    sampling: {max_trace_tokens: ",
                    longest, "}\n");
    // Plans are sized by a typical trace, which cannot be longer.
    constexpr int64_t kDefaultTypical = 4096;
    if (longest < kDefaultTypical)
      absl::StrAppend(&text, "    typical_trace_tokens: ", longest, "\n");
  }
  absl::StrAppend(&text, "    backends:\n      - url: ", Quoted(report.url),
                  "\n        kind: ", NameOf(report.kind), "\n        api: ", NameOf(report.api),
                  "\n");
  if (report.beam_search) {
    absl::StrAppend(&text, "        beam_search: ", NameOf(report.beam_search), "\n");
  } else {
    absl::StrAppend(&text, "        # The strategy beam_search does not work with this server.\n");
  }
  if (report.slots && *report.slots > 0)
    absl::StrAppend(&text, "        max_traces: ", *report.slots, "\n");
  // Where choices have their own usage in every chunk, a bill stays exact.
  if (report.kind == BackendKind::kVllm && Has(report, "n") && Has(report, "usage_in_every_chunk"))
    absl::StrAppend(&text, "        choices: ", kChoices, "\n");
  if (!options.api_key_env.empty())
    absl::StrAppend(&text, "        api_key_env: ", Quoted(options.api_key_env), "\n");
  if (!options.ca_file.empty())
    absl::StrAppend(&text, "        ca_file: ", Quoted(options.ca_file), "\n");
  return text;
}

std::string ReportText(const ProbeReport& report) {
  std::vector<std::vector<std::string>> rows = {{"CHECK", "VERDICT", "SEEN"}};
  for (const Check& check : report.checks) {
    rows.push_back({check.name, std::string(VerdictName(check.verdict)), Printable(check.seen)});
    if (check.verdict != Verdict::kYes) rows.push_back({"", "", Printable(check.meaning)});
  }
  return Table({Align::kLeft, Align::kLeft, Align::kLeft}, rows);
}

std::string ReportJson(const ProbeReport& report, const std::string& config) {
  Json checks = Json::array();
  for (const Check& check : report.checks) {
    checks.push_back({{"name", check.name},
                      {"verdict", std::string(VerdictName(check.verdict))},
                      {"needed", check.needed},
                      {"seen", check.seen},
                      {"meaning", check.meaning}});
  }
  Json json = {{"url", report.url},
               {"server", report.server},
               {"kind", std::string(NameOf(report.kind))},
               {"api", std::string(NameOf(report.api))},
               {"model", report.model},
               {"beam_search", std::string(NameOf(report.beam_search))}};
  if (report.context_tokens) json["context_tokens"] = *report.context_tokens;
  if (report.slots) json["slots"] = *report.slots;
  json["usable"] = report.usable();
  json["checks"] = std::move(checks);
  json["config"] = config;
  return absl::StrCat(json.dump(-1, ' ', false, Json::error_handler_t::replace), "\n");
}

std::string CheckLine(const Check& check) {
  return Printable(absl::StrCat(check.name, ": ", VerdictName(check.verdict), ", ", check.seen));
}

}  // namespace sextant
