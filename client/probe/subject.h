// The model server under test: how to reach it, what was learned about it so far, and plain
// requests to it.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/async/http.h"
#include "server/async/task.h"
#include "server/config.h"

namespace sextant {

struct Subject {
  HttpClient& http;
  std::string url;         // Base URL with the version and without a slash at its end.
  std::string api_key;     // Bearer token; may be empty.
  std::string ca_file;     // PEM file of authorities to trust; empty: the system's.
  std::string prompt;      // The user's message of every request.
  absl::Duration timeout;  // Of each request.

  // Learned on the way.
  std::string model;
  std::string server;
  BackendKind kind = BackendKind::kAuto;
  BackendApi api = BackendApi::kChat;
  std::optional<int64_t> context_tokens;
  std::optional<int64_t> slots;
  bool tells_usage_in_every_chunk = false;

  // The URL without its version: where health, metrics and the like are.
  std::string Root() const;
  // A streamed completion of the prompt, without any sampling parameter.
  nlohmann::json Completion(int64_t max_tokens) const;
  // Request to `url`: a POST with this body, a GET where it is empty.
  HttpRequest Request(std::string url, std::string body) const;
};

struct Fetched {
  int status = 0;  // HTTP.
  std::string body;
  std::string server;  // The header.

  // The body as JSON; null when it is none or the status is not 200.
  nlohmann::json Json() const;
};

// A request and its whole response, of up to 4 MiB. UNAVAILABLE: no connection, or it broke;
// DEADLINE_EXCEEDED after the subject's timeout; RESOURCE_EXHAUSTED: too long.
Task<absl::StatusOr<Fetched>> Fetch(const Subject& subject, std::string url, std::string body = "");

// The member of an object; null where there is none.
const nlohmann::json& Member(const nlohmann::json& object, const char* name);
// The same as a string or a whole number, where it is one.
std::string TextMember(const nlohmann::json& object, const char* name);
std::optional<int64_t> NumberMember(const nlohmann::json& object, const char* name);

}  // namespace sextant
