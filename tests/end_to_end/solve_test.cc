#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

const std::vector<Sample> kSamples = {{"\\boxed{4}", 40},
                                      {"\\boxed{5}", 20},
                                      {"\\boxed{4}", 60},
                                      {"\\boxed{4}", 80},
                                      {"\\boxed{5}", 100}};

TEST(SolveTest, SimpleReturnsTheOneTracesAnswerAndItsExactBill) {
  World world({.samples = kSamples});

  const SolveResult result = world.Solve("simple");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(result.response.agreement(), 1);
  EXPECT_EQ(result.response.stop_reason(), v1::ALL_FINISHED);
  EXPECT_EQ(result.usage->finished_tokens(), 40);
  EXPECT_EQ(result.usage->cancelled_tokens(), 0);
  EXPECT_EQ(result.usage->estimated_tokens(), 0);
  EXPECT_EQ(result.usage->sequential_tokens(), 40);
  EXPECT_EQ(world.LedgerTokens(), 40);
}

TEST(SolveTest, MajorityVoteWaitsForAllWhenAskedTo) {
  World world({.samples = kSamples});

  const SolveResult result = world.Solve("majority_vote(n=5,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_DOUBLE_EQ(result.response.agreement(), 0.6);
  EXPECT_EQ(result.usage->billed_tokens(), 300);
  EXPECT_EQ(result.usage->sequential_tokens(), 100);
  EXPECT_EQ(result.usage->traces_finished(), 5);
}

TEST(SolveTest, MajorityVoteStopsWhenTheOutcomeIsCertainAndBillsTheCancelledTrace) {
  std::vector<Sample> samples = kSamples;
  samples.back().tokens = 10'000;
  World world({.samples = samples, .tokens_per_second = 100});

  const SolveResult result = world.Solve("majority_vote(n=5)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(result.response.stop_reason(), v1::DECIDED);
  EXPECT_EQ(result.usage->traces_cancelled(), 1);
  EXPECT_EQ(result.usage->finished_tokens(), 40 + 20 + 60 + 80);
  EXPECT_GE(result.usage->cancelled_tokens(), 70);
  EXPECT_LT(result.usage->cancelled_tokens(), 200);
  EXPECT_NEAR(world.LedgerTokens(), result.usage->billed_tokens(), 1);
}

TEST(SolveTest, FirstFinishKeepsTheFirstKAnswersAndCancelsTheRest) {
  World world({.samples = kSamples, .tokens_per_second = 100});

  const SolveResult result = world.Solve("first_finish(k=1,n=5)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "5");
  EXPECT_EQ(result.response.stop_reason(), v1::DECIDED);
  EXPECT_EQ(result.usage->finished_tokens(), 20);
  EXPECT_EQ(result.usage->traces_cancelled(), 4);
  EXPECT_EQ(result.usage->sequential_tokens(), 20);
  EXPECT_NEAR(world.LedgerTokens(), result.usage->billed_tokens(), 4);
}

TEST(SolveTest, LastFinishVotesOverTheLongest) {
  World world({.samples = kSamples});

  const SolveResult result = world.Solve("last_finish(k=1,n=5)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "5");
  EXPECT_EQ(result.usage->billed_tokens(), 300);
}

TEST(SolveTest, TracesWithoutAnAnswerAreBilledAndAnswerNothing) {
  World world({.samples = {{"I give up.", 10}, {"I do not know.", 20}}});

  const SolveResult result = world.Solve("majority_vote(n=2,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_FALSE(result.response.has_answer());
  EXPECT_EQ(result.response.agreement(), 0);
  EXPECT_EQ(result.usage->billed_tokens(), 30);
}

TEST(SolveTest, BeamSearchStepByStepFindsAnAnswerAndBillsEveryStep) {
  World world({.samples = {{"\\boxed{4}", 40}}, .tokens_per_second = 0});

  const SolveResult result = world.Solve("beam_search(width=2)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(world.LedgerTokens(), result.usage->billed_tokens());
}

TEST(SolveTest, ThePolicyDecidesWithoutAStrategyAndThePlanSaysWhy) {
  World world({.samples = kSamples, .edit = [](Config& config) {
                 config.models[0].max_traces = 5;
                 config.models[0].horizon = Horizon::kShort;
               }});

  const SolveResult result = world.Solve("auto");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.plan().strategy().adaptive().n(), 5);
  EXPECT_EQ(result.response.plan().row(), "balanced-short");
  EXPECT_EQ(result.response.plan().horizon(), v1::HORIZON_SHORT);
  EXPECT_FALSE(result.response.plan().row().empty());
  EXPECT_GT(result.response.plan().reasons_size(), 0);
  EXPECT_GT(result.response.decisions_size(), 1);
}

TEST(SolveTest, AReferenceAnswerGradesAtOnce) {
  World world({.samples = kSamples});
  v1::SolveRequest request = world.Request("simple");
  request.set_reference_answer("04");

  const SolveResult result = world.Solve(request);

  EXPECT_TRUE(result.response.verdict().correct());
  EXPECT_EQ(result.response.verdict().reference(), "4");
}

TEST(SolveTest, TracesComeBackInOrderOfLaunchWhenAskedFor) {
  World world({.samples = kSamples});
  v1::SolveRequest request = world.Request("majority_vote(n=2,stop=all)");
  request.set_include_traces(true);

  const SolveResult result = world.Solve(request);

  ASSERT_EQ(result.response.traces_size(), 2);
  EXPECT_EQ(result.response.traces(1).answer(), "5");
  EXPECT_THAT(result.response.traces(1).text(), testing::EndsWith("\\boxed{5}"));
  EXPECT_EQ(result.response.traces(1).seed(), 1);
  EXPECT_EQ(result.response.traces(1).backend(), "backend-0");
}

TEST(SolveTest, WithoutUsageTokensAreCountedFromChunksAndMarked) {
  World world({.samples = kSamples, .faults = "faults: [{no_usage: true}]"});

  const SolveResult result = world.Solve("simple");

  EXPECT_EQ(result.usage->billed_tokens(), 40);
  EXPECT_EQ(result.usage->estimated_tokens(), 40);
}

TEST(SolveTest, AnUnknownModelIsNotFoundAndTheKnownOnesAreNamed) {
  World world({.samples = kSamples});
  v1::SolveRequest request = world.Request("simple");
  request.set_model("other");

  const SolveResult result = world.Solve(request);

  EXPECT_EQ(result.status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(result.status.message(), "model \"other\" is not served here; known: recorded");
}

TEST(SolveTest, PlanStartsNoTrace) {
  World world({.samples = kSamples});

  const auto plan = world.client().Plan(world.Request("first_finish(k=2,n=4)"));

  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->plan().strategy_text(), "first_finish(k=2,n=4)");
  EXPECT_EQ(world.simulator().Counts().streams_started(), 0);
}

TEST(SolveTest, ModelsAreListedWithTheirBackends) {
  World world({.samples = kSamples, .backends = 2});

  const auto models = world.client().ListModels();

  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_EQ(models->models_size(), 1);
  EXPECT_EQ(models->models(0).backends_size(), 2);
  EXPECT_EQ(models->models(0).backends(0).state(), "serving");
}

}  // namespace
}  // namespace sextant
