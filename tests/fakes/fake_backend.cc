#include "tests/fakes/fake_backend.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {

FakeTrace Endless(int tokens) {
  FakeTrace trace;
  for (int i = 1; i <= tokens; ++i) trace.chunks.push_back({absl::Seconds(i), 1, "."});
  return trace;
}

FakeTrace Steady(int tokens, const std::string& answer) {
  FakeTrace trace = Endless(tokens);
  FakeChunk& last = trace.chunks.back();
  last.content = answer.empty() ? "I do not know." : absl::StrCat("\\boxed{", answer, "}");
  last.finish = "stop";
  return trace;
}

FakeTrace Sure(int tokens, const std::string& answer, float confidence) {
  FakeTrace trace = Steady(tokens, answer);
  for (FakeChunk& chunk : trace.chunks) chunk.confidence = confidence;
  return trace;
}

FakeTrace Failing(int after, absl::Status error) {
  FakeTrace trace = Endless(after);
  trace.error = std::move(error);
  return trace;
}

// Counts a trace while it runs, and as cancelled unless it was told how it ended.
class FakeBackend::Open {
 public:
  explicit Open(FakeBackend& backend) : backend_(backend) { ++backend_.running_; }
  ~Open() {
    --backend_.running_;
    if (!ended_) ++backend_.cancelled_;
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  void Ended() { ended_ = true; }

 private:
  FakeBackend& backend_;
  bool ended_ = false;
};

class FakeBackend::Tail : public TraceTail {
 public:
  Tail(FakeBackend& backend, const FakeTrace& trace, TraceSink& sink)
      : backend_(backend), trace_(trace), sink_(sink), ends_at_(backend.loop_.Now() + trace.tail) {}

  Task<absl::Status> Settle() override {
    co_await backend_.loop_.SleepUntil(ends_at_);
    if (trace_.final_usage) {
      TraceChunk chunk;
      chunk.usage = trace_.final_usage;
      sink_.OnChunk(chunk);
    }
    ++backend_.tails_read_;
    co_return absl::OkStatus();
  }

 private:
  FakeBackend& backend_;
  const FakeTrace& trace_;
  TraceSink& sink_;
  const absl::Time ends_at_;
};

FakeBackend::FakeBackend(Loop& loop, std::vector<FakeTrace> traces)
    : loop_(loop), traces_(std::move(traces)) {}

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> FakeBackend::Generate(const TraceRequest& request,
                                                                       TraceSink& sink) {
  requests_.push_back(request);
  const FakeTrace& trace = traces_[std::min(requests_.size(), traces_.size()) - 1];
  const absl::Time started = loop_.Now();
  Open open(*this);
  int64_t sent = 0;
  for (const FakeChunk& next : trace.chunks) {
    co_await loop_.SleepUntil(started + next.at);
    sent += next.tokens;
    sent_tokens_ += next.tokens;
    const bool at_limit = next.finish.empty() && sent >= request.max_tokens &&
                          trace.at_limit != FakeTrace::AtLimit::kGoesOn;
    const bool in_own_chunk = at_limit && trace.at_limit == FakeTrace::AtLimit::kInOwnChunk;
    TraceChunk chunk;
    chunk.content = next.content;
    chunk.reasoning = next.reasoning;
    chunk.tokens = next.tokens;
    chunk.usage = next.usage;
    chunk.sum_logprob = next.sum_logprob;
    chunk.logprobs = next.sum_logprob == 0 ? 0 : next.tokens;
    const std::vector<float> confidences(static_cast<size_t>(next.tokens), next.confidence);
    if (next.confidence > 0) chunk.confidences = confidences;
    chunk.finish_reason = at_limit && !in_own_chunk ? "length" : absl::string_view(next.finish);
    if (sink.OnChunk(chunk) == TraceSink::Flow::kStop) co_return absl::CancelledError("stopped");
    if (in_own_chunk) {
      chunk = TraceChunk{.finish_reason = "length"};
      sink.OnChunk(chunk);
    }
    if (chunk.finish_reason.empty()) continue;
    open.Ended();
    co_return std::unique_ptr<TraceTail>(std::make_unique<Tail>(*this, trace, sink));
  }
  if (trace.error.ok()) co_await loop_.SleepUntil(absl::InfiniteFuture());
  open.Ended();
  co_return trace.error;
}

}  // namespace sextant
