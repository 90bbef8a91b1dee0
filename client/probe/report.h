// What `sextant probe` found out about a model server: one check after the other, and what to write
// into the configuration.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/config.h"

namespace sextant {

enum class Verdict {
  kYes,
  kPartly,   // Works with a restriction that `seen` names.
  kNo,       // Does not work, or the server refuses it.
  kUnknown,  // Could not be found out; `seen` says why.
};

absl::string_view VerdictName(Verdict verdict);  // yes, partly, no, unknown.

struct Check {
  std::string name;  // Such as "streaming". Programs may rely on it.
  Verdict verdict = Verdict::kUnknown;
  std::string seen;     // What the server did.
  std::string meaning;  // What that means for Sextant.
  bool needed = false;  // Sextant does not work, or does not bill exactly, where this is a no.
};

struct ProbeReport {
  std::string url;     // Base URL with the version, as the configuration wants it.
  std::string server;  // What the server says it is, such as "llama.cpp b11669".
  std::string model;   // The model's name on that server; empty when none was found.
  BackendKind kind = BackendKind::kAuto;
  BackendApi api = BackendApi::kChat;
  std::optional<BeamSearchMode> beam_search;  // Unset: none works.
  std::optional<int64_t> context_tokens;      // Prompt and completion, as the server tells it.
  std::optional<int64_t> slots;               // Requests that it runs at once, where it tells.
  std::vector<Check> checks;

  // Nothing that Sextant needs is a no.
  bool usable() const;
};

}  // namespace sextant
