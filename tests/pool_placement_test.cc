#include "server/backend/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/cluster.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::Pair;

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

TEST(PoolAffinityTest, KeepsTheTracesOfASolveWhereTheirPromptIsCached) {
  const Prompt one, other;
  Cluster cluster({{.name = "a", .traces = {Endless(99)}, .shares_prefixes = true},
                   {.name = "b", .traces = {Endless(99)}, .shares_prefixes = true}});

  for (int i = 0; i < 8; ++i) cluster.StartOf(&one);
  EXPECT_EQ(cluster.requests(0) * cluster.requests(1), 0);
  for (int i = 0; i < 8; ++i) cluster.StartOf(&other);

  EXPECT_EQ(cluster.requests(0), 8) << "the other solve went where there was less to do";
  EXPECT_EQ(cluster.requests(1), 8);
}

TEST(PoolAffinityTest, EndsWhereTheHomeIsFull) {
  const Prompt solve;
  Cluster cluster({{"a", {Endless(99)}, 4, 1, true}, {"b", {Endless(99)}, 4, 1, true}});

  for (int i = 0; i < 8; ++i) cluster.StartOf(&solve);

  EXPECT_EQ(cluster.requests(0), 4);
  EXPECT_EQ(cluster.requests(1), 4);
}

TEST(PoolAffinityTest, EndsWhereTheHomeHasMuchMoreToDo) {
  const Prompt solve;
  Cluster cluster({{"a", {Endless(99)}, 0, 1, true}, {"b", {Endless(99)}, 0, 1, true}});

  for (int i = 0; i < 64; ++i) cluster.StartOf(&solve);

  EXPECT_NEAR(cluster.requests(0), 32, 8);
}

TEST(PoolAffinityTest, IsNotForServersThatCacheNothing) {
  const Prompt solve;
  Cluster cluster({{"a", {Endless(99)}}, {"b", {Endless(99)}}});

  for (int i = 0; i < 8; ++i) cluster.StartOf(&solve);

  EXPECT_EQ(cluster.requests(0), 4);
}

TEST(PoolPlacementTest, SpreadsTracesOverFourUnequalServersByCapacityAndWeight) {
  Cluster cluster({{"a", {Endless(99)}, 40},
                   {"b", {Endless(99)}, 20},
                   {"c", {Endless(99)}, 20, 0.5},
                   {"d", {Endless(99)}, 40, 0.75}});

  for (int i = 0; i < 80; ++i) cluster.Start();

  EXPECT_NEAR(cluster.requests(0), 32, 3);
  EXPECT_NEAR(cluster.requests(1), 16, 3);
  EXPECT_NEAR(cluster.requests(2), 8, 3);
  EXPECT_NEAR(cluster.requests(3), 24, 3);
}

class PoolAheadTest : public testing::Test {
 protected:
  // Eight traces of one solve whose prompt is long, on a server that caches prefixes.
  explicit PoolAheadTest() : solve_{.messages = {{"user", std::string(5000, 'x')}}} {}
  void StartEight(Cluster& cluster) {
    for (int i = 0; i < 8; ++i) cluster.StartOf(&solve_);
  }
  const Prompt solve_;
};

TEST_F(PoolAheadTest, TheFirstTraceGoesAheadUntilItSpeaks) {
  Cluster cluster({{"a", {Steady(99, "4")}, 0, 1, true}});

  StartEight(cluster);
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_EQ(cluster.requests(0), 8);
}

TEST_F(PoolAheadTest, OneThatStaysSilentIsAheadForTwoSeconds) {
  Cluster cluster({{"a", {FakeTrace{}}, 0, 1, true}});

  StartEight(cluster);
  cluster.time.Advance(absl::Milliseconds(1900), absl::Milliseconds(100));
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Milliseconds(100));

  EXPECT_EQ(cluster.requests(0), 8);
}

TEST_F(PoolAheadTest, OneThatFailsHoldsNobodyBack) {
  const FakeTrace refused_late = {.chunks = {{.at = absl::Seconds(1), .tokens = 0}},
                                  .error = absl::InvalidArgumentError("no")};
  Cluster cluster({{"a", {refused_late, Endless(9)}, 0, 1, true}});

  StartEight(cluster);
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_EQ(cluster.requests(0), 8);
}

TEST_F(PoolAheadTest, NobodyWaitsWhereNothingIsCachedOrThePromptIsShort) {
  const Prompt brief{.messages = {{"user", "What is 2+2?"}}};
  Cluster uncached({{"a", {Endless(9)}}});
  Cluster cached({{"a", {Endless(9)}, 0, 1, true}});

  StartEight(uncached);
  for (int i = 0; i < 8; ++i) cached.StartOf(&brief);

  EXPECT_EQ(uncached.requests(0), 8);
  EXPECT_EQ(cached.requests(0), 8);
}

TEST_F(PoolAheadTest, ATraceThatIsCancelledWhileItWaitsIsForgotten) {
  Cluster cluster({{"a", {Steady(99, "4")}, 0, 1, true}});
  cluster.StartOf(&solve_);
  cluster.StartOf(&solve_).task->Cancel();

  cluster.time.Advance(absl::Seconds(10));

  EXPECT_EQ(cluster.requests(0), 1);
}

}  // namespace
}  // namespace sextant
