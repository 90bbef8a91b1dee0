// Reads one JSON object of an OpenAI-compatible response: a chunk of a stream, or a whole response.
#pragma once
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/backend/backend.h"
#include "server/backend/plain_chunk.h"

namespace sextant {

// Keeps its buffers between calls, so that a chunk costs no allocation. Not thread-safe; one per
// loop is enough. Plain chunks are read by a PlainChunkReader where the processor has what that
// takes; all others by simdjson's DOM API, which chooses its kernel at run time, so that the binary
// starts on any x86-64 and arm64.
class OpenAiChunkReader {
 public:
  explicit OpenAiChunkReader(bool by_plain_reader = CanReadPlainChunks());
  ~OpenAiChunkReader();

  // Reads chat and text completions, streamed (`delta`, `text`) and whole (`message`): one chunk
  // for each choice below `choices` that it is about, and one of all choices for a usage that is
  // not about a single one; without any choice one of choice 0. Unknown fields are ignored. The
  // views of the result are valid until the next call. Of several choices in one object only the
  // first has confidences. UNAVAILABLE: not JSON, a field of a wrong type (the message names it),
  // or an error object that the server sent.
  absl::StatusOr<absl::Span<const TraceChunk>> Read(absl::string_view json, int choices = 1);

  // The message of an error response: error.message, message, detail, or the start of the text
  // itself.
  std::string ErrorMessage(absl::string_view body);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sextant
