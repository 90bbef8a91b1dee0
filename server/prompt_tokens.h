// How many tokens a prompt has, without the model's tokenizer: what it has at least, and what it is
// not likely to exceed.
//
// At least: its words, runs of bytes that are no white space. Byte-pair and SentencePiece
// tokenizers split a text at white space before they merge, so no token spans two words. Where
// words are not separated, as in Chinese, this bound is far too low, and so refuses nothing that
// fits.
//
// Likely at most: one for each digit, sign, character outside ASCII and run of white space that is
// more than one space, one for every 4 letters of a run, and 16 for each message's role and marks.
#pragma once
#include <cstdint>

#include "absl/status/status.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Pure; any thread. `request` is a checked one.
int64_t TokensAtLeast(const v1::SolveRequest& request);
int64_t TokensLikelyAtMost(const v1::SolveRequest& request);

// INVALID_ARGUMENT where not a single token would fit beside the prompt into the model's
// `context_tokens`.
absl::Status CheckContext(const v1::SolveRequest& request, const ModelConfig& model);

// The longest trace in tokens that the request asks for, or else the model's configuration.
int AskedTraceTokens(const v1::SolveRequest& request, const ModelConfig& model);
// The same, lowered to what the model's `context_tokens` leaves beside the likely length of the
// prompt. Where that says that nothing is left, beside the least length: the model server, which
// counts, decides.
int LongestTraceTokens(const v1::SolveRequest& request, const ModelConfig& model);

}  // namespace sextant
