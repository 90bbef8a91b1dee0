// What a model server does with the fields of a completion that Sextant sends. Each check makes one
// to four short completions. Loop only; the subject outlives the task.
#pragma once
#include "client/probe/report.h"
#include "client/probe/subject.h"
#include "server/async/task.h"

namespace sextant {

// Whether text comes in pieces, and how fast. Learns the API: text completions, where chat gets a
// 404 and they do not.
Task<Check> CheckStreaming(Subject& subject);

// Token counts at the end of the stream (needed for exact bills), and in every chunk of it, which
// makes the bill of cancelled traces exact. Two checks, "usage" and "usage_in_every_chunk".
Task<std::vector<Check>> CheckUsage(Subject& subject);

// Whether a completion ends at max_tokens.
Task<Check> CheckMaxTokens(const Subject& subject);

// Whether equal seeds give equal texts at temperature 1, and others another text.
Task<Check> CheckSeed(const Subject& subject);

// Whether one request gives several choices in one stream.
Task<Check> CheckSeveralChoices(const Subject& subject);

// Log-probabilities of the sampled tokens, and how many alternatives at most.
Task<Check> CheckLogprobs(const Subject& subject);

// Whether a stop string ends the completion and is left out of it.
Task<Check> CheckStop(const Subject& subject);

// How the server refuses a prompt that is longer than its context.
Task<Check> CheckContext(const Subject& subject);

// The verdict for a completion that failed: no where the server refused it, else unknown.
Check Failed(Check check, const absl::Status& error);

}  // namespace sextant
