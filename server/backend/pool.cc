#include "server/backend/pool.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sextant {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kLongestBackoff = absl::Seconds(5);
// After that, one that failed gets traces again, or nobody would notice that it has recovered.
constexpr absl::Duration kAvoidFailed = absl::Seconds(5);

bool MayRetry(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

}  // namespace

// Passes chunks on and notes whether there were any. Counts a trace as in flight while it lives.
class Pool::Counted : public TraceSink {
 public:
  Counted(Pool& pool, Member& member, TraceSink& sink) : pool_(pool), member_(member), sink_(sink) {
    ++member_.in_flight;
    pool_.observer_.OnInFlight(member_.config.name, 1);
  }
  ~Counted() override {
    --member_.in_flight;
    pool_.observer_.OnInFlight(member_.config.name, -1);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  Flow OnChunk(const TraceChunk& chunk) override {
    if (!said_anything_ && (chunk.tokens > 0 || !chunk.finish_reason.empty())) {
      said_anything_ = true;
      pool_.observer_.OnFirstToken(member_.config.name, pool_.loop_.Now() - started_);
    }
    return sink_.OnChunk(chunk);
  }
  void OnAttempt(absl::string_view, int) override {}

  bool said_anything() const { return said_anything_; }

 private:
  Pool& pool_;
  Member& member_;
  TraceSink& sink_;
  const absl::Time started_ = pool_.loop_.Now();
  bool said_anything_ = false;
};

// Keeps the trace counted, and its sink alive, until the stream has ended.
class Pool::CountedTail : public TraceTail {
 public:
  CountedTail(std::unique_ptr<Counted> counted, std::unique_ptr<TraceTail> tail)
      : counted_(std::move(counted)), tail_(std::move(tail)) {}
  Task<absl::Status> Settle() override { return tail_->Settle(); }

 private:
  std::unique_ptr<Counted> counted_;
  std::unique_ptr<TraceTail> tail_;  // Destroyed first: it refers to the sink.
};

Pool::Pool(Loop& loop, std::vector<PoolMember> members, PoolObserver& observer)
    : loop_(loop), observer_(observer) {
  int largest = 1;
  for (const PoolMember& m : members) largest = std::max(largest, m.max_traces);
  for (PoolMember& m : members) {
    const int capacity = m.max_traces > 0 ? m.max_traces : largest;
    members_.push_back({.config = std::move(m), .capacity = static_cast<double>(capacity)});
  }
}

std::vector<Pool::MemberState> Pool::States() const {
  std::vector<MemberState> states;
  for (const Member& m : members_) states.push_back({m.config.name, m.in_flight, m.failing});
  return states;
}

Pool::Member& Pool::Place(const std::vector<const Member*>& failed) {
  const absl::Time now = loop_.Now();
  const auto load = [&](const Member& m) {
    // Servers that just failed come last, and those that failed this trace last of all.
    return std::tuple(std::count(failed.begin(), failed.end(), &m), now < m.avoid_until,
                      m.in_flight / m.capacity, m.in_flight);
  };
  return *std::min_element(members_.begin(), members_.end(),
                           [&](const Member& a, const Member& b) { return load(a) < load(b); });
}

absl::Duration Pool::Backoff(const absl::Status& error, int attempt) {
  if (const auto asked = RetryAfter(error)) return *asked;
  const absl::Duration base = kFirstBackoff * (1 << std::min(attempt - 1, 10));
  return std::min(base, kLongestBackoff) * absl::Uniform(random_, 0.5, 1.0);
}

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Pool::Generate(const TraceRequest& request,
                                                                TraceSink& sink) {
  std::vector<const Member*> failed;
  for (int attempt = 1;; ++attempt) {
    Member& member = Place(failed);
    sink.OnAttempt(member.config.name, attempt);
    auto counted = std::make_unique<Counted>(*this, member, sink);
    Task<absl::StatusOr<std::unique_ptr<TraceTail>>> run =
        member.config.backend->Generate(request, *counted);
    auto result = co_await std::move(run);
    if (result.ok()) {
      member.failing = false;
      member.avoid_until = absl::InfinitePast();
      co_return std::make_unique<CountedTail>(std::move(counted), *std::move(result));
    }
    const absl::Status error = result.status();
    if (error.code() != absl::StatusCode::kCancelled) observer_.OnError(member.config.name, error);
    member.failing = error.code() == absl::StatusCode::kUnavailable;
    member.avoid_until = member.failing ? loop_.Now() + kAvoidFailed : absl::InfinitePast();
    if (counted->said_anything() || !MayRetry(error) || attempt >= member.config.max_attempts)
      co_return error;
    counted.reset();
    // Other replicas are tried at once; when all have failed this trace, it pauses.
    failed.push_back(&member);
    const bool elsewhere = failed.size() < members_.size();
    const absl::Duration pause = elsewhere ? absl::ZeroDuration() : Backoff(error, attempt);
    if (loop_.Now() + pause >= request.give_up_at) co_return error;
    observer_.OnRetry(member.config.name);
    if (pause > absl::ZeroDuration()) co_await loop_.Sleep(pause);
  }
}

}  // namespace sextant
