// Tells a trace's thinking from its final part.
#pragma once
#include "absl/strings/string_view.h"

namespace sextant {

struct TraceParts {
  absl::string_view thinking;  // Empty when the trace has none, or none that is marked.
  absl::string_view final;     // What the model says to its reader; empty while it still thinks.
};

// Views into the arguments. `reasoning` is the text of reasoning deltas; `content` may hold
// thinking of its own: <think>...</think> (the opening tag may be missing, as chat templates put it
// into the prompt; likewise <thinking>, <seed:think> and [THINK]), or gpt-oss channels, where the
// last <|channel|>final message is the final part. Text without any marker is the final part.
// Thinking that was opened and not closed leaves no final part.
TraceParts SplitTrace(absl::string_view reasoning, absl::string_view content);

}  // namespace sextant
