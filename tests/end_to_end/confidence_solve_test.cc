// Confidence over real sockets, with a simulated model that is surer of its right answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Wrong more often than right, with one wrong answer ahead of the others.
constexpr char kUnsure[] =
    "horizon: short, tokens: {mean: 120, sigma: 0.2}, "
    "accuracy: {easy: 0.3, hard: 0.3, length_effect: 0}, "
    "confidence: {right: 16, wrong: 6, spread: 0.5}";

int CountOf(const v1::SolveResponse& response, v1::TraceOutcome outcome) {
  int count = 0;
  for (const v1::Trace& trace : response.traces()) count += trace.outcome() == outcome ? 1 : 0;
  return count;
}

class ConfidenceSolveTest : public testing::Test {
 protected:
  SolveResult Solve(const World& world, const std::string& strategy) {
    v1::SolveRequest request = world.Request(strategy);
    request.set_include_traces(true);
    return world.Solve(request);
  }
};

TEST_F(ConfidenceSolveTest, WeightsTurnAMajorityThatIsWrong) {
  World world({.simulated_model = kUnsure});

  const SolveResult counted = Solve(world, "majority_vote(n=16,stop=all)");
  const SolveResult weighed = Solve(world, "majority_vote(n=16,weights=confidence,window=64)");

  ASSERT_TRUE(weighed.status.ok()) << weighed.status;
  EXPECT_NE(counted.response.answer(), "4");
  EXPECT_EQ(weighed.response.answer(), "4");
  EXPECT_EQ(weighed.usage->billed_tokens(), counted.usage->billed_tokens());
  EXPECT_TRUE(weighed.response.traces(0).has_confidence());
  EXPECT_FALSE(counted.response.traces(0).has_confidence());
  EXPECT_THAT(weighed.response.decisions(), IsEmpty());
}

TEST_F(ConfidenceSolveTest, KeepStopsWeakTracesOnTheModelServerAndBillsThemExactly) {
  World world({.simulated_model = kUnsure, .tokens_per_second = 100});

  const SolveResult result =
      Solve(world, "majority_vote(n=16,stop=all,keep=0.5,warmup=4,window=32)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  const int cancelled = CountOf(result.response, v1::CANCELLED);
  EXPECT_GT(cancelled, 0);
  EXPECT_EQ(cancelled, result.usage->traces_cancelled());
  EXPECT_EQ(result.response.decisions_size(), 1 + cancelled);
  EXPECT_THAT(result.response.decisions(),
              Contains(HasSubstr("so it is stopped")).Times(cancelled));
  EXPECT_EQ(result.response.stop_reason(), v1::DECIDED);
  EXPECT_NEAR(world.LedgerTokens(), result.usage->billed_tokens(), cancelled);
  EXPECT_LT(result.usage->cancelled_tokens(), cancelled * 60);  // Of 120 each.
}

TEST_F(ConfidenceSolveTest, AdaptiveDropsWeakTraces) {
  World world({.simulated_model = kUnsure, .tokens_per_second = 300});

  const SolveResult result = Solve(
      world, "adaptive(n=16,first=8,margin=1,keep=0.5,warmup=4,window=32,weights=confidence)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_THAT(result.response.decisions(), Contains(HasSubstr("so it is dropped")));
}

TEST_F(ConfidenceSolveTest, AServerWithoutLogProbabilitiesIsVotedOnByCountAndTheResponseSaysSo) {
  World world({.simulated_model = kUnsure, .faults = "faults: [{no_logprobs: true}]"});

  const SolveResult result = Solve(world, "majority_vote(n=4,weights=confidence)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_FALSE(result.response.traces(0).has_confidence());
  EXPECT_EQ(result.response.candidates(0).weight(), result.response.candidates(0).votes());
  EXPECT_THAT(result.response.decisions(),
              Contains(HasSubstr("4 of 4 finished traces have no group confidence")));
}

}  // namespace
}  // namespace sextant
