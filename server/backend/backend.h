// The seam to model servers: what a trace asks for, what it tells while it runs, how it ends.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/async/task.h"

namespace sextant {

struct Message {
  std::string role;  // system, user or assistant.
  std::string content;
};

// What the traces of one solve have in common. Lives as long as the solve.
struct Prompt {
  std::vector<Message> messages;  // Ends with a user message.
  std::optional<double> temperature, top_p, min_p;
  std::optional<int> top_k;
  std::vector<std::string> stop;
  std::string traceparent;  // W3C trace context of the caller; may be empty.
  // The messages as a list in JSON, without its end: written by the first backend that sends them,
  // for all traces.
  mutable std::string messages_json;
};

struct TraceRequest {
  const Prompt* prompt = nullptr;
  std::string request_id;  // "<solve id>/<trace>", sent as X-Request-Id.
  std::optional<int64_t> seed;
  int64_t max_tokens = 0;  // Of this request's completion.
  std::string prefix;      // Beginning of the model's turn, to be continued. Empty: a fresh turn.
  bool logprobs = false;   // Ask for the log-probabilities of the sampled tokens.
  int top_logprobs = 0;    // Likeliest tokens to ask for at each place, with `logprobs`. 0 to 20.
  int native_beam_width = 0;  // Above 0: one beam search by the server, in one chunk.
  int choices = 1;            // Completions to ask for, which chunks tell apart. 1 to 256.
  std::string avoid;  // Name of a backend to pass over where another one serves. May be empty.
  // When it has said nothing for so long, it is sent to a second backend as well, where one serves;
  // the one that speaks first goes on. Infinite: never.
  absl::Duration hedge_after = absl::InfiniteDuration();
  // When the solve will have ended: no attempt begins, and no wait lasts, beyond it.
  absl::Time give_up_at = absl::InfiniteFuture();
};

// Far above any context, and small enough that the sums of a solve cannot overflow.
inline constexpr int64_t kMostTokens = 1'000'000'000'000;

// Tokens as the model server counts them, so far.
struct TokenUsage {
  int64_t prompt = 0;
  int64_t cached = 0;  // The part of prompt that came from a prefix cache.
  int64_t completion = 0;
};

// One event of a trace's stream. The views are valid during OnChunk() only.
struct TraceChunk {
  static constexpr int kAllChoices = -1;
  int choice = 0;  // Of a request for several; kAllChoices: the usage is that of all together.
  absl::string_view content;
  absl::string_view reasoning;
  int tokens = 0;  // By log-probabilities where there are any, else 1 for a chunk with text.
  std::optional<TokenUsage> usage;
  double sum_logprob = 0;
  int logprobs = 0;  // Tokens in sum_logprob.
  // Token confidences, in the order of the tokens: -(1/k) * sum of log p over the k likeliest
  // tokens that the server lists, 0 or more. A token with fewer than two listed has none.
  absl::Span<const float> confidences;
  absl::string_view finish_reason;  // Not empty in a choice's last chunk with text: stop, ...
};

// Receives a trace's chunks in order. Loop only.
class TraceSink {
 public:
  enum class Flow { kGoOn, kStop };
  virtual ~TraceSink() = default;
  // Stop closes the stream; Generate() then ends with CANCELLED.
  virtual Flow OnChunk(const TraceChunk& chunk) = 0;
  // A request for this trace is sent to the backend of that name; `attempt` counts from 1.
  virtual void OnAttempt(absl::string_view backend, int attempt) = 0;
  // The request is sent to a second backend as well.
  virtual void OnHedge() {}
};

// What is left of a stream after the chunk with the finish_reason: usage, the end marker.
// Destroying it closes the connection at once.
class TraceTail {
 public:
  virtual ~TraceTail() = default;
  // Reads to the end and passes on the usage. The sink of Generate() must still be there.
  virtual Task<absl::Status> Settle() = 0;
};

// A model server, or several behind one name. Loop only; outlives its traces.
class Backend {
 public:
  virtual ~Backend() = default;
  // Streams one trace, or as many as the request has choices, into `sink` and ends at the chunk
  // with the (last) finish_reason, so that a decision need not wait for the end of the response.
  // `request` and `sink` outlive the task; destroying it closes the connection. UNAVAILABLE (no
  // connection, broken or stalled stream, 5xx: another attempt may succeed), RESOURCE_EXHAUSTED
  // (429), INVALID_ARGUMENT (400, 422: the server refuses the request), FAILED_PRECONDITION (401,
  // 403, 404 and other 3xx and 4xx: the configuration is wrong), CANCELLED (the sink said stop).
  // Messages name the backend.
  virtual Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                                    TraceSink& sink) = 0;

  // Whether a new trace may be started in the place of one that `failed_backend` broke off, as far
  // as the limit on retries goes; each yes counts.
  virtual bool TakeReplacement(absl::string_view) { return true; }
};

// Marks a failure that says nothing about the server's health, such as a request that took too long
// to arrive (408). Travels on the Status.
void Excuse(absl::Status& status);
bool IsExcused(const absl::Status& status);

// How long a server that answered 429 or 503 asked to wait, where it did. Travels on the Status.
void SetRetryAfter(absl::Status& status, absl::Duration delay);
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

}  // namespace sextant
