// A model server that plays prepared traces on the loop's clock.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"

namespace sextant {

// One event of a trace's stream.
struct FakeChunk {
  absl::Duration at;  // After the request. Chunks are in the order of time.
  int tokens = 1;
  std::string content = {};
  std::string reasoning = {};
  std::string finish = {};
  std::optional<TokenUsage> usage = {};
  double sum_logprob = 0;  // Over `tokens`, unless 0.
  float confidence = 0;    // Of each of `tokens`; 0: they have none.
};

struct FakeTrace {
  std::vector<FakeChunk> chunks;
  // How it ends when no chunk has a finish_reason: with this error, or never when it is OK.
  absl::Status error = absl::OkStatus();
  // What the rest of the response holds, and when it has come, after the finish_reason.
  std::optional<TokenUsage> final_usage = {};
  absl::Duration tail = absl::ZeroDuration();
  // How it ends at the request's max_tokens: with "length" in the last token's chunk, in one of its
  // own right after it, or not at all, as a server that takes no notice of the limit.
  enum class AtLimit { kInLastChunk, kInOwnChunk, kGoesOn } at_limit = AtLimit::kInLastChunk;
};

// A trace of `tokens` tokens, one a second, whose last one finishes it and states `answer` (in a
// box; empty: none).
FakeTrace Steady(int tokens, const std::string& answer);
// The same, every token with this confidence.
FakeTrace Sure(int tokens, const std::string& answer, float confidence);
// The same that never ends by itself.
FakeTrace Endless(int tokens);
// Fails after `after` seconds, one token a second.
FakeTrace Failing(int after, absl::Status error = absl::UnavailableError("connection lost"));

// Loop only; outlives its traces.
class FakeBackend : public Backend {
 public:
  // The i-th request gets the i-th trace; the last one is for all that follow.
  FakeBackend(Loop& loop, std::vector<FakeTrace> traces);

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override;

  bool TakeReplacement(absl::string_view) override { return replacements_allowed-- > 0; }
  int replacements_allowed = 0;

  const std::vector<TraceRequest>& requests() const { return requests_; }
  int running() const { return running_; }      // Between the request and the finish_reason.
  int cancelled() const { return cancelled_; }  // Destroyed, or stopped by the sink, before it.
  int64_t sent_tokens() const { return sent_tokens_; }  // In all traces.
  int tails_read() const { return tails_read_; }        // To their end.

 private:
  class Open;
  class Tail;

  Loop& loop_;
  const std::vector<FakeTrace> traces_;
  std::vector<TraceRequest> requests_;
  int running_ = 0;
  int cancelled_ = 0;
  int64_t sent_tokens_ = 0;
  int tails_read_ = 0;
};

}  // namespace sextant
