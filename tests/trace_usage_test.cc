// How the tokens of a trace are counted and when the count is final.
#include <gtest/gtest.h>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

FakeTrace WithFinalUsage(FakeTrace trace, TokenUsage usage, absl::Duration tail) {
  trace.final_usage = usage;
  trace.tail = tail;
  return trace;
}

TEST(TraceUsageTest, IsEstimatedFromChunksWhereTheServerSaysNothing) {
  FakeSolve solve({Steady(5, "4")});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.trace(0).tokens(), 5);
  EXPECT_EQ(solve.trace(0).estimated_tokens(), 5);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 5);
}

TEST(TraceUsageTest, IsTheServersOnceTheTailWasRead) {
  FakeSolve solve({WithFinalUsage(Steady(5, "4"), {.prompt = 9, .cached = 8, .completion = 7},
                                  absl::Seconds(2))});
  solve.Run(Simple(solve.traces));
  EXPECT_EQ(solve.trace(0).estimated_tokens(), 5);

  EXPECT_TRUE(solve.Settle());

  EXPECT_EQ(solve.trace(0).tokens(), 7);
  EXPECT_EQ(solve.trace(0).estimated_tokens(), 0);
  EXPECT_EQ(solve.trace(0).usage().cached, 8);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 7);
  EXPECT_EQ(solve.traces.spending().prompt_tokens(), 9);
  EXPECT_EQ(solve.traces.decided_clock(), 7);
}

TEST(TraceUsageTest, ReadsTheTailsOfAllFinishedTracesSideBySide) {
  FakeSolve solve({WithFinalUsage(Steady(1, "4"), {9, 0, 3}, absl::Seconds(10)),
                   WithFinalUsage(Steady(2, "4"), {9, 0, 4}, absl::Seconds(10)), Endless(99)});
  const auto params = First(2, 3);
  solve.Run(FirstFinish(solve.traces, params));
  const int decided_at = solve.seconds();

  EXPECT_TRUE(solve.Settle());

  EXPECT_EQ(solve.backend.tails_read(), 2);
  EXPECT_LE(solve.seconds() - decided_at, 10);
  EXPECT_EQ(solve.trace(0).tokens() + solve.trace(1).tokens(), 7);
}

TEST(TraceUsageTest, StaysEstimatedWhenTheTailTakesTooLong) {
  FakeSolve solve({WithFinalUsage(Steady(1, "4"), {9, 0, 3}, absl::Seconds(1)),
                   WithFinalUsage(Steady(2, "4"), {9, 0, 4}, absl::Seconds(60))});
  const auto params = First(2, 2);
  solve.Run(FirstFinish(solve.traces, params));
  const int decided_at = solve.seconds();

  EXPECT_FALSE(solve.Settle(absl::Seconds(5)));

  EXPECT_EQ(solve.seconds() - decided_at, 5);
  EXPECT_EQ(solve.trace(0).estimated_tokens(), 0);
  EXPECT_EQ(solve.trace(1).estimated_tokens(), 2);
  EXPECT_EQ(solve.trace(1).tail, nullptr);
}

TEST(TraceUsageTest, OfACancelledTraceIsWhatTheServerSaidSoFarAndTheChunksSince) {
  FakeTrace loser;
  loser.chunks = {{absl::Seconds(1), 1, "a", "", "", TokenUsage{9, 0, 16}},
                  {absl::Seconds(2), 1, "b", "", "", TokenUsage{9, 0, 32}},
                  {absl::Seconds(3), 1, "c"}};
  FakeSolve solve({loser, Steady(4, "4")});
  const auto params = First(1, 2);

  solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(solve.trace(0).state, Trace::State::kCancelled);
  EXPECT_EQ(solve.trace(0).tokens(), 33);
  EXPECT_EQ(solve.trace(0).estimated_tokens(), 1);
}

TEST(TraceUsageTest, FollowsAServerThatCorrectsItselfDownwards) {
  FakeTrace script;
  script.chunks = {{absl::Seconds(1), 1, "a", "", "", TokenUsage{9, 0, 50}},
                   {absl::Seconds(2), 1, "\\boxed{4}", "", "stop", TokenUsage{9, 0, 40}}};
  FakeSolve solve({script});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.trace(0).tokens(), 40);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 40);
  EXPECT_EQ(solve.traces.spending().prompt_tokens(), 9);
}

TEST(TraceUsageTest, OfAFailedTraceIsKept) {
  FakeSolve solve({Failing(6)});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.trace(0).state, Trace::State::kFailed);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 6);
}

TEST(TraceUsageTest, SettlingNothingTakesNoTime) {
  FakeSolve solve({Failing(6)});
  solve.Run(Simple(solve.traces));
  const int decided_at = solve.seconds();

  EXPECT_TRUE(solve.Settle());

  EXPECT_EQ(solve.seconds(), decided_at);
}

}  // namespace
}  // namespace sextant
