#include "server/backend/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/cluster.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Starts traces, one after the other, until the breaker of a server that fails them opens.
void Trip(Cluster& cluster, int server) {
  for (int i = 0; i < 9 && cluster.state(server) != ReplicaState::kFailing; ++i) cluster.Start();
}

TEST(PoolBreakerTest, GivesNoTracesToAServerThatFailedThreeTimes) {
  Cluster cluster({{"a", {Down()}}, {"b", {Endless(99)}}});
  Trip(cluster, 0);
  ASSERT_EQ(cluster.state(0), ReplicaState::kFailing);

  for (int i = 0; i < 20; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 3);
}

TEST(PoolBreakerTest, SendsOneTraceAfterAPauseAndMoreWhenItSpeaks) {
  Cluster cluster({{"a", {Down(), Down(), Down(), Endless(99)}}, {"b", {Endless(99)}}});
  Trip(cluster, 0);
  cluster.time.Advance(absl::Seconds(1));
  ASSERT_EQ(cluster.state(0), ReplicaState::kTrying);

  for (int i = 0; i < 10; ++i) cluster.Start();
  EXPECT_EQ(cluster.requests(0), 4);
  cluster.time.Advance(absl::Seconds(1));
  EXPECT_EQ(cluster.state(0), ReplicaState::kServing);
  for (int i = 0; i < 5; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(0), 9) << "the less busy one gets them all";
}

TEST(PoolBreakerTest, ATrialThatIsCancelledMakesRoomForTheNext) {
  Cluster cluster({First("a", {Down(), Down(), Down(), Endless(99)}), {"b", {Endless(99)}}});
  Trip(cluster, 0);
  cluster.time.Advance(absl::Seconds(1));
  Cluster::Run& trial = cluster.Start();
  ASSERT_EQ(cluster.requests(0), 4);

  trial.task->Cancel();
  cluster.Start();

  EXPECT_EQ(cluster.requests(0), 5);
}

TEST(PoolBreakerTest, TriesAllTheSameWhenNoServerIsBetter) {
  Cluster cluster({{"a", {Down(), Down(), Down(), Endless(9)}}}, {.max_attempts = 1});
  for (int i = 0; i < 3; ++i) cluster.Start();
  ASSERT_EQ(cluster.state(0), ReplicaState::kFailing);

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Seconds(1));

  EXPECT_EQ(run.sink.tokens, 1);
  EXPECT_EQ(cluster.state(0), ReplicaState::kServing);
}

TEST(PoolBreakerTest, OpensWhenTracesBreakOffInTheMiddle) {
  Cluster cluster({{"a", {Failing(20)}}});
  for (int i = 0; i < 3; ++i) cluster.Start();

  cluster.time.Advance(absl::Seconds(20));

  EXPECT_EQ(cluster.state(0), ReplicaState::kFailing);
}

TEST(PoolSlowDownTest, SendsTracesElsewhereWhileAServerAskedForAPause) {
  Cluster cluster({First("a", {Busy(absl::Seconds(7)), Endless(99)}), {"b", {Endless(99)}}});
  cluster.Start();
  ASSERT_EQ(cluster.state(0), ReplicaState::kSlowed);

  cluster.time.Advance(absl::Seconds(6));
  for (int i = 0; i < 5; ++i) cluster.Start();
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Seconds(1));
  cluster.Start();

  EXPECT_EQ(cluster.requests(0), 2);
}

TEST(PoolSlowDownTest, NewTracesWaitWhereEveryServerAskedForAPause) {
  Cluster cluster({{"a", {Busy(absl::Seconds(7)), Endless(99)}}});
  cluster.Start();

  for (int i = 0; i < 5; ++i) cluster.Start();
  EXPECT_EQ(cluster.requests(0), 1);
  cluster.time.Advance(absl::Seconds(8));

  EXPECT_EQ(cluster.requests(0), 7);
}

TEST(PoolSlowDownTest, NeverTripsTheBreaker) {
  absl::Status overloaded = absl::UnavailableError("HTTP 503");
  SetRetryAfter(overloaded, absl::Seconds(1));
  Cluster cluster({{"a", {Refusing(overloaded)}}}, {.max_attempts = 1});

  for (int i = 0; i < 9; ++i) {
    cluster.Start();
    cluster.time.Advance(absl::Seconds(2));
  }

  EXPECT_EQ(cluster.requests(0), 9);
  EXPECT_EQ(cluster.state(0), ReplicaState::kServing);
}

TEST(PoolSlowDownTest, LastsAMinuteAtMost) {
  Cluster cluster({{"a", {Busy(absl::Hours(24)), Endless(9)}}});
  cluster.Start();

  cluster.time.Advance(absl::Seconds(62));

  EXPECT_EQ(cluster.requests(0), 2);
}

TEST(PoolSlowDownTest, ATraceThatCannotWaitSaysSo) {
  Cluster cluster({{"a", {Busy(absl::Seconds(7))}}});
  cluster.Start();

  Cluster::Run& run = cluster.Start(cluster.time.Now() + absl::Seconds(5));

  const absl::Status status = run.task->Take().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "backend a asked for a pause of 7s, which outlasts the solve");
}

Server Checked(const std::string& name, std::vector<FakeTrace> traces) {
  return {.name = name, .traces = std::move(traces), .has_health = true};
}

TEST(PoolHealthTest, GivesNoTracesToAServerThatIsLoadingWhileAnotherIsUp) {
  Cluster cluster({Checked("a", {Endless(99)}), Checked("b", {Endless(99)})});
  cluster.Say(0, {.state = HealthReport::State::kLoading});
  cluster.time.Advance(absl::Seconds(6));
  ASSERT_EQ(cluster.state(0), ReplicaState::kLoading);

  for (int i = 0; i < 5; ++i) cluster.Start();
  EXPECT_EQ(cluster.requests(0), 0);
  cluster.Say(0, {.state = HealthReport::State::kUp});
  cluster.time.Advance(absl::Seconds(2));
  cluster.Start();

  EXPECT_EQ(cluster.requests(0), 1);
}

TEST(PoolHealthTest, AsksAServerThatIsDownEverySecond) {
  Cluster cluster({Checked("a", {Endless(9)})});
  cluster.Say(0, {.state = HealthReport::State::kDown});
  cluster.time.Advance(absl::Seconds(6));
  const int before = cluster.checks(0);

  cluster.time.Advance(absl::Seconds(12), absl::Milliseconds(100));

  EXPECT_GE(cluster.checks(0) - before, 9);
  EXPECT_LE(cluster.checks(0) - before, 15);
}

TEST(PoolHealthTest, TriesAServerThatIsDownWhenThereIsNoOther) {
  Cluster cluster({Checked("a", {Endless(9)})});
  cluster.Say(0, {.state = HealthReport::State::kDown});
  cluster.time.Advance(absl::Seconds(6));
  ASSERT_EQ(cluster.state(0), ReplicaState::kDown);

  Cluster::Run& run = cluster.Start();
  cluster.time.Advance(absl::Milliseconds(1'000), absl::Milliseconds(100));

  EXPECT_EQ(run.sink.tokens, 1);
}

TEST(PoolHealthTest, AServerThatComesBackIsTriedWithoutWaitingForItsBreaker) {
  Cluster cluster({Checked("a", {Down(), Down(), Down(), Endless(99)}), {"b", {Endless(99)}}});
  cluster.Say(0, {.state = HealthReport::State::kDown});
  Trip(cluster, 0);
  for (int i = 0; i < 5; ++i) cluster.Start();
  cluster.time.Advance(absl::Seconds(6), absl::Milliseconds(100));
  ASSERT_EQ(cluster.state(0), ReplicaState::kDown);

  cluster.Say(0, {.state = HealthReport::State::kUp});
  cluster.time.Advance(absl::Milliseconds(1'200), absl::Milliseconds(100));

  EXPECT_EQ(cluster.state(0), ReplicaState::kTrying);
}

TEST(PoolHealthTest, TakesIntoAccountWhatOthersRunOnAServer) {
  Cluster cluster({Checked("a", {Endless(99)}), {"b", {Endless(99)}}});
  cluster.Say(0, {.state = HealthReport::State::kUp, .running = 4, .waiting = 2});
  cluster.time.Advance(absl::Seconds(6));

  for (int i = 0; i < 6; ++i) cluster.Start();

  EXPECT_EQ(cluster.requests(1), 6);
  EXPECT_EQ(cluster.seen.queued.at("a"), 2);
}

TEST(PoolObserverTest, SeesOneStateOfEveryServerAtATime) {
  Cluster cluster({{"a", {Down()}}}, {.max_attempts = 1});
  EXPECT_EQ((cluster.seen.states[{"a", ReplicaState::kServing}]), 1);
  for (int i = 0; i < 3; ++i) cluster.Start();
  EXPECT_EQ((cluster.seen.states[{"a", ReplicaState::kServing}]), 0);
  EXPECT_EQ((cluster.seen.states[{"a", ReplicaState::kFailing}]), 1);

  cluster.time.Advance(absl::Seconds(1));

  EXPECT_EQ((cluster.seen.states[{"a", ReplicaState::kFailing}]), 0);
  EXPECT_EQ((cluster.seen.states[{"a", ReplicaState::kTrying}]), 1);
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
