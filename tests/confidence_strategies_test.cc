// Weights by confidence, and weak traces that are stopped: in majority_vote and adaptive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kWindow = 4;

// A majority vote with the bar at the percentile of its first `warmup` traces.
v1::MajorityVote Keep(double keep, int warmup, int n) {
  v1::MajorityVote params = Majority(n, v1::STOP_ALL);
  params.set_keep(keep);
  params.set_warmup(warmup);
  params.set_window(kWindow);
  return params;
}

SolveSetup SetupOf(const v1::MajorityVote& params) {
  return {.confidence_window = kWindow, .bar = {.keep = params.keep(), .warmup = params.warmup()}};
}

// Tokens of this confidence from the `from`-th on, of another before.
FakeTrace Sinking(int tokens, int from, float to) {
  FakeTrace trace = Sure(tokens, "7", 9);
  for (size_t i = static_cast<size_t>(from); i < trace.chunks.size(); ++i) {
    trace.chunks[i].confidence = to;
  }
  return trace;
}

TEST(ConfidenceWeightsTest, LetAFewSureTracesOutvoteManyUnsureOnes) {
  const auto params = Majority(3);
  FakeSolve solve({Sure(5, "4", 16), Sure(6, "7", 5), Sure(7, "7", 6)},
                  {.weighting = Weighting::kConfidence, .confidence_window = kWindow});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 7);  // Two votes for 7 are not certain while the third may weigh more.
  EXPECT_EQ(solve.backend.requests()[0].top_logprobs, 20);
  EXPECT_TRUE(solve.backend.requests()[0].logprobs);
}

TEST(ConfidenceWeightsTest, WaitForEveryTraceAlthoughTheLeaderCouldNotLoseByCount) {
  const auto params = Majority(3);
  FakeSolve solve({Sure(1, "7", 5), Sure(2, "7", 6), Sure(9, "4", 16)},
                  {.weighting = Weighting::kConfidence, .confidence_window = kWindow});

  EXPECT_EQ(AnswerOf(solve.Run(MajorityVote(solve.traces, params))), "4");
}

TEST(ConfidenceWeightsTest, TakeTheLowestWindowOfATrace) {
  FakeSolve solve({Sinking(12, 5, 2)}, {.confidence_window = kWindow});

  solve.Run(Simple(solve.traces));

  EXPECT_DOUBLE_EQ(*solve.trace(0).confidence(), 2);
}

TEST(ConfidenceWeightsTest, AreNotAskedForUnlessTheStrategyUsesThem) {
  const auto params = Majority(1);
  FakeSolve solve({Sure(5, "4", 16)});

  solve.Run(MajorityVote(solve.traces, params));

  EXPECT_FALSE(solve.backend.requests()[0].logprobs);
  EXPECT_EQ(solve.backend.requests()[0].top_logprobs, 0);
  EXPECT_FALSE(solve.trace(0).confidence());
}

TEST(KeepTest, LaunchesTheRestOnceTheWarmUpHasEnded) {
  const auto params = Keep(1, 2, 4);
  FakeSolve solve({Sure(10, "4", 6), Sure(20, "4", 8), Sure(5, "4", 9), Sure(30, "4", 9)},
                  SetupOf(params));

  solve.Start(MajorityVote(solve.traces, params));
  solve.time.Advance(absl::Seconds(19));
  EXPECT_EQ(solve.backend.requests().size(), 2u);
  const Verdict verdict = solve.Finish();

  EXPECT_EQ(solve.backend.requests().size(), 4u);
  EXPECT_EQ(solve.trace(3).launch().clock, 20);
  EXPECT_EQ(solve.traces.decided_clock(), 50);
  EXPECT_THAT(
      verdict.decisions,
      ElementsAre("At 20 tokens: the first 2 traces have ended, so a trace is stopped once its "
                  "group confidence over 4 tokens is below 6.00."));
}

TEST(KeepTest, StopsAWeakTraceWithTheTokenThatFillsItsWindowAndBillsItAsCancelled) {
  const auto params = Keep(1, 2, 4);
  FakeSolve solve({Sure(10, "4", 6), Sure(20, "7", 8), Sure(50, "7", 5), Sure(30, "4", 9)},
                  SetupOf(params));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.trace(2).state, Trace::State::kCancelled);
  EXPECT_EQ(solve.trace(2).tokens(), kWindow);
  EXPECT_FALSE(solve.trace(2).cut_by_budget);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 10 + 20 + kWindow + 30);
  EXPECT_EQ(solve.backend.cancelled(), 1);
  EXPECT_THAT(verdict.decisions[1],
              "At 24 tokens: the group confidence of trace 2 is 5.00, below the "
              "bar of 6.00, so it is stopped.");
}

TEST(KeepTest, BillsWhatHadArrivedOfAWeakTraceWhenItWasFoundToBe) {
  const auto params = Keep(1, 1, 2);
  FakeTrace burst = Sure(50, "7", 5);
  burst.chunks[4].at = burst.chunks[3].at;  // The fifth token comes with the fourth.
  FakeSolve solve({Sure(10, "4", 8), burst}, SetupOf(params));

  solve.Run(MajorityVote(solve.traces, params));

  EXPECT_TRUE(solve.trace(1).is_weak());
  EXPECT_EQ(solve.trace(1).tokens(), 5);
}

TEST(KeepTest, CountsATraceThatEndsAsItIsFoundToBeWeak) {
  const auto params = Keep(1, 1, 4);
  FakeTrace burst = Sure(5, "7", 5);
  burst.chunks[4].at = burst.chunks[3].at;
  FakeSolve solve({Sure(10, "", 8), burst, Sure(30, "4", 9), Sure(40, "4", 9)}, SetupOf(params));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_FALSE(solve.trace(1).is_weak());
  EXPECT_EQ(verdict.vote.candidates.size(), 2u);
  EXPECT_EQ(AnswerOf(verdict), "4");  // The others have gone on.
}

TEST(KeepTest, StopsATraceThatBecomesWeakLater) {
  const auto params = Keep(1, 1, 2);
  FakeSolve solve({Sure(10, "4", 8), Sinking(50, 20, 6)}, SetupOf(params));

  solve.Run(MajorityVote(solve.traces, params));

  // With 21 tokens the window's mean is 8.25, with 22 it is 7.5.
  EXPECT_EQ(solve.trace(1).tokens(), 22);
}

TEST(KeepTest, TakesNoVoteFromAWeakTraceNotEvenAProvisionalOne) {
  const auto params = Keep(1, 1, 2);
  FakeTrace weak = Sure(50, "7", 5);
  weak.chunks[0].content = "So the answer is 7.";
  FakeSolve solve({Sure(10, "", 8), weak}, SetupOf(params));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_FALSE(solve.traces.ProvisionalVote().answer);
}

TEST(KeepTest, StillStopsLosslesslyAndCountsTracesThatAreNotLaunchedYetAsOpen) {
  v1::MajorityVote params = Keep(1, 2, 3);
  params.set_stop(v1::STOP_LOSSLESS);
  FakeSolve agreeing({Sure(5, "4", 8), Sure(6, "4", 8), Sure(7, "7", 8)}, SetupOf(params));
  FakeSolve differing({Sure(5, "4", 8), Sure(6, "7", 8), Sure(7, "7", 8)}, SetupOf(params));

  EXPECT_EQ(AnswerOf(agreeing.Run(MajorityVote(agreeing.traces, params))), "4");
  EXPECT_EQ(AnswerOf(differing.Run(MajorityVote(differing.traces, params))), "7");

  EXPECT_EQ(agreeing.backend.requests().size(), 2u);  // The third could not change it.
  EXPECT_EQ(differing.backend.requests().size(), 3u);
}

TEST(KeepTest, SetsTheBarByTheWarmUpTracesThatFinished) {
  const auto params = Keep(1, 2, 3);
  FakeTrace failing = Failing(3);
  for (FakeChunk& chunk : failing.chunks) chunk.confidence = 1;
  FakeSolve solve({failing, Sure(10, "4", 8), Sure(30, "7", 7)}, SetupOf(params));

  solve.Run(MajorityVote(solve.traces, params));

  EXPECT_DOUBLE_EQ(*solve.traces.confidence_bar().height(), 8);
  EXPECT_TRUE(solve.trace(2).is_weak());
}

TEST(KeepTest, StopsNothingWhereTheServerSendsNoLogProbabilitiesAndSaysSo) {
  const auto params = Keep(1, 2, 3);
  FakeSolve solve({Steady(5, "4"), Steady(6, "4"), Steady(30, "4")}, SetupOf(params));

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(verdict.vote.candidates[0].votes, 3);
  EXPECT_THAT(verdict.decisions,
              ElementsAre("At 6 tokens: the first 2 traces have ended, so the others run to their "
                          "end: none of the first has a group confidence."));
}

TEST(KeepTest, LaunchesNothingMoreOnceABudgetHasEnded) {
  const auto params = Keep(1, 2, 4);
  SolveSetup setup = SetupOf(params);
  setup.budget.max_tokens = 11;
  FakeSolve solve({Sure(5, "4", 8), Sure(6, "4", 8)}, setup);

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.backend.requests().size(), 2u);
  EXPECT_THAT(verdict.decisions, IsEmpty());
}

// `first` traces at once and as many again as the vote can need.
v1::Adaptive Waves(int first, int n) {
  v1::Adaptive params;
  params.set_first(first);
  params.set_n(n);
  params.set_margin(1);
  params.set_spare(0);
  params.set_late_after(1000);
  params.set_drop_after(0);
  params.set_stated(0);
  params.set_length_exponent(0);
  return params;
}
constexpr AdaptiveModel kModel{.mean_tokens = 20, .answer_rate = 1};

TEST(AdaptiveKeepTest, DropsAWeakTraceAndSaysWhy) {
  const v1::Adaptive params = Waves(3, 3);
  FakeSolve solve({Sure(10, "4", 8), Sure(60, "7", 5), Sure(30, "4", 9)},
                  {.confidence_window = kWindow, .bar = {.keep = 1, .warmup = 1}});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  // It runs when the bar is set, and is dropped with its next token, in the same second.
  EXPECT_TRUE(solve.trace(1).is_weak());
  EXPECT_EQ(solve.trace(1).tokens(), 10);
  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_THAT(verdict.decisions, testing::Contains(HasSubstr(
                                     "tokens: the group confidence of trace 1 is 5.00, below the "
                                     "bar of 8.00, so it is dropped.")));
}

TEST(AdaptiveKeepTest, SetsNoBarBeforeTheWarmUpHasEnded) {
  const v1::Adaptive params = Waves(3, 3);
  FakeSolve solve({Sure(10, "4", 8), Sure(25, "7", 5), Sure(30, "4", 9)},
                  {.confidence_window = kWindow, .bar = {.keep = 1, .warmup = 3}});

  solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(solve.trace(1).state, Trace::State::kFinished);
}

TEST(AdaptiveKeepTest, CountsAWarmUpTraceThatItDropsItselfAsEnded) {
  v1::Adaptive params = Waves(3, 3);
  params.set_drop_after(1);
  AdaptiveModel model = kModel;
  model.drop_after = 20;
  FakeSolve solve({Sure(10, "4", 8), Sure(600, "7", 9), Sure(19, "9", 5)},
                  {.confidence_window = kWindow, .bar = {.keep = 1, .warmup = 2}});

  solve.Run(Adaptive(solve.traces, params, model));

  EXPECT_DOUBLE_EQ(solve.traces.confidence_bar().height().value_or(0), 8);
}

}  // namespace
}  // namespace sextant
