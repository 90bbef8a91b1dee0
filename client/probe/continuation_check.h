// Whether a model server goes on with a beginning of the model's turn: what beam search step by
// step needs.
#pragma once
#include "client/probe/report.h"
#include "client/probe/subject.h"
#include "server/async/task.h"

namespace sextant {

// Generates a text without chance, hands back the first half of it as the beginning of the turn,
// and compares what follows with the other half. In a chat the request is Sextant's: a last
// assistant message with continue_final_message and without add_generation_prompt.
Task<Check> CheckContinuation(const Subject& subject);

// `use_beam_search`, which vLLM has; others ignore it without a word, so only vLLM is asked.
Task<Check> CheckNativeBeamSearch(const Subject& subject);

}  // namespace sextant
