#include "server/backend/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/fake_backend.h"
#include "tests/fakes/manual_loop.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
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

  std::map<std::string, int> in_flight;
  std::vector<absl::Duration> first_tokens;
  std::vector<std::pair<std::string, absl::StatusCode>> errors;
  std::vector<std::string> retries;
};

struct Replica {
  std::string name;
  std::vector<FakeTrace> traces;
  int max_traces = 0;
};

// A pool over fake replicas, and the traces that were started on it.
class Cluster {
 public:
  explicit Cluster(std::vector<Replica> replicas, int max_attempts = 3) {
    std::vector<PoolMember> members;
    for (Replica& replica : replicas) {
      auto backend = std::make_unique<FakeBackend>(time.loop(), std::move(replica.traces));
      replicas_.push_back(backend.get());
      members.push_back({.name = replica.name,
                         .max_traces = replica.max_traces,
                         .max_attempts = max_attempts,
                         .backend = std::move(backend)});
    }
    pool = std::make_unique<Pool>(time.loop(), std::move(members), seen);
  }

  struct Run {
    RecordingSink sink;
    TraceRequest request;
    std::unique_ptr<Started<Generated>> task;
  };
  Run& Start(absl::Time give_up_at = absl::InfiniteFuture()) {
    runs_.push_back(std::make_unique<Run>());
    Run& run = *runs_.back();
    run.request.max_tokens = 1'000;
    run.request.give_up_at = give_up_at;
    run.task = std::make_unique<Started<Generated>>(pool->Generate(run.request, run.sink));
    return run;
  }
  const FakeBackend& replica(int i) const { return *replicas_[i]; }
  int requests(int i) const { return static_cast<int>(replicas_[i]->requests().size()); }

  ManualLoop time;
  Observations seen;
  std::unique_ptr<Pool> pool;

 private:
  std::vector<FakeBackend*> replicas_;
  std::vector<std::unique_ptr<Run>> runs_;  // Last member: they run on the pool.
};

FakeTrace Refusing(absl::Status error) { return {.chunks = {}, .error = std::move(error)}; }
FakeTrace Down() { return Refusing(absl::UnavailableError("connection refused")); }
FakeTrace Busy(absl::Duration retry_after) {
  absl::Status status = absl::ResourceExhaustedError("busy");
  SetRetryAfter(status, retry_after);
  return Refusing(std::move(status));
}

TEST(PoolPlacementTest, SpreadsTracesEvenlyOverReplicasWithoutALimit) {
  Cluster cluster({{"a", {Endless(9)}}, {"b", {Endless(9)}}});

  for (int i = 0; i < 6; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 3);
  EXPECT_EQ(cluster.requests(1), 3);
}

TEST(PoolPlacementTest, SpreadsTracesByCapacity) {
  Cluster cluster({{"a", {Endless(9)}, 30}, {"b", {Endless(9)}, 10}});

  for (int i = 0; i < 40; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 30);
  EXPECT_EQ(cluster.requests(1), 10);
}

TEST(PoolPlacementTest, SharesWithAReplicaWithoutALimitAsWithTheLargest) {
  Cluster cluster({{"a", {Endless(9)}}, {"b", {Endless(9)}, 10}});

  for (int i = 0; i < 8; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 4);
  EXPECT_EQ(cluster.requests(1), 4);
}

TEST(PoolPlacementTest, OverfillsEvenlyWhenAllAreFull) {
  Cluster cluster({{"a", {Endless(9)}, 1}, {"b", {Endless(9)}, 1}});

  for (int i = 0; i < 6; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 3);
  EXPECT_EQ(cluster.requests(1), 3);
}

TEST(PoolInFlightTest, CountsATraceUntilItsTailIsGone) {
  Cluster cluster({{"a", {Steady(2, "4")}}});
  Cluster::Run& run = cluster.Start();
  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 1)));

  cluster.time.Advance(absl::Seconds(2));
  Generated generated = run.task->Take();
  ASSERT_TRUE(generated.ok());
  EXPECT_EQ(cluster.pool->States()[0].in_flight, 1);
  generated->reset();

  EXPECT_EQ(cluster.pool->States()[0].in_flight, 0);
  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 0)));
}

TEST(PoolInFlightTest, ReturnsToZeroWhenTracesAreCancelled) {
  Cluster cluster({{"a", {Endless(9)}}});
  std::vector<Cluster::Run*> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(&cluster.Start());
  cluster.time.Advance(absl::Seconds(1));
  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 5)));

  for (Cluster::Run* run : runs) run->task->Cancel();

  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 0)));
  EXPECT_EQ(cluster.replica(0).cancelled(), 5);
}

TEST(PoolInFlightTest, ReturnsToZeroWhenATraceFails) {
  Cluster cluster({{"a", {Failing(1)}}});
  cluster.Start();

  cluster.time.Advance(absl::Seconds(1));

  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 0)));
}

TEST(PoolInFlightTest, DoesNotCountATraceThatPausesBeforeItsNextAttempt) {
  Cluster cluster({{"a", {Busy(absl::Seconds(9))}}});

  cluster.Start();

  EXPECT_THAT(cluster.seen.in_flight, ElementsAre(Pair("a", 0)));
}

TEST(PoolRetryTest, TriesAnotherReplicaAtOnceBeforeTheFirstToken) {
  Cluster cluster({{"a", {Down()}}, {"b", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_THAT(run.sink.attempts, ElementsAre("a 1", "b 2"));
  EXPECT_EQ(run.sink.content, "\\boxed{4}");
  EXPECT_THAT(cluster.seen.retries, ElementsAre("a"));
  EXPECT_THAT(cluster.seen.errors, ElementsAre(Pair("a", absl::StatusCode::kUnavailable)));
}

TEST(PoolRetryTest, NeverRetriesATraceThatHasSaidSomething) {
  Cluster cluster({{"a", {Failing(1)}}, {"b", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(100));

  EXPECT_EQ(run.task->Take().status(), absl::UnavailableError("connection lost"));
  EXPECT_EQ(cluster.requests(1), 0);
}

TEST(PoolRetryTest, TriesEveryReplicaOnceBeforeItPauses) {
  Cluster cluster(
      {{"a", {Busy(absl::Hours(1))}}, {"b", {Busy(absl::Hours(1))}}, {"c", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();

  EXPECT_THAT(run.sink.attempts, ElementsAre("a 1", "b 2", "c 3"));
}

TEST(PoolRetryTest, SendsTheSameRequestAgain) {
  Cluster cluster({{"a", {Down()}}, {"b", {Endless(1)}}});

  Cluster::Run& run = cluster.Start();

  EXPECT_EQ(cluster.replica(1).requests().at(0).max_tokens, run.request.max_tokens);
}

TEST(PoolRetryTest, PausesLongerAndLongerWhenThereIsNoOtherReplica) {
  Cluster cluster({{"a", {Down(), Down(), Steady(1, "4")}}});
  Cluster::Run& run = cluster.Start();
  EXPECT_EQ(cluster.requests(0), 1);

  // Half of the 50 ms to all of them, then of 100 ms.
  cluster.time.Advance(absl::Milliseconds(24), absl::Milliseconds(1));
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Milliseconds(26), absl::Milliseconds(1));
  EXPECT_EQ(cluster.requests(0), 2);
  cluster.time.Advance(absl::Milliseconds(24), absl::Milliseconds(1));
  EXPECT_EQ(cluster.requests(0), 2);
  cluster.time.Advance(absl::Milliseconds(76), absl::Milliseconds(1));
  EXPECT_EQ(cluster.requests(0), 3);
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_TRUE(run.task->Take().ok());
}

TEST(PoolRetryTest, WaitsAsLongAsTheServerAsks) {
  Cluster cluster({{"a", {Busy(absl::Seconds(7)), Steady(1, "4")}}});
  cluster.Start();

  cluster.time.Advance(absl::Seconds(6));
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_EQ(cluster.requests(0), 2);
}

TEST(PoolRetryTest, GivesUpAtOnceWhenThePauseWouldOutlastTheSolve) {
  Cluster cluster({{"a", {Busy(absl::Seconds(7))}}});

  Cluster::Run& run = cluster.Start(cluster.time.Now() + absl::Seconds(7));

  EXPECT_EQ(run.task->Take().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(cluster.requests(0), 1);
}

TEST(PoolRetryTest, GivesUpAfterTheAllowedAttemptsWithTheLastError) {
  Cluster cluster({{"a", {Down(), Down(), Refusing(absl::UnavailableError("still down"))}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_EQ(run.task->Take().status(), absl::UnavailableError("still down"));
  EXPECT_EQ(cluster.requests(0), 3);
}

TEST(PoolRetryTest, MakesNoSecondAttemptWhereOneIsAllowed) {
  Cluster cluster({{"a", {Down()}}, {"b", {Endless(1)}}}, /*max_attempts=*/1);

  Cluster::Run& run = cluster.Start();

  EXPECT_FALSE(run.task->Take().ok());
  EXPECT_EQ(cluster.requests(1), 0);
}

TEST(PoolRetryTest, SendsNothingMoreWhenItIsCancelledInAPause) {
  Cluster cluster({{"a", {Busy(absl::Seconds(7)), Endless(1)}}});
  Cluster::Run& run = cluster.Start();

  run.task->Cancel();
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_EQ(cluster.requests(0), 1);
}

class PoolFinalErrorTest : public testing::TestWithParam<absl::StatusCode> {};

TEST_P(PoolFinalErrorTest, IsNotRetried) {
  Cluster cluster({{"a", {Refusing(absl::Status(GetParam(), "no"))}}, {"b", {Endless(1)}}});

  Cluster::Run& run = cluster.Start();

  EXPECT_EQ(run.task->Take().status(), absl::Status(GetParam(), "no"));
  EXPECT_EQ(cluster.requests(1), 0);
  EXPECT_FALSE(cluster.pool->States()[0].failing);
}

INSTANTIATE_TEST_SUITE_P(Codes, PoolFinalErrorTest,
                         testing::Values(absl::StatusCode::kInvalidArgument,
                                         absl::StatusCode::kFailedPrecondition,
                                         absl::StatusCode::kCancelled));

TEST(PoolFailingTest, PassesOverAReplicaThatFailedUntilFiveSecondsLater) {
  Cluster cluster({{"a", {Down(), Endless(9)}}, {"b", {Endless(9)}}});
  cluster.Start();
  EXPECT_TRUE(cluster.pool->States()[0].failing);
  EXPECT_FALSE(cluster.pool->States()[1].failing);

  cluster.time.Advance(absl::Seconds(4));
  cluster.Start();
  EXPECT_EQ(cluster.requests(0), 1);
  EXPECT_EQ(cluster.requests(1), 2);
  cluster.time.Advance(absl::Seconds(1));
  cluster.Start();

  EXPECT_EQ(cluster.requests(0), 2);
}

TEST(PoolFailingTest, IsOverWithTheNextSuccess) {
  Cluster cluster({{"a", {Failing(1), Steady(1, "4")}}});
  cluster.Start();
  cluster.time.Advance(absl::Seconds(1));
  EXPECT_TRUE(cluster.pool->States()[0].failing);

  cluster.Start();
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_FALSE(cluster.pool->States()[0].failing);
}

TEST(PoolObserverTest, HearsHowLongTheFirstTokenTook) {
  FakeTrace slow = Endless(0);
  slow.chunks = {{absl::Seconds(1), 0, ""}, {absl::Seconds(3), 1, "4"}, {absl::Seconds(4), 1, "2"}};
  Cluster cluster({{"a", {slow}}});
  cluster.Start();

  cluster.time.Advance(absl::Seconds(5));

  EXPECT_THAT(cluster.seen.first_tokens, ElementsAre(absl::Seconds(3)));
}

TEST(PoolObserverTest, TakesAStopOfOurOwnForNoError) {
  Cluster cluster({{"a", {Endless(9)}}});
  Cluster::Run& run = cluster.Start();
  run.sink.stop_at_tokens = 2;

  cluster.time.Advance(absl::Seconds(5));

  EXPECT_EQ(run.task->Take().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(cluster.seen.errors, IsEmpty());
}

}  // namespace
}  // namespace sextant
