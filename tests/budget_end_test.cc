// How each budget ends a solve: when, with which reason, and with which answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using testing::ElementsAre;

// A trace that states `answer` with its second token and goes on.
FakeTrace Stating(const std::string& answer) {
  FakeTrace trace = Endless(1'000);
  trace.chunks[1].content = "So it is \\boxed{" + answer + "}.";
  return trace;
}

SolveSetup WithBudget(Budget budget) {
  SolveSetup setup;
  setup.budget = budget;
  return setup;
}

TEST(TokenBudgetTest, EndsTheSolveWithTheAnswersSoFar) {
  const auto params = Majority(3, v1::STOP_ALL);
  FakeSolve solve({Steady(2, "4"), Endless(99), Endless(99)}, WithBudget({.max_tokens = 10}));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.traces.stop_reason(), v1::TOKEN_BUDGET);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 10);
  EXPECT_EQ(solve.backend.running(), 0);
}

TEST(TokenBudgetTest, IsOverdrawnByLessThanOneChunk) {
  const auto params = Majority(8, v1::STOP_ALL);
  FakeTrace coarse;
  for (int i = 1; i < 99; ++i) coarse.chunks.push_back({absl::Seconds(i), 16, "."});
  FakeSolve solve({coarse}, WithBudget({.max_tokens = 1'000}));

  solve.Run(MajorityVote(solve.traces, params));

  EXPECT_GE(solve.traces.spending().completion_tokens(), 1'000);
  EXPECT_LT(solve.traces.spending().completion_tokens(), 1'016);
  EXPECT_EQ(solve.backend.sent_tokens(), solve.traces.spending().completion_tokens());
}

TEST(TokenBudgetTest, LimitsEachRequestToWhatIsLeft) {
  FakeSolve solve({Endless(99)}, WithBudget({.max_tokens = 10}));
  solve.traces.Launch(1);
  solve.time.Advance(absl::Seconds(4));

  solve.traces.Launch(1);

  EXPECT_EQ(solve.backend.requests().at(0).max_tokens, 10);
  EXPECT_EQ(solve.backend.requests().at(1).max_tokens, 6);
}

TEST(TokenBudgetTest, AllowsNoLaunchOnceItIsUsedUp) {
  FakeSolve solve({Steady(10, "4")}, WithBudget({.max_tokens = 10}));
  solve.Run(Simple(solve.traces));

  EXPECT_FALSE(solve.traces.Launch(TraceLaunch{}));

  EXPECT_EQ(solve.backend.requests().size(), 1u);
}

TEST(TokenBudgetTest, CountsATraceThatFinishesWithTheLastToken) {
  const auto params = Majority(2, v1::STOP_ALL);
  FakeSolve solve({Steady(5, "4"), Endless(99)}, WithBudget({.max_tokens = 9}));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.trace(0).state, Trace::State::kFinished);
  EXPECT_EQ(solve.traces.stop_reason(), v1::TOKEN_BUDGET);
}

TEST(TokenBudgetTest, LeavesWhatRunningTracesHaveStated) {
  const auto params = Majority(3);
  FakeSolve solve({Stating("4"), Stating("4"), Stating("7")}, WithBudget({.max_tokens = 30}));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_EQ(solve.traces.ProvisionalVote().answer->canonical, "4");
  EXPECT_EQ(solve.traces.decided_clock(), 10);
}

class SequentialBudgetTest : public testing::TestWithParam<FakeTrace::AtLimit> {};

TEST_P(SequentialBudgetTest, CutsEachTraceAtItsLengthAndNeverLetsItVote) {
  const auto params = Majority(3, v1::STOP_ALL);
  FakeTrace too_long = Stating("7");
  too_long.at_limit = GetParam();
  FakeSolve solve({Steady(3, "4"), too_long, too_long}, WithBudget({.max_sequential_tokens = 5}));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(verdict.vote.candidates.size(), 1u);
  EXPECT_EQ(solve.backend.requests().at(1).max_tokens, 5);
  EXPECT_TRUE(solve.trace(1).cut_by_budget);
  EXPECT_EQ(solve.trace(1).state, Trace::State::kCancelled);
  EXPECT_LE(solve.trace(1).tokens(), 6);  // One chunk more where the server takes no notice.
  EXPECT_EQ(solve.backend.running(), 0);
}

INSTANTIATE_TEST_SUITE_P(Servers, SequentialBudgetTest,
                         testing::Values(FakeTrace::AtLimit::kInLastChunk,
                                         FakeTrace::AtLimit::kInOwnChunk,
                                         FakeTrace::AtLimit::kGoesOn));

TEST(SequentialBudgetLaunchTest, CountsFromTheClockOfTheLaunch) {
  FakeSolve solve({Endless(99)}, WithBudget({.max_sequential_tokens = 50}));

  EXPECT_TRUE(solve.traces.Launch(TraceLaunch{.clock = 30}));
  EXPECT_FALSE(solve.traces.Launch(TraceLaunch{.clock = 50}));

  EXPECT_EQ(solve.backend.requests().at(0).max_tokens, 20);
  EXPECT_EQ(solve.backend.requests().size(), 1u);
}

TEST(CostBudgetTest, EndsTheSolveWhenPromptAndCompletionCostThatMuch) {
  SolveSetup setup = WithBudget({.max_cost_usd = 0.5});
  setup.price = PriceConfig{.prompt_per_million = 1'000, .completion_per_million = 10'000};
  FakeTrace script = Endless(99);
  script.chunks[0].usage = TokenUsage{100, 0, 1};  // The prompt costs 0.1, each token 0.01.
  FakeSolve solve({script}, setup);

  const Verdict verdict = solve.Run(Simple(solve.traces));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_EQ(solve.traces.stop_reason(), v1::COST_BUDGET);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 40);
  EXPECT_DOUBLE_EQ(solve.traces.spending().cost().value(), 0.5);
}

TEST(CostBudgetTest, NeverEndsASolveOfAModelWithoutAPrice) {
  FakeSolve solve({Steady(50, "4")}, WithBudget({.max_cost_usd = 0.000001}));

  EXPECT_EQ(AnswerOf(solve.Run(Simple(solve.traces))), "4");
}

TEST(TimeBudgetTest, EndsTheSolveOnTimeWithTheAnswersSoFar) {
  const auto params = Majority(3, v1::STOP_ALL);
  FakeSolve solve({Steady(2, "4"), Endless(99), Stating("7")},
                  WithBudget({.ends_at = absl::UnixEpoch() + absl::Seconds(20)}));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 20);
  EXPECT_EQ(solve.traces.stop_reason(), v1::TIME_BUDGET);
  EXPECT_EQ(solve.backend.running(), 0);
  EXPECT_EQ(solve.traces.decided_clock(), 19);  // The tokens of that second had not been read.
}

TEST(TimeBudgetTest, EndsASolveWhoseServersSayNothing) {
  FakeSolve solve({Endless(0)}, WithBudget({.ends_at = absl::UnixEpoch() + absl::Seconds(20)}));

  EXPECT_EQ(AnswerOf(solve.Run(Simple(solve.traces))), "none");

  EXPECT_EQ(solve.seconds(), 20);
}

TEST(TimeBudgetTest, DoesNothingOnceTheAnswerIsDecided) {
  FakeSolve solve({Steady(2, "4")}, WithBudget({.ends_at = absl::UnixEpoch() + absl::Seconds(20)}));
  solve.Run(Simple(solve.traces));

  solve.time.Advance(absl::Seconds(60));

  EXPECT_EQ(solve.traces.stop_reason(), std::nullopt);
}

TEST(TraceBudgetTest, LaunchesNoMoreThanAreAllowed) {
  const auto params = Majority(8, v1::STOP_ALL);
  FakeSolve solve({Steady(1, "4")}, WithBudget({.max_traces = 3}));

  solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(solve.backend.requests().size(), 3u);
}

TEST(EarlyEndTest, EndsTheSolveForTheGivenReason) {
  const auto params = Majority(3, v1::STOP_ALL);
  FakeSolve solve({Steady(2, "4"), Endless(99)});
  solve.Start(MajorityVote(solve.traces, params));
  solve.time.Advance(absl::Seconds(5));
  EXPECT_FALSE(solve.decided());

  solve.traces.End(v1::DRAINING);

  EXPECT_TRUE(solve.decided());
  EXPECT_EQ(AnswerOf(solve.Finish()), "4");
  EXPECT_EQ(solve.traces.stop_reason(), v1::DRAINING);
  EXPECT_EQ(solve.backend.running(), 0);
}

TEST(EarlyEndTest, ChangesNothingAfterTheDecision) {
  FakeSolve solve({Steady(2, "4")});
  solve.Run(Simple(solve.traces));

  solve.traces.End(v1::DRAINING);

  EXPECT_EQ(solve.traces.stop_reason(), std::nullopt);
}

// The losers' last tokens use the budget up, but the answer was there before.
TEST(EarlyEndTest, IsNotClaimedByABudgetThatEndsAfterTheDecision) {
  const auto params = First(1, 2);
  FakeSolve solve({Steady(2, "4"), Endless(99)}, WithBudget({.max_tokens = 4}));

  const Verdict verdict = solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 4);
  EXPECT_EQ(solve.traces.stop_reason(), std::nullopt);
}

TEST(EarlyEndTest, KeepsTheFirstReason) {
  FakeSolve solve({Endless(99)}, WithBudget({.max_tokens = 5}));
  solve.traces.Launch(1);
  solve.time.Advance(absl::Seconds(5));

  solve.traces.End(v1::DRAINING);

  EXPECT_EQ(solve.traces.stop_reason(), v1::TOKEN_BUDGET);
  EXPECT_THAT(solve.ended, ElementsAre(0));
}

}  // namespace
}  // namespace sextant
