#include "server/backend/choice_group.h"

#include <utility>

#include "absl/status/status.h"

namespace sextant {

// What the request's stream is told to.
class ChoiceGroup::Sink : public TraceSink {
 public:
  explicit Sink(ChoiceGroup& group) : group_(group) {}
  Flow OnChunk(const TraceChunk& chunk) override { return group_.OnChunk(chunk); }
  void OnAttempt(absl::string_view backend, int attempt) override {
    // One request is sent again, so one trace has the retry.
    for (Choice& choice : group_.choices_)
      choice.sink->OnAttempt(backend, &choice == &group_.choices_.front() ? attempt : 1);
  }

 private:
  ChoiceGroup& group_;
};

// Keeps what the stream refers to.
class ChoiceGroup::Tail : public TraceTail {
 public:
  Tail(std::shared_ptr<ChoiceGroup> group, std::unique_ptr<TraceTail> tail)
      : group_(std::move(group)), tail_(std::move(tail)) {}
  Task<absl::Status> Settle() override { return tail_->Settle(); }

 private:
  std::shared_ptr<ChoiceGroup> group_;
  std::unique_ptr<TraceTail> tail_;  // Destroyed first: it refers to the group.
};

std::shared_ptr<ChoiceGroup> ChoiceGroup::Send(Loop& loop, Backend& backend, TraceRequest request,
                                               std::vector<TraceSink*> sinks) {
  request.choices = static_cast<int>(sinks.size());
  request.hedge_after = absl::InfiniteDuration();  // It would double the work of all.
  std::shared_ptr<ChoiceGroup> group(new ChoiceGroup(loop, std::move(request), std::move(sinks)));
  group->stream_.Launch(group->Run(backend));
  return group;
}

ChoiceGroup::ChoiceGroup(Loop& loop, TraceRequest request, std::vector<TraceSink*> sinks)
    : loop_(loop),
      request_(std::move(request)),
      unfinished_(static_cast<int>(sinks.size())),
      sink_(std::make_unique<Sink>(*this)) {
  for (TraceSink* sink : sinks) choices_.push_back({.sink = sink});
}

ChoiceGroup::~ChoiceGroup() = default;

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> ChoiceGroup::Generate(int choice) {
  const std::shared_ptr<ChoiceGroup> group = shared_from_this();
  struct Awaiter {
    Choice& choice;
    bool await_ready() { return choice.end.has_value(); }
    void await_suspend(std::coroutine_handle<> h) { choice.waiter = h; }
    void await_resume() {}
    ~Awaiter() { choice.waiter = nullptr; }
  };
  Awaiter ended{group->choices_[static_cast<size_t>(choice)]};
  co_await ended;
  const absl::Status status = *ended.choice.end;
  if (!status.ok()) co_return status;
  // One that ended earlier than the stream, or than another that has the tail, gets none.
  if (group->tail_ == nullptr) co_return std::unique_ptr<TraceTail>();
  auto tail = std::make_unique<Tail>(group, std::move(group->tail_));
  co_return std::unique_ptr<TraceTail>(std::move(tail));
}

TraceSink::Flow ChoiceGroup::OnChunk(const TraceChunk& chunk) {
  if (chunk.choice < 0) {
    if (chunk.usage) PassOnTotal(*chunk.usage);
    return TraceSink::Flow::kGoOn;
  }
  Choice& choice = choices_[static_cast<size_t>(chunk.choice)];
  TraceChunk own = chunk;
  if (own.usage) {
    choice.tokens = own.usage->completion;
    // Every choice's usage has the prompt, which was read once.
    if (&choice != &choices_.front()) own.usage->prompt = own.usage->cached = 0;
  } else {
    choice.tokens += own.tokens;
  }
  const bool finishes = !choice.finished && !own.finish_reason.empty();
  if (choice.sink->OnChunk(own) == TraceSink::Flow::kStop) {
    choice.stopped = true;
    return TraceSink::Flow::kStop;
  }
  if (finishes) {
    choice.finished = true;
    // The end of the last one is the stream's, and has its tail.
    if (--unfinished_ > 0) End(choice, absl::OkStatus());
  }
  return TraceSink::Flow::kGoOn;
}

// The server's count of all choices together. Where it is not what their chunks add up to, each has
// the share that its chunks are of them.
void ChoiceGroup::PassOnTotal(const TokenUsage& total) {
  int64_t counted = 0, given = 0, seen = 0;
  for (const Choice& choice : choices_) counted += choice.tokens;
  for (Choice& choice : choices_) {
    seen += choice.tokens;
    const int64_t up_to =
        counted == 0
            ? total.completion
            : static_cast<int64_t>(static_cast<double>(total.completion) *
                                       static_cast<double>(seen) / static_cast<double>(counted) +
                                   0.5);
    const bool is_first = &choice == &choices_.front();
    TraceChunk share{.usage = TokenUsage{.prompt = is_first ? total.prompt : 0,
                                         .cached = is_first ? total.cached : 0,
                                         .completion = up_to - given}};
    given = up_to;
    choice.tokens = share.usage->completion;
    choice.sink->OnChunk(share);
  }
}

Task<int> ChoiceGroup::Run(Backend& backend) {
  auto generate = backend.Generate(request_, *sink_);
  auto tail = co_await std::move(generate);
  if (tail.ok()) tail_ = *std::move(tail);
  const absl::Status status = tail.status();
  for (Choice& choice : choices_) {
    if (choice.end) continue;
    const bool for_another = absl::IsCancelled(status) && !choice.stopped;
    End(choice, for_another
                    ? absl::UnavailableError("another choice of the same request had to be stopped")
                    : status);
  }
  co_return 0;
}

// The one who waits may destroy the group, and with it the stream that is being read: so it is
// resumed in a turn of the loop of its own.
void ChoiceGroup::End(Choice& choice, absl::Status status) {
  choice.end = std::move(status);
  loop_.Post([self = weak_from_this()] {
    if (const auto group = self.lock()) group->ResumeEnded();
  });
}

void ChoiceGroup::ResumeEnded() {
  for (Choice& choice : choices_) {
    if (!choice.end) continue;
    if (auto waiter = std::exchange(choice.waiter, nullptr)) waiter.resume();
  }
}

}  // namespace sextant
