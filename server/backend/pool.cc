#include "server/backend/pool.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kLongestBackoff = absl::Seconds(5);
// A server that is not up is asked for its health that often.
constexpr absl::Duration kAskAgain = absl::Seconds(1);
// How many more traces than the least busy backend the home of a solve may have, where its
// configuration sets no limit.
constexpr int kTogether = 16;

bool MayRetry(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

// The lower, the better. Within a rank the load decides.
int RankOf(const Replica& replica) {
  switch (replica.state()) {
    case ReplicaState::kServing:
      return 0;
    case ReplicaState::kTrying:
      return replica.Admits() ? 0 : 2;
    case ReplicaState::kSlowed:
      return 1;
    case ReplicaState::kFailing:
      return 2;
    case ReplicaState::kLoading:
    case ReplicaState::kDown:
      return 3;
  }
  return 3;
}

}  // namespace

// One trace's stay on a backend: counted there, and with its solve.
class Pool::Stay : public Replica::Visit {
 public:
  Stay(Pool& pool, Replica& replica, const TraceRequest& request, TraceSink& sink)
      : Visit(replica, request.choices, sink), pool_(pool), solve_(request.prompt) {
    if (solve_ == nullptr) return;
    Home& home = pool_.homes_[solve_];
    if (home.replica == nullptr) home.replica = &replica;
    ++home.traces;
  }
  ~Stay() override {
    if (solve_ == nullptr) return;
    const auto home = pool_.homes_.find(solve_);
    if (--home->second.traces == 0) pool_.homes_.erase(home);
  }

 private:
  Pool& pool_;
  const Prompt* solve_;
};

// Keeps the trace counted, and its sink alive, until the stream has ended.
class Pool::StayTail : public TraceTail {
 public:
  StayTail(std::unique_ptr<Stay> stay, std::unique_ptr<TraceTail> tail)
      : stay_(std::move(stay)), tail_(std::move(tail)) {}
  Task<absl::Status> Settle() override { return tail_->Settle(); }

 private:
  std::unique_ptr<Stay> stay_;
  std::unique_ptr<TraceTail> tail_;  // Destroyed first: it refers to the sink.
};

Pool::Pool(Loop& loop, std::vector<PoolMember> members, PoolObserver& observer, PoolOptions options)
    : loop_(loop), observer_(observer), budget_(options.retry_share) {
  for (const PoolMember& m : members) largest_limit_ = std::max(largest_limit_, m.max_traces);
  for (PoolMember& m : members) {
    names_.push_back(m.name);
    Add(std::move(m));
  }
}

void Pool::Add(PoolMember member) {
  const int limit = member.max_traces > 0 ? member.max_traces : largest_limit_;
  const double capacity = member.weight * limit;
  replicas_.push_back(std::make_unique<Replica>(loop_, std::move(member), capacity, observer_));
  Replica& added = *replicas_.back();
  if (added.config().health != nullptr) watch_of_[&added] = watches_.Launch(Watch(added));
}

void Pool::SetAddresses(absl::string_view backend, const std::vector<std::string>& addresses,
                        const MakeMember& make) {
  std::vector<std::string> missing = addresses;
  for (const auto& replica : replicas_) {
    if (replica->config().name != backend) continue;
    const auto listed = std::find(missing.begin(), missing.end(), replica->config().address);
    if (listed == missing.end()) {
      replica->Retire();
    } else {
      replica->Return();
      missing.erase(listed);
    }
  }
  for (const std::string& address : missing) Add(make(address));
  RemoveRetired();
}

void Pool::RemoveRetired() {
  const auto is_home = [&](const Replica* replica) {
    return std::any_of(homes_.begin(), homes_.end(),
                       [&](const auto& home) { return home.second.replica == replica; });
  };
  for (auto it = replicas_.begin(); it != replicas_.end();) {
    const Replica* replica = it->get();
    if (!replica->retired() || replica->in_flight() > 0 || is_home(replica)) {
      ++it;
      continue;
    }
    if (const auto watch = watch_of_.find(replica); watch != watch_of_.end()) {
      watches_.Cancel(watch->second);
      watch_of_.erase(watch);
    }
    it = replicas_.erase(it);
  }
}

Task<int> Pool::Watch(Replica& replica) {
  while (true) {
    Task<HealthReport> check = replica.config().health->Check();
    const HealthReport report = co_await std::move(check);
    replica.OnHealth(report);
    const bool is_away =
        report.state == HealthReport::State::kDown || report.state == HealthReport::State::kLoading;
    const absl::Duration interval = replica.config().health_interval;
    // Jitter keeps the loops, and the servers of a fleet, from asking at the same moment.
    co_await loop_.Sleep((is_away ? std::min(interval, kAskAgain) : interval) *
                         absl::Uniform(random_, 0.8, 1.2));
  }
}

std::vector<Pool::MemberState> Pool::States() const {
  std::vector<MemberState> states;
  for (const std::string& name : names_) {
    MemberState state{.name = name, .state = ReplicaState::kDown};
    for (const auto& replica : replicas_) {
      if (replica->config().name != name) continue;
      state.in_flight += replica->in_flight();
      if (replica->retired()) continue;
      state.max_traces += replica->config().max_traces;
      state.state = std::min(state.state, replica->state());
    }
    states.push_back(std::move(state));
  }
  return states;
}

int Pool::in_flight() const {
  int sum = 0;
  for (const auto& replica : replicas_) sum += replica->in_flight();
  return sum;
}

Replica& Pool::Place(const TraceRequest& request, const Tried& tried) {
  const auto badness = [&](const Replica& r) {
    const auto failed = std::count(tried.failed.begin(), tried.failed.end(), &r) +
                        (r.config().name == request.avoid ? 1 : 0);
    return std::tuple(RankOf(r), failed, !r.HasRoom());
  };
  std::vector<Replica*> equals;  // The least bad so far.
  for (const auto& replica : replicas_) {
    if (replica->retired()) continue;
    if (!equals.empty() && badness(*replica) > badness(*equals.front())) continue;
    if (!equals.empty() && badness(*replica) < badness(*equals.front())) equals.clear();
    equals.push_back(replica.get());
  }
  const auto home = homes_.find(request.prompt);
  if (home != homes_.end() && IsGoodHome(*home->second.replica, equals))
    return *home->second.replica;
  return Draw(equals);
}

bool Pool::IsGoodHome(const Replica& home, const std::vector<Replica*>& equals) const {
  if (!home.SharesPrefixes()) return false;
  if (std::find(equals.begin(), equals.end(), &home) == equals.end()) return false;
  if (home.config().max_traces > 0) return home.HasRoom();
  int least = home.in_flight();
  for (const Replica* other : equals) least = std::min(least, other->in_flight());
  return home.in_flight() - least < kTogether;
}

Replica& Pool::Draw(const std::vector<Replica*>& equals) {
  double all = 0;
  for (const Replica* replica : equals) all += replica->capacity();
  const auto draw = [&](double capacity, const Replica* apart_from) {
    double at = absl::Uniform(random_, 0.0, capacity);
    Replica* drawn = nullptr;
    for (Replica* replica : equals) {
      if (replica == apart_from) continue;
      drawn = replica;
      if (at < replica->capacity()) break;
      at -= replica->capacity();
    }
    return drawn;
  };
  Replica* first = draw(all, nullptr);
  if (equals.size() == 1) return *first;
  Replica* second = draw(all - first->capacity(), first);
  if (second->Load() != first->Load()) return second->Load() < first->Load() ? *second : *first;
  // One more trace weighs less on the larger one; equals are in the order of the draw.
  return second->capacity() > first->capacity() ? *second : *first;
}

absl::Duration Pool::Backoff(int attempt) {
  const absl::Duration base = kFirstBackoff * (1 << std::min(attempt - 1, 10));
  return std::min(base, kLongestBackoff) * absl::Uniform(random_, 0.5, 1.0);
}

Task<absl::StatusOr<Replica*>> Pool::Await(const TraceRequest& request, const Tried& tried) {
  while (true) {
    Replica& replica = Place(request, tried);
    const absl::Time now = loop_.Now();
    // Other replicas are tried at once; when all have failed this trace, it pauses.
    const bool failed_it = std::count(tried.failed.begin(), tried.failed.end(), &replica) > 0;
    const absl::Time backoff = failed_it ? tried.again_at : absl::InfinitePast();
    const absl::Time quiet = replica.quiet_until();
    const absl::Time ready = std::max(quiet, backoff);
    if (ready <= now) co_return &replica;
    if (ready >= request.give_up_at) {
      if (!tried.error.ok()) co_return tried.error;
      co_return absl::ResourceExhaustedError(
          absl::StrCat("backend ", replica.config().name, " asked for a pause of ",
                       absl::FormatDuration(ready - now), ", which outlasts the solve"));
    }
    // Those who wait for a server come back one after the other, so that the first can be told to
    // wait on. A backoff is spread already.
    const absl::Duration spread = quiet < backoff ? absl::ZeroDuration()
                                                  : std::min(absl::Seconds(1), (ready - now) / 10) *
                                                        absl::Uniform(random_, 0.0, 1.0);
    co_await loop_.SleepUntil(std::min(ready + spread, request.give_up_at));
  }
}

bool Pool::TakeReplacement(absl::string_view failed_backend) {
  if (budget_.Take(loop_.Now(), in_flight())) return true;
  observer_.OnRetryDenied(failed_backend);
  return false;
}

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Pool::Generate(const TraceRequest& request,
                                                                TraceSink& sink) {
  budget_.OnRequest(loop_.Now());
  Tried tried;
  for (int attempt = 1;; ++attempt) {
    Task<absl::StatusOr<Replica*>> await = Await(request, tried);
    const absl::StatusOr<Replica*> placed = co_await std::move(await);
    if (!placed.ok()) co_return placed.status();
    Replica& replica = **placed;
    if (attempt > 1) observer_.OnRetry(tried.last);
    sink.OnAttempt(replica.config().name, attempt);
    auto stay = std::make_unique<Stay>(*this, replica, request, sink);
    Task<absl::StatusOr<std::unique_ptr<TraceTail>>> run =
        replica.config().backend->Generate(request, *stay);
    auto result = co_await std::move(run);
    if (result.ok()) co_return std::make_unique<StayTail>(std::move(stay), *std::move(result));
    tried.error = result.status();
    stay->Failed(tried.error);
    if (stay->said_anything() || !MayRetry(tried.error) ||
        attempt >= replica.config().max_attempts) {
      co_return tried.error;
    }
    stay.reset();
    if (!budget_.Take(loop_.Now(), in_flight())) {
      observer_.OnRetryDenied(replica.config().name);
      co_return tried.error;
    }
    tried.failed.push_back(&replica);
    tried.last = replica.config().name;
    tried.again_at = loop_.Now() + Backoff(attempt);
  }
}

}  // namespace sextant
