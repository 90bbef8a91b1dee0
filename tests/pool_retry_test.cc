#include "server/backend/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/cluster.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(PoolRetryTest, TriesAnotherReplicaAtOnceBeforeTheFirstToken) {
  Cluster cluster({First("a", {Down()}), {"b", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_THAT(run.sink.attempts, ElementsAre("a 1", "b 2"));
  EXPECT_EQ(run.sink.content, "\\boxed{4}");
  EXPECT_THAT(cluster.seen.retries, ElementsAre("a"));
  EXPECT_THAT(cluster.seen.errors, ElementsAre(Pair("a", absl::StatusCode::kUnavailable)));
}

TEST(PoolRetryTest, NeverRetriesATraceThatHasSaidSomething) {
  Cluster cluster({First("a", {Failing(1)}), {"b", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(100));

  EXPECT_EQ(run.task->Take().status(), absl::UnavailableError("connection lost"));
  EXPECT_EQ(cluster.requests(1), 0);
}

TEST(PoolRetryTest, TriesEveryReplicaOnceBeforeItPauses) {
  Cluster cluster({{"a", {Busy(absl::Hours(1))}, 0, 3},
                   {"b", {Busy(absl::Hours(1))}, 0, 2},
                   {"c", {Steady(1, "4")}}});

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(cluster.requests(2), 1);
  EXPECT_LE(cluster.requests(0), 1);
  EXPECT_LE(cluster.requests(1), 1);
}

TEST(PoolRetryTest, SendsTheSameRequestAgain) {
  Cluster cluster({First("a", {Down()}), {"b", {Endless(1)}}});

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
  cluster.time.Advance(absl::Seconds(2));

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
  Cluster cluster({First("a", {Down()}), {"b", {Endless(1)}}}, {.max_attempts = 1});

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
  Cluster cluster({First("a", {Refusing(absl::Status(GetParam(), "no"))}), {"b", {Endless(1)}}});

  Cluster::Run& run = cluster.Start();

  EXPECT_EQ(run.task->Take().status(), absl::Status(GetParam(), "no"));
  EXPECT_EQ(cluster.requests(1), 0);
}

TEST_P(PoolFinalErrorTest, NeverTripsTheBreaker) {
  Cluster cluster({{"a", {Refusing(absl::Status(GetParam(), "no"))}}});

  for (int i = 0; i < 1'000; ++i) cluster.Start();

  EXPECT_EQ(cluster.state(0), ReplicaState::kServing);
  EXPECT_EQ(cluster.requests(0), 1'000);
}

INSTANTIATE_TEST_SUITE_P(Codes, PoolFinalErrorTest,
                         testing::Values(absl::StatusCode::kInvalidArgument,
                                         absl::StatusCode::kFailedPrecondition,
                                         absl::StatusCode::kCancelled));

TEST(PoolRetryBudgetTest, EndsRetriesInAnOutage) {
  Cluster cluster({{"a", {Refusing(absl::UnavailableError("HTTP 500"))}}});

  for (int i = 0; i < 100; ++i) cluster.Start();
  cluster.time.Advance(absl::Seconds(5), absl::Milliseconds(10));

  // Ten, and a fifth of the requests, where three attempts each would be 300.
  EXPECT_EQ(cluster.requests(0), 100 + 10 + 20);
  EXPECT_GT(cluster.seen.denied.size(), 0);
}

TEST(PoolRetryBudgetTest, OfZeroMeansNoRetries) {
  Cluster cluster({First("a", {Down()}), {"b", {Endless(9)}}}, {.retry_share = 0});

  Cluster::Run& run = cluster.Start();

  EXPECT_EQ(run.task->Take().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(cluster.seen.denied, ElementsAre("a"));
}

TEST(PoolRetryBudgetTest, CountsReplacementsToo) {
  Cluster cluster({{"a", {Endless(9)}}});

  int granted = 0;
  for (int i = 0; i < 100; ++i) granted += cluster.pool->TakeReplacement("a") ? 1 : 0;

  EXPECT_EQ(granted, 10);
}

}  // namespace
}  // namespace sextant
