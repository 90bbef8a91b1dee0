// One streamed completion of the server under test, read by the same parsers as a trace's.
#pragma once
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/probe/subject.h"
#include "server/async/task.h"
#include "server/backend/openai_chunk.h"
#include "server/backend/sse.h"

namespace sextant {

// What has come so far. Text, tokens and chunks are those of choice 0.
struct Completion {
  bool streamed = true;             // False: a whole answer, not an event stream.
  std::string text;                 // Reasoning and content, in the order of their arrival.
  std::vector<size_t> chunk_end;    // For each chunk with text: where it ends in `text`.
  int tokens = 0;                   // By log-probabilities where there are any, else one a chunk.
  std::optional<TokenUsage> usage;  // The last one.
  int chunks_with_usage = 0;        // Of those with text.
  std::string finish_reason;
  std::set<int64_t> choices;               // Indexes that had a chunk.
  int logprobs = 0;                        // Tokens with a log-probability.
  int top_logprobs = 0;                    // Most alternatives that one token had.
  absl::Duration first_token, last_token;  // From the request to the first and last text.

  int chunks() const { return static_cast<int>(chunk_end.size()); }
  // As the server counts them, where it does.
  int64_t generated() const {
    return usage ? std::max<int64_t>(usage->completion, tokens) : tokens;
  }
};

// Loop only. Destroying it closes the connection.
class CompletionStream {
 public:
  // `subject` outlives the stream. `body` goes to the endpoint of the subject's API.
  CompletionStream(const Subject& subject, const nlohmann::json& body);

  // Reads until that many chunks with text have come, or the end. INVALID_ARGUMENT: the server
  // refuses the request (4xx, with its message); UNAVAILABLE: no connection, another HTTP error, or
  // a response that Sextant cannot read; DEADLINE_EXCEEDED.
  Task<absl::Status> ReadChunks(int chunks);

  const Completion& completion() const { return completion_; }
  bool ended() const { return ended_; }

 private:
  absl::Status Take(absl::string_view bytes);
  absl::Status TakeEvent(absl::string_view data);
  absl::Status AtEnd();

  const Subject& subject_;
  HttpStream http_;
  const absl::Time started_;
  SseParser events_;
  OpenAiChunkReader reader_;
  std::string whole_;  // The body, where it is no event stream.
  bool head_seen_ = false;
  bool ended_ = false;
  Completion completion_;
};

// The whole completion; errors as of ReadChunks().
Task<absl::StatusOr<Completion>> Complete(const Subject& subject, nlohmann::json body);

}  // namespace sextant
