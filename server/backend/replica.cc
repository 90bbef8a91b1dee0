#include "server/backend/replica.h"

#include <algorithm>
#include <utility>

namespace sextant {
namespace {

// A server that asks for more gets traces again after this: it may have meant something else.
constexpr absl::Duration kLongestQuiet = absl::Seconds(60);

bool AsksForPatience(const absl::Status& error) {
  return error.code() == absl::StatusCode::kResourceExhausted || RetryAfter(error).has_value();
}

}  // namespace

absl::string_view NameOf(ReplicaState state) {
  switch (state) {
    case ReplicaState::kServing:
      return "serving";
    case ReplicaState::kTrying:
      return "trying";
    case ReplicaState::kSlowed:
      return "slowed";
    case ReplicaState::kFailing:
      return "failing";
    case ReplicaState::kLoading:
      return "loading";
    case ReplicaState::kDown:
      return "down";
  }
  return "unknown";
}

Replica::Replica(Loop& loop, PoolMember member, double capacity, PoolObserver& observer)
    : loop_(loop),
      member_(std::move(member)),
      capacity_(capacity),
      observer_(observer),
      refresh_(loop, [this] { Refresh(); }) {
  observer_.OnState(member_.name, shown_, 1);
}

Replica::~Replica() { observer_.OnState(member_.name, shown_, -1); }

ReplicaState Replica::state() const {
  const absl::Time now = loop_.Now();
  if (health_ == HealthReport::State::kDown) return ReplicaState::kDown;
  if (health_ == HealthReport::State::kLoading) return ReplicaState::kLoading;
  if (breaker_.state(now) == Breaker::State::kOpen) return ReplicaState::kFailing;
  if (now < quiet_until_) return ReplicaState::kSlowed;
  if (breaker_.state(now) == Breaker::State::kHalfOpen) return ReplicaState::kTrying;
  return ReplicaState::kServing;
}

void Replica::OnHealth(const HealthReport& report) {
  const bool was_away =
      health_ == HealthReport::State::kDown || health_ == HealthReport::State::kLoading;
  health_ = report.state;
  if (was_away && health_ == HealthReport::State::kUp) breaker_.ServerIsBack(loop_.Now());
  shares_prefixes_ = report.shares_prefixes;
  others_ = 0;
  if (report.running || report.waiting) {
    others_ = std::max(0, report.running.value_or(0) + report.waiting.value_or(0) - in_flight_);
  }
  if (report.waiting) observer_.OnQueued(member_.name, *report.waiting);
  Refresh();
}

void Replica::SlowDown(absl::Duration delay) {
  const absl::Duration wait = std::clamp(delay, absl::ZeroDuration(), kLongestQuiet);
  quiet_until_ = std::max(quiet_until_, loop_.Now() + wait);
}

void Replica::Refresh() {
  const absl::Time now = loop_.Now();
  const ReplicaState next = state();
  if (next != shown_) {
    observer_.OnState(member_.name, std::exchange(shown_, next), -1);
    observer_.OnState(member_.name, next, 1);
  }
  refresh_.Clear();
  absl::Time change = absl::InfiniteFuture();
  if (breaker_.state(now) == Breaker::State::kOpen) change = breaker_.open_until();
  if (now < quiet_until_) change = std::min(change, quiet_until_);
  if (change < absl::InfiniteFuture()) refresh_.Set(change);
}

Replica::Visit::Visit(Replica& replica, int traces, TraceSink& sink)
    : replica_(replica),
      traces_(traces),
      sink_(sink),
      started_(replica.loop_.Now()),
      period_(replica.breaker_.Begin()) {
  replica_.in_flight_ += traces_;
  replica_.observer_.OnInFlight(replica_.member_.name, traces_);
}

Replica::Visit::~Visit() {
  replica_.in_flight_ -= traces_;
  replica_.breaker_.Ended(period_);
  replica_.observer_.OnInFlight(replica_.member_.name, -traces_);
}

TraceSink::Flow Replica::Visit::OnChunk(const TraceChunk& chunk) {
  if (!said_anything_ && (chunk.tokens > 0 || !chunk.finish_reason.empty())) {
    said_anything_ = true;
    const absl::Time now = replica_.loop_.Now();
    replica_.observer_.OnFirstToken(replica_.member_.name, now - started_);
    replica_.breaker_.Spoke(period_, now);
    // A health check that finds nobody there is wrong, or out of date.
    replica_.health_ = HealthReport::State::kUnknown;
    replica_.Refresh();
  }
  return sink_.OnChunk(chunk);
}

void Replica::Visit::Failed(const absl::Status& error) {
  if (absl::IsCancelled(error)) return;
  replica_.observer_.OnError(replica_.member_.name, error);
  if (AsksForPatience(error)) {
    replica_.SlowDown(RetryAfter(error).value_or(absl::ZeroDuration()));
  } else if (absl::IsUnavailable(error) && !IsExcused(error)) {
    replica_.breaker_.Failed(period_, replica_.loop_.Now());
  }
  replica_.Refresh();
}

}  // namespace sextant
