// What the tests of the pool act on: a pool over fake model servers, and what it tells.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/backend/pool.h"
#include "tests/fakes/fake_backend.h"
#include "tests/fakes/manual_loop.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/started.h"

namespace sextant {

using Generated = absl::StatusOr<std::unique_ptr<TraceTail>>;

class Observations : public PoolObserver {
 public:
  void OnInFlight(absl::string_view backend, int change) override {
    in_flight[std::string(backend)] += change;
  }
  void OnFirstToken(absl::string_view, absl::Duration after) override {
    first_tokens.push_back(after);
  }
  void OnError(absl::string_view backend, const absl::Status& error) override {
    errors.emplace_back(backend, error.code());
  }
  void OnRetry(absl::string_view backend) override { retries.emplace_back(backend); }
  void OnRetryDenied(absl::string_view backend) override { denied.emplace_back(backend); }
  void OnState(absl::string_view backend, ReplicaState state, int change) override {
    states[{std::string(backend), state}] += change;
  }
  void OnQueued(absl::string_view backend, int waiting) override {
    queued[std::string(backend)] = waiting;
  }

  std::map<std::string, int> in_flight;
  std::vector<absl::Duration> first_tokens;
  std::vector<std::pair<std::string, absl::StatusCode>> errors;
  std::vector<std::string> retries, denied;
  std::map<std::pair<std::string, ReplicaState>, int> states;
  std::map<std::string, int> queued;
};

// Says what it is told to say.
class FakeHealth : public HealthCheck {
 public:
  Task<HealthReport> Check() override {
    ++checks;
    co_return report;
  }
  HealthReport report;
  int checks = 0;
};

struct Server {
  std::string name;
  std::vector<FakeTrace> traces;
  int max_traces = 0;
  double weight = 1;
  bool shares_prefixes = false;
  bool has_health = false;
};

struct ClusterOptions {
  int max_attempts = 3;
  double retry_share = 0.2;
};

// A pool over fake servers, and the traces that were started on it.
class Cluster {
 public:
  explicit Cluster(std::vector<Server> servers, ClusterOptions options = {}) {
    std::vector<PoolMember> members;
    for (Server& server : servers) {
      auto backend = std::make_unique<FakeBackend>(time.loop(), std::move(server.traces));
      auto health = server.has_health ? std::make_unique<FakeHealth>() : nullptr;
      servers_.push_back(backend.get());
      health_.push_back(health.get());
      members.push_back({.name = server.name,
                         .max_traces = server.max_traces,
                         .weight = server.weight,
                         .max_attempts = options.max_attempts,
                         .shares_prefixes = server.shares_prefixes,
                         .backend = std::move(backend),
                         .health = std::move(health)});
    }
    const PoolOptions pool_options{.retry_share = options.retry_share};
    pool = std::make_unique<Pool>(time.loop(), std::move(members), seen, pool_options);
  }

  struct Run {
    RecordingSink sink;
    TraceRequest request;
    std::unique_ptr<Started<Generated>> task;
  };
  Run& Start(absl::Time give_up_at = absl::InfiniteFuture()) {
    return StartOf(nullptr, give_up_at);
  }
  Run& StartHedged(absl::Duration after) { return StartOf(nullptr, absl::InfiniteFuture(), after); }
  // A trace of a solve, which its prompt stands for.
  Run& StartOf(const Prompt* solve, absl::Time give_up_at = absl::InfiniteFuture(),
               absl::Duration hedge_after = absl::InfiniteDuration()) {
    runs_.push_back(std::make_unique<Run>());
    Run& run = *runs_.back();
    run.request.prompt = solve;
    run.request.hedge_after = hedge_after;
    run.request.max_tokens = 1'000;
    run.request.give_up_at = give_up_at;
    run.task = std::make_unique<Started<Generated>>(pool->Generate(run.request, run.sink));
    return run;
  }
  // Lets a server say of itself what `report` says, the next time that it is asked.
  void Say(int i, HealthReport report) { health_[i]->report = report; }
  int checks(int i) const { return health_[i]->checks; }
  const FakeBackend& replica(int i) const { return *servers_[i]; }
  int requests(int i) const { return static_cast<int>(servers_[i]->requests().size()); }
  ReplicaState state(int i) const { return pool->States()[i].state; }

  ManualLoop time;
  Observations seen;
  std::unique_ptr<Pool> pool;

 private:
  std::vector<FakeBackend*> servers_;
  std::vector<FakeHealth*> health_;
  std::vector<std::unique_ptr<Run>> runs_;  // Last member: they run on the pool.
};

// The server that an idle pool chooses: it is worth more than those without a weight.
inline Server First(const std::string& name, std::vector<FakeTrace> traces) {
  return {.name = name, .traces = std::move(traces), .weight = 1.5};
}

inline FakeTrace Refusing(absl::Status error) { return {.chunks = {}, .error = std::move(error)}; }
inline FakeTrace Down() { return Refusing(absl::UnavailableError("connection refused")); }
inline FakeTrace Busy(absl::Duration retry_after) {
  absl::Status status = absl::ResourceExhaustedError("busy");
  SetRetryAfter(status, retry_after);
  return Refusing(std::move(status));
}

}  // namespace sextant
