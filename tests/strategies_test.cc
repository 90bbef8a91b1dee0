// When each strategy stops and what it decides.
#include "server/strategies/strategies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

FakeTrace DownAtOnce() { return {.chunks = {}, .error = absl::UnavailableError("down")}; }

TEST(SimpleTest, GivesTheAnswerOfItsOneTrace) {
  FakeSolve solve({Steady(5, "4")});

  const Verdict verdict = solve.Run(Simple(solve.traces));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(verdict.vote.agreement, 1);
  EXPECT_EQ(solve.backend.requests().size(), 1u);
  EXPECT_EQ(solve.traces.decided_clock(), 5);
}

TEST(SimpleTest, HasNoAnswerWhenItsTraceHasNone) {
  FakeSolve solve({Steady(5, "")});

  const Verdict verdict = solve.Run(Simple(solve.traces));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_EQ(solve.trace(0).state, Trace::State::kFinished);
}

TEST(SimpleTest, HasNoAnswerWhenItsTraceFails) {
  FakeSolve solve({Failing(3)});

  const Verdict verdict = solve.Run(Simple(solve.traces));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_EQ(solve.trace(0).error, absl::UnavailableError("connection lost"));
}

TEST(MajorityVoteTest, GivesTheAnswerOfTheMost) {
  const auto params = Majority(5, v1::STOP_ALL);
  FakeSolve solve({Steady(1, "7"), Steady(2, "4"), Steady(3, "7"), Steady(4, "4"), Steady(5, "4")});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_DOUBLE_EQ(verdict.vote.agreement, 0.6);
  EXPECT_EQ(solve.seconds(), 5);
  EXPECT_EQ(solve.backend.cancelled(), 0);
}

TEST(MajorityVoteTest, StopsAsSoonAsTheOpenTracesCannotOverturnTheLeader) {
  const auto params = Majority(5);
  FakeSolve solve({Steady(1, "4"), Steady(2, "4"), Steady(3, "4"), Steady(9, "7"), Steady(9, "7")});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 3);
  EXPECT_EQ(solve.traces.decided_clock(), 3);
}

TEST(MajorityVoteTest, WaitsWhileATieIsStillPossible) {
  const auto params = Majority(4);
  // After two of four the other two could still draw level.
  FakeSolve solve({Steady(1, "4"), Steady(2, "4"), Steady(3, "7"), Steady(4, "7")});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(solve.seconds(), 4);
  EXPECT_TRUE(verdict.vote.tie);
}

TEST(MajorityVoteTest, GivesATieToTheShorterOrTheLongerTraces) {
  const auto params = Majority(4, v1::STOP_ALL);
  const std::vector<FakeTrace> scripts = {Steady(9, "7"), Steady(2, "4"), Steady(8, "7"),
                                          Steady(3, "4")};
  FakeSolve shorter(scripts);
  FakeSolve longer(scripts, {.ties = TieRule::kLonger});

  EXPECT_EQ(AnswerOf(shorter.Run(MajorityVote(shorter.traces, params))), "4");
  EXPECT_EQ(AnswerOf(longer.Run(MajorityVote(longer.traces, params))), "7");
}

TEST(MajorityVoteTest, CountsNoVoteForATraceWithoutAnAnswer) {
  const auto params = Majority(3);
  FakeSolve solve({Steady(1, ""), Steady(2, ""), Steady(3, "4")});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(verdict.vote.agreement, 1);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 6);  // They are billed all the same.
}

TEST(MajorityVoteTest, LosesNByATraceThatFails) {
  const auto params = Majority(3);
  // With three, one vote would not be enough to stop; two of them fail.
  FakeSolve solve({DownAtOnce(), Steady(2, "4"), Failing(1)});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 2);
}

TEST(MajorityVoteTest, HasNoAnswerWhenEveryTraceFails) {
  const auto params = Majority(3);
  FakeSolve solve({DownAtOnce()});

  EXPECT_EQ(AnswerOf(solve.Run(MajorityVote(solve.traces, params))), "none");
}

TEST(FirstFinishTest, CancelsTheRestOnceKTracesAnswered) {
  const auto params = First(2, 4);
  FakeSolve solve({Steady(9, "7"), Steady(2, "4"), Steady(8, "7"), Steady(3, "4")});

  const Verdict verdict = solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 3);
  EXPECT_EQ(solve.backend.cancelled(), 2);
  EXPECT_EQ(solve.backend.running(), 0);
  EXPECT_EQ(solve.traces.decided_clock(), 3);
}

TEST(FirstFinishTest, LosersGenerateNothingAfterTheDecision) {
  const auto params = First(1, 4);
  FakeSolve solve({Steady(3, "4"), Endless(100)});
  solve.Run(FirstFinish(solve.traces, params));
  const int64_t at_decision = solve.backend.sent_tokens();

  solve.time.Advance(absl::Seconds(50));

  EXPECT_EQ(solve.backend.sent_tokens(), at_decision);
  EXPECT_EQ(solve.trace(1).state, Trace::State::kCancelled);
  EXPECT_FALSE(solve.trace(1).cut_by_budget);
}

TEST(FirstFinishTest, BillsWhatItsLosersHadSaidWhenItDecided) {
  const auto params = First(1, 2);
  // Both say their second token at the same time, the winner first.
  FakeSolve solve({Steady(2, "4"), Endless(100)});

  solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(solve.trace(1).tokens(), 2);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 4);
}

TEST(FirstFinishTest, DoesNotCountATraceWithoutAnAnswerTowardsK) {
  const auto params = First(1, 3);
  FakeSolve solve({Steady(1, ""), Steady(4, "4"), Steady(9, "7")});

  const Verdict verdict = solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 4);
  EXPECT_EQ(solve.trace(0).state, Trace::State::kFinished);
}

TEST(FirstFinishTest, VotesOverAllWhenFewerThanKAnswer) {
  const auto params = First(3, 3);
  FakeSolve solve({Steady(1, "4"), Steady(2, ""), Failing(5)});

  const Verdict verdict = solve.Run(FirstFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 5);
}

TEST(FirstFinishTest, WaitsForItsKthAnswerUnlessToldToStopWhenCertain) {
  const std::vector<FakeTrace> scripts = {Steady(1, "4"), Steady(2, "4"), Steady(5, "7")};
  const auto all = First(3, 3);
  const auto lossless = First(3, 3, v1::STOP_LOSSLESS);
  FakeSolve waiting(scripts), certain(scripts);

  EXPECT_EQ(AnswerOf(waiting.Run(FirstFinish(waiting.traces, all))), "4");
  EXPECT_EQ(AnswerOf(certain.Run(FirstFinish(certain.traces, lossless))), "4");

  EXPECT_EQ(waiting.seconds(), 5);
  EXPECT_EQ(certain.seconds(), 2);
}

TEST(FirstFinishTest, TakesTheFirstOfTracesThatEndAtTheSameTimeInOrderOfLaunch) {
  const auto params = First(1, 3);
  FakeSolve solve({Steady(2, "4"), Steady(2, "7"), Steady(2, "9")});

  EXPECT_EQ(AnswerOf(solve.Run(FirstFinish(solve.traces, params))), "4");
}

TEST(LastFinishTest, WaitsForAllAndLetsTheKLongestVote) {
  const auto params = Last(3, 5);
  FakeSolve solve({Steady(1, "7"), Steady(2, "7"), Steady(7, "7"), Steady(8, "4"), Steady(9, "4")});

  const Verdict verdict = solve.Run(LastFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_THAT(verdict.vote.agreement, DoubleNear(2.0 / 3, 1e-9));
  EXPECT_EQ(solve.seconds(), 9);
}

TEST(LastFinishTest, LooksForTheKLongestAmongThoseThatAnswer) {
  const auto params = Last(1, 3);
  FakeSolve solve({Steady(2, "4"), Steady(5, ""), Failing(9)});

  EXPECT_EQ(AnswerOf(solve.Run(LastFinish(solve.traces, params))), "4");
}

TEST(LastFinishTest, ChoosesAmongEquallyLongTracesByOrderOfLaunch) {
  const auto params = Last(1, 3);
  // The second one ends first, since its last chunk holds two tokens.
  FakeTrace early = Endless(3);
  early.chunks.push_back({absl::Seconds(4), 2, "\\boxed{7}", "", "stop"});
  FakeSolve solve({Steady(5, "4"), early, Steady(1, "9")});

  EXPECT_EQ(AnswerOf(solve.Run(LastFinish(solve.traces, params))), "4");
  EXPECT_THAT(solve.ended, ElementsAre(2, 1, 0));
}

TEST(LastFinishTest, StopsWhenCertainIfToldTo) {
  const auto params = Last(3, 4, v1::STOP_LOSSLESS);
  // After three equal answers the fourth can push one of them out, and no more.
  FakeSolve solve({Steady(1, "4"), Steady(2, "4"), Steady(3, "4"), Steady(50, "7")});

  const Verdict verdict = solve.Run(LastFinish(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.seconds(), 3);
}

TEST(NativeBeamSearchTest, LeavesTheSearchToTheServer) {
  v1::BeamSearch params;
  params.set_width(4);
  FakeTrace found;
  found.chunks = {{absl::Seconds(30), 1, "\\boxed{4}", "", "stop", TokenUsage{9, 0, 120}}};
  FakeSolve solve({found});

  const Verdict verdict = solve.Run(NativeBeamSearch(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.backend.requests().at(0).native_beam_width, 4);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 120);
}

}  // namespace
}  // namespace sextant
