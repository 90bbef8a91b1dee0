#include "server/prompt_tokens.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sextant {
namespace {

constexpr int64_t kLettersPerToken = 4;
constexpr int64_t kTokensPerMessage = 16;

template <typename Count>
int64_t OverMessages(const v1::SolveRequest& request, Count count) {
  int64_t tokens = count(request.prompt());
  for (const v1::Message& message : request.messages()) tokens += count(message.content());
  return tokens;
}

int64_t Words(absl::string_view text) {
  int64_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool is_space = absl::ascii_isspace(static_cast<unsigned char>(c));
    words += !is_space && !in_word;
    in_word = !is_space;
  }
  return words;
}

int64_t LikelyAtMost(absl::string_view text) {
  int64_t tokens = kTokensPerMessage;
  int64_t letters = 0;
  bool in_space = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // Every kLettersPerToken-th letter of a run begins a token; spaces are part of the next word's.
    if (absl::ascii_isalpha(byte)) {
      tokens += letters++ % kLettersPerToken == 0;
      in_space = false;
      continue;
    }
    letters = 0;
    const bool is_single_space = byte == ' ' && !in_space;
    const bool goes_on = (byte & 0xC0) == 0x80;  // The next byte of a character.
    const bool is_space = absl::ascii_isspace(byte);
    tokens += is_space ? !in_space && !is_single_space : !goes_on;
    in_space = is_space;
  }
  return tokens;
}

}  // namespace

int64_t TokensAtLeast(const v1::SolveRequest& request) { return OverMessages(request, Words); }

int64_t TokensLikelyAtMost(const v1::SolveRequest& request) {
  return OverMessages(request, LikelyAtMost);
}

absl::Status CheckContext(const v1::SolveRequest& request, const ModelConfig& model) {
  if (model.context_tokens == 0) return absl::OkStatus();
  const int64_t words = TokensAtLeast(request);
  if (words + 1 <= model.context_tokens) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      request.messages_size() > 0 ? "messages" : "prompt", " has at least ", words,
      " tokens (one a word), expected at most ", model.context_tokens - 1,
      ": the context of model ", model.name, " holds ", model.context_tokens, " with the answer"));
}

int AskedTraceTokens(const v1::SolveRequest& request, const ModelConfig& model) {
  return request.sampling().has_max_trace_tokens() ? request.sampling().max_trace_tokens()
                                                   : model.sampling.max_trace_tokens;
}

int LongestTraceTokens(const v1::SolveRequest& request, const ModelConfig& model) {
  const int asked = AskedTraceTokens(request, model);
  if (model.context_tokens == 0) return asked;
  int64_t left = model.context_tokens - TokensLikelyAtMost(request);
  if (left < 1) left = model.context_tokens - TokensAtLeast(request);
  return static_cast<int>(std::min<int64_t>(asked, std::max<int64_t>(left, 1)));
}

}  // namespace sextant
