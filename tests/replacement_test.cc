// A trace that broke off after it had said something: what takes its place, and when nothing does.
#include <gtest/gtest.h>

#include "server/solve_report.h"
#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

class ReplacementTest : public testing::Test {
 protected:
  // A solve on a server that plays `scripts` in the order of launch, replacements included.
  FakeSolve& Solve(std::vector<FakeTrace> scripts, SolveSetup setup = {}) {
    solve_ = std::make_unique<FakeSolve>(std::move(scripts), std::move(setup));
    solve_->backend.replacements_allowed = 100;
    return *solve_;
  }
  v1::Usage Bill() const { return BillOf(solve_->traces, absl::UnixEpoch(), solve_->time.Now()); }

 private:
  std::unique_ptr<FakeSolve> solve_;
};

TEST_F(ReplacementTest, IsTheNextTraceWithTheNextSeed) {
  FakeSolve& solve =
      Solve({Failing(3), Steady(9, "5"), Steady(9, "5"), Steady(4, "4")}, {.seed = 100});

  solve.Run(MajorityVote(solve.traces, Majority(3, v1::STOP_ALL)));

  ASSERT_EQ(solve.backend.requests().size(), 4u);
  EXPECT_EQ(solve.backend.requests()[3].seed, 103);
  EXPECT_EQ(solve.backend.requests()[3].request_id, "solve/3");
  EXPECT_EQ(solve.trace(3).launch().replaces, 0);
}

TEST_F(ReplacementTest, GivesTheVoteBackItsNumber) {
  FakeSolve& solve = Solve({Failing(3), Steady(9, "5"), Steady(5, "4"), Steady(5, "4")});
  const v1::MajorityVote params = Majority(3, v1::STOP_ALL);

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(verdict.vote.candidates.size(), 2u);
  EXPECT_EQ(Bill().traces_finished(), 3);
}

TEST_F(ReplacementTest, IsOnTheBillBesideTheBrokenTrace) {
  FakeSolve& solve = Solve({Failing(3), Steady(5, "4")});

  solve.Run(Simple(solve.traces));

  const v1::Usage bill = Bill();
  EXPECT_EQ(bill.traces_started(), 2);
  EXPECT_EQ(bill.replacements(), 1);
  EXPECT_EQ(bill.traces_failed(), 1);
  EXPECT_EQ(bill.cancelled_tokens(), 3);
  EXPECT_EQ(bill.finished_tokens(), 5);
}

TEST_F(ReplacementTest, StartsAtTheClockThatTheBrokenOneHadComeTo) {
  FakeSolve& solve = Solve({Failing(3), Steady(5, "4")});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(Bill().sequential_tokens(), 8);
}

TEST_F(ReplacementTest, DoesNotCountTowardsMaxTraces) {
  SolveSetup setup;
  setup.budget.max_traces = 2;
  FakeSolve& solve = Solve({Failing(3), Steady(9, "4"), Steady(4, "4")}, setup);

  solve.Run(MajorityVote(solve.traces, Majority(2, v1::STOP_ALL)));

  EXPECT_EQ(Bill().traces_finished(), 2);
  EXPECT_EQ(solve.traces.launched(), 2);
}

TEST_F(ReplacementTest, BreaksTwiceAtMost) {
  FakeSolve& solve = Solve({Failing(3)});

  const Verdict verdict = solve.Run(Simple(solve.traces));

  EXPECT_EQ(AnswerOf(verdict), "none");
  EXPECT_EQ(Bill().traces_failed(), 3);
  EXPECT_EQ(Bill().cancelled_tokens(), 9);
}

TEST_F(ReplacementTest, IsNotMadeWhereTheLimitOnRetriesIsReached) {
  FakeSolve& solve = Solve({Failing(3), Steady(5, "4")});
  solve.backend.replacements_allowed = 0;

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.backend.requests().size(), 1u);
}

TEST_F(ReplacementTest, IsNotMadeForATraceThatHadSaidNothing) {
  FakeSolve& solve = Solve({Failing(0), Steady(5, "4")});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.backend.requests().size(), 1u) << "the pool has retried it already";
}

TEST_F(ReplacementTest, IsNotMadeForARequestThatTheServerRefuses) {
  FakeSolve& solve = Solve({Failing(3, absl::InvalidArgumentError("too long")), Steady(5, "4")});

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.backend.requests().size(), 1u);
}

TEST_F(ReplacementTest, IsNotMadeOnceTheAnswerIsDecided) {
  FakeSolve& solve = Solve({Steady(2, "4"), Steady(2, "4"), Failing(3), Steady(5, "4")});

  const Verdict verdict = solve.Run(MajorityVote(solve.traces, Majority(3)));
  solve.time.Advance(absl::Seconds(9));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.backend.requests().size(), 3u);
}

TEST_F(ReplacementTest, IsNotMadeWhereTheSequentialBudgetLeavesItNoToken) {
  SolveSetup setup;
  setup.budget.max_sequential_tokens = 3;
  FakeSolve& solve = Solve({Failing(3), Steady(5, "4")}, setup);

  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.backend.requests().size(), 1u);
}

TEST_F(ReplacementTest, KeepsAwayFromTheBackendOfTheBrokenOne) {
  FakeSolve& solve = Solve({Failing(3), Steady(5, "4")});
  solve.traces.Launch(1);
  solve.traces.all()[0]->OnAttempt("gpu-a", 1);
  Started<const Trace*> next(solve.traces.Next());

  solve.time.Advance(absl::Seconds(4));

  ASSERT_EQ(solve.backend.requests().size(), 2u);
  EXPECT_EQ(solve.backend.requests()[1].avoid, "gpu-a");
}

TEST_F(ReplacementTest, ContinuesTheBeamOfTheBrokenStep) {
  v1::BeamSearch params;
  params.set_width(2);
  params.set_expansion(1);
  params.set_step_tokens(8);
  params.set_length_penalty(1);
  const auto step = [](const char* text, const char* finish) {
    FakeTrace trace;
    trace.chunks = {{.at = absl::Seconds(2), .content = text, .finish = finish, .sum_logprob = -1}};
    return trace;
  };
  FakeSolve& solve = Solve({step("a", "length"), step("b", "length"), Failing(1),
                            step("\\boxed{5}", "stop"), step("\\boxed{4}", "stop")});

  solve.Run(BeamSearch(solve.traces, params));

  ASSERT_EQ(solve.backend.requests().size(), 5u);
  EXPECT_EQ(solve.backend.requests()[2].prefix, "a");
  EXPECT_EQ(solve.backend.requests()[4].prefix, "a");
}

}  // namespace
}  // namespace sextant
