// A request to /v1/chat/completions or /v1/completions, checked and reduced to what the simulator
// acts on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

enum class Endpoint { kChat, kCompletions };

struct CompletionRequest {
  Endpoint endpoint = Endpoint::kChat;
  std::string model;
  std::string prompt;  // The last user message, or the prompt of /v1/completions.
  // The beginning of the answer that a chat asks to continue (continue_final_message).
  std::optional<std::string> prefix;
  std::string prefix_reasoning;  // The reasoning of that message, when it carries it apart.
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
  int n = 1;                      // 1 to 256.
  std::optional<int> beam_width;  // Set: the best beam of this width is asked for.
  std::optional<int64_t> seed;
  std::vector<std::string> stop;      // At most 16, none empty.
  std::optional<int64_t> max_tokens;  // At least 1; unset: no limit.
  std::optional<int> top_logprobs;    // 0 to 20; unset: no log-probabilities.
  int64_t prompt_tokens = 0;          // Estimated: a token for every four bytes of the messages.
};

// INVALID_ARGUMENT names the field, what it is and what was expected. Fields that the simulator has
// no use for (temperature, top_p, user, ...) are ignored, as are unknown ones.
absl::StatusOr<CompletionRequest> ParseCompletionRequest(Endpoint endpoint, absl::string_view body);

}  // namespace sextant
