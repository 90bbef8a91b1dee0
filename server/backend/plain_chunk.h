// The fast way for the chunks that nearly all of a stream is made of: one choice with a piece of
// text, and perhaps the usage so far. simdjson's on-demand parser looks at each byte once, in about
// half of what its DOM parser takes, but has to be compiled for one kind of processor: here for
// x86-64 with AVX2, and for 64-bit ARM. See docs/decisions/0014.
#pragma once
#include <memory>

#include "absl/strings/string_view.h"
#include "server/backend/backend.h"

namespace sextant {

// Whether this processor has what the reader is compiled for; where not, nothing of it may be
// called. Any thread.
bool CanReadPlainChunks();

// Keeps its buffers between calls. Not thread-safe.
class PlainChunkReader {
 public:
  PlainChunkReader();
  ~PlainChunkReader();

  // True: `json` is one plain chunk, for one choice below `choices`, and `chunk`, which was empty,
  // is what OpenAiChunkReader would say; its views are valid until the next call. False: anything
  // else, such as log-probabilities, an error or what is no JSON; `chunk` is not to be relied on.
  // Values that nothing reads are passed over unread: they need not be JSON.
  bool Read(absl::string_view json, int choices, TraceChunk& chunk);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sextant
