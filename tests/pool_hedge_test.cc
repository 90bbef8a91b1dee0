// A trace that has said nothing for a while is asked of a second server as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/cluster.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

FakeTrace Silent() { return {}; }

// Says `content` after that time, and ends.
FakeTrace SaysAfter(absl::Duration time, const std::string& content) {
  return {.chunks = {{.at = time, .content = content},
                     {.at = time + absl::Seconds(5), .content = ".", .finish = "stop"}}};
}

TEST(PoolHedgeTest, GoesOnWithTheSecondServerWhenTheFirstStaysSilent) {
  Cluster cluster({First("a", {Silent()}), {"b", {Steady(3, "4")}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(1));
  EXPECT_EQ(cluster.requests(1), 0);
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(run.sink.content.substr(run.sink.content.size() - 9), "\\boxed{4}");
  EXPECT_THAT(run.sink.attempts, ElementsAre("a 1", "b 1"));
  EXPECT_EQ(run.sink.hedges, 1);
  EXPECT_EQ(cluster.replica(0).cancelled(), 1);
  EXPECT_EQ(cluster.seen.in_flight["a"], 0);
}

TEST(PoolHedgeTest, GoesOnWithTheFirstServerWhenItSpeaksBeforeTheSecond) {
  Cluster cluster({First("a", {SaysAfter(absl::Seconds(3), "first")}),
                   {"b", {SaysAfter(absl::Seconds(10), "second")}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(run.sink.content, "first.");
  EXPECT_EQ(run.sink.attempts.back(), "a 1");
  EXPECT_EQ(cluster.replica(1).cancelled(), 1);
  EXPECT_EQ(cluster.seen.in_flight["b"], 0);
}

TEST(PoolHedgeTest, HearsOneOfTwoThatSpeakAtTheSameTime) {
  Cluster cluster({First("a", {SaysAfter(absl::Seconds(4), "first")}),
                   {"b", {SaysAfter(absl::Seconds(2), "second")}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_TRUE(run.sink.content == "first." || run.sink.content == "second.") << run.sink.content;
  EXPECT_EQ(cluster.replica(0).cancelled() + cluster.replica(1).cancelled(), 1);
}

TEST(PoolHedgeTest, AsksNobodyElseWhenTheFirstSpeaksInTime) {
  Cluster cluster({First("a", {Steady(10, "4")}), {"b", {Steady(1, "5")}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(cluster.requests(1), 0);
  EXPECT_EQ(run.sink.hedges, 0);
}

TEST(PoolHedgeTest, LeavesTheTraceToTheSecondServerWhenTheFirstFailsLate) {
  const FakeTrace fails_late = {.chunks = {{.at = absl::Seconds(3), .tokens = 0}},
                                .error = absl::UnavailableError("connection lost")};
  Cluster cluster({First("a", {fails_late}), {"b", {SaysAfter(absl::Seconds(4), "second")}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(run.sink.content, "second.");
  EXPECT_EQ(cluster.requests(1), 1);
  EXPECT_THAT(cluster.seen.retries, IsEmpty());
}

TEST(PoolHedgeTest, WaitsForTheFirstServerWhenTheSecondFails) {
  Cluster cluster({First("a", {SaysAfter(absl::Seconds(5), "first")}), {"b", {Down()}}});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(run.sink.content, "first.");
  EXPECT_THAT(cluster.seen.errors, ElementsAre(Pair("b", absl::StatusCode::kUnavailable)));
  EXPECT_THAT(cluster.seen.retries, IsEmpty());
}

TEST(PoolHedgeTest, SendsNoSecondRequestBeyondTheLimitOnRetries) {
  Cluster cluster({First("a", {SaysAfter(absl::Seconds(9), "first")}), {"b", {Steady(1, "4")}}},
                  {.retry_share = 0});

  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(60));

  EXPECT_TRUE(run.task->Take().ok());
  EXPECT_EQ(run.sink.content, "first.");
  EXPECT_EQ(cluster.requests(1), 0);
}

TEST(PoolHedgeTest, CancellingTheTraceCancelsBoth) {
  Cluster cluster({First("a", {Silent()}), {"b", {Silent()}}});
  Cluster::Run& run = cluster.StartHedged(absl::Seconds(2));
  cluster.time.Advance(absl::Seconds(10));
  ASSERT_EQ(cluster.requests(1), 1);

  run.task->Cancel();

  EXPECT_EQ(cluster.replica(0).running() + cluster.replica(1).running(), 0);
  EXPECT_EQ(cluster.seen.in_flight["a"] + cluster.seen.in_flight["b"], 0);
}

}  // namespace
}  // namespace sextant
