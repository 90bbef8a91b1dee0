// Tells a trace's thinking from its final part.
#pragma once
#include <cstddef>

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

// The markers themselves, for content that arrives piece by piece.
enum class Marker {
  kNone,
  kIncomplete,      // The text may become a marker with what follows it.
  kThinkingOpens,   // <think>
  kThinkingCloses,  // </think>
  kFinalChannel,    // <|channel|>final
  kOtherChannel,    // <|channel|>
  kMessage,         // <|message|>
  kMessageEnds,     // <|end|>, <|return|>, <|start|>
};
struct MarkerAt {
  Marker marker = Marker::kNone;
  size_t bytes = 0;
};
// The marker that a text starts with.
MarkerAt ReadMarker(absl::string_view text);

// What every marker starts with one of.
constexpr absl::string_view kMarkerStarts = "<[";

}  // namespace sextant
