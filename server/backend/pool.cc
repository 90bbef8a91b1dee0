#include "server/backend/pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/backend/race.h"

namespace sextant {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kLongestBackoff = absl::Seconds(5);
// A server that is not up is asked for its health that often.
constexpr absl::Duration kAskAgain = absl::Seconds(1);
// What letting another trace go ahead may cost.
constexpr absl::Duration kLongestAhead = absl::Seconds(2);

bool MayRetry(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kResourceExhausted;
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
    if (--home->second.traces > 0) return;
    home->second.Release(pool_.loop_);
    pool_.homes_.erase(home);
  }

  Flow OnChunk(const TraceChunk& chunk) override {
    const Flow flow = Visit::OnChunk(chunk);
    if (solve_ != nullptr && said_anything()) {
      Home& home = pool_.homes_.find(solve_)->second;
      if (!std::exchange(home.has_spoken, true)) home.Release(pool_.loop_);
    }
    return flow;
  }

 private:
  Pool& pool_;
  const Prompt* solve_;
};

// Awaits that the first trace of a home speaks, ends, or has been ahead for long enough.
class Pool::Behind {
 public:
  Behind(Pool& pool, const Prompt* solve, Home& home)
      : pool_(pool), solve_(solve), timer_(pool.loop_, [this] { waiter_.resume(); }) {
    home.behind.push_back(&timer_);
  }
  ~Behind() {
    const auto home = pool_.homes_.find(solve_);
    if (home == pool_.homes_.end()) return;
    std::vector<Loop::Timer*>& behind = home->second.behind;
    behind.erase(std::remove(behind.begin(), behind.end(), &timer_), behind.end());
  }
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;

  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiter_ = h;
    timer_.Set(pool_.loop_.Now() + kLongestAhead);
  }
  void await_resume() {}

 private:
  Pool& pool_;
  const Prompt* solve_;
  std::coroutine_handle<> waiter_;
  Loop::Timer timer_;
};

void Pool::Home::Release(const Loop& loop) {
  for (Loop::Timer* timer : behind) timer->Set(loop.Now());  // Not from inside a stream.
  behind.clear();
}

// Keeps what the sink of its stream is part of, and so the trace counted, until the stream has
// ended.
template <typename Owner>
class Pool::KeepingTail : public TraceTail {
 public:
  KeepingTail(std::unique_ptr<Owner> owner, std::unique_ptr<TraceTail> tail)
      : owner_(std::move(owner)), tail_(std::move(tail)) {}
  Task<absl::Status> Settle() override { return tail_->Settle(); }

 private:
  std::unique_ptr<Owner> owner_;
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

absl::Duration Pool::Backoff(int attempt) {
  const absl::Duration base = kFirstBackoff * (1 << std::min(attempt - 1, 10));
  return std::min(base, kLongestBackoff) * absl::Uniform(random_, 0.5, 1.0);
}

Task<absl::StatusOr<Replica*>> Pool::Await(const TraceRequest& request, const Tried& tried) {
  bool may_follow = tried.failed.empty();
  while (true) {
    Replica& replica = Place(request, tried);
    const absl::Time now = loop_.Now();
    // Other replicas are tried at once; when all have failed this trace, it pauses.
    const bool failed_it = std::count(tried.failed.begin(), tried.failed.end(), &replica) > 0;
    const absl::Time backoff = failed_it ? tried.again_at : absl::InfinitePast();
    const absl::Time quiet = replica.quiet_until();
    const absl::Time ready = std::max(quiet, backoff);
    if (ready <= now) {
      Home* home = std::exchange(may_follow, false) ? HomeThatIsAhead(request, replica) : nullptr;
      if (home == nullptr) co_return &replica;
      Behind behind(*this, request.prompt, *home);
      co_await behind;
      continue;
    }
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

Task<Pool::Attempted> Pool::Attempt(const TraceRequest& request, Replica& replica,
                                    TraceSink& sink) {
  auto stay = std::make_unique<Stay>(*this, replica, request, sink);
  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> run =
      replica.config().backend->Generate(request, *stay);
  auto result = co_await std::move(run);
  Attempted attempted{.result = absl::UnknownError("not ended")};
  if (result.ok()) {
    attempted.result = std::make_unique<KeepingTail<Stay>>(std::move(stay), *std::move(result));
  } else {
    stay->Failed(result.status());
    attempted = {.result = result.status(), .said_anything = stay->said_anything()};
  }
  co_return std::move(attempted);
}

Task<Pool::Attempted> Pool::HedgedAttempt(const TraceRequest& request, Replica& replica,
                                          const Tried& tried, TraceSink& sink) {
  auto race = std::make_unique<Race>(loop_, sink);
  const auto enter = [&](Replica& on) {
    auto entrant = std::make_unique<Race::Entrant>(*race);
    entrant->visit = std::make_unique<Stay>(*this, on, request, *entrant);
    race->Start(std::move(entrant), request);
  };
  enter(replica);
  absl::Time hedge_at = loop_.Now() + request.hedge_after;
  while (true) {
    Task<Race::Entrant*> next = race->Next(hedge_at);
    Race::Entrant* ended = co_await std::move(next);
    if (ended == nullptr) {
      hedge_at = absl::InfiniteFuture();
      Replica* second = PlaceForHedge(request, replica, tried);
      if (second == nullptr) continue;
      sink.OnHedge();
      enter(*second);
      continue;
    }
    Attempted attempted{.result = absl::UnknownError("not ended")};
    if (ended->result.ok()) {
      auto tail = *std::move(ended->result);
      attempted.result = std::make_unique<KeepingTail<Race>>(std::move(race), std::move(tail));
      co_return std::move(attempted);
    }
    ended->visit->Failed(ended->result.status());
    attempted = {.result = ended->result.status(), .said_anything = ended->visit->said_anything()};
    ended->visit.reset();
    // While nobody has said anything, the other one still may.
    if (attempted.said_anything || race->running() == 0) co_return std::move(attempted);
    hedge_at = absl::InfiniteFuture();
  }
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
    Task<Attempted> run = request.hedge_after < absl::InfiniteDuration()
                              ? HedgedAttempt(request, replica, tried, sink)
                              : Attempt(request, replica, sink);
    Attempted attempted = co_await std::move(run);
    if (attempted.result.ok()) co_return std::move(attempted.result);
    tried.error = attempted.result.status();
    if (attempted.said_anything || !MayRetry(tried.error) ||
        attempt >= replica.config().max_attempts) {
      co_return tried.error;
    }
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
