#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

const std::vector<Sample> kFour = {
    {"\\boxed{4}", 100}, {"\\boxed{5}", 200}, {"\\boxed{4}", 300}, {"\\boxed{4}", 400}};

TEST(BudgetTest, TokensEndTheSolveWithTheBestAnswerAndAreKeptUpToAChunkATrace) {
  World world({.samples = kFour, .tokens_per_second = 200, .chunk_tokens = 4});
  v1::SolveRequest request = world.Request("majority_vote(n=4,stop=all)");
  request.mutable_budget()->set_max_tokens(600);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(result.response.stop_reason(), v1::TOKEN_BUDGET);
  EXPECT_GE(result.usage->billed_tokens(), 600);
  EXPECT_LE(result.usage->billed_tokens(), 600 + 4 * 4);
  EXPECT_LE(world.LedgerTokens(), 600 + 3 * 4 * 4);
}

TEST(BudgetTest, SequentialTokensStopEveryTraceAtThatClock) {
  World world({.samples = kFour, .tokens_per_second = 0});
  v1::SolveRequest request = world.Request("majority_vote(n=4,stop=all)");
  request.mutable_budget()->set_max_sequential_tokens(250);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.stop_reason(), v1::SEQUENTIAL_BUDGET);
  EXPECT_EQ(result.usage->sequential_tokens(), 250);
  EXPECT_EQ(result.usage->finished_tokens(), 300);
  EXPECT_EQ(result.usage->cancelled_tokens(), 500);
  EXPECT_EQ(world.LedgerTokens(), 800);
}

TEST(BudgetTest, TracesLowerTheNOfAnExplicitStrategyAndThePlanSaysSo) {
  World world({.samples = kFour, .tokens_per_second = 0});
  v1::SolveRequest request = world.Request("majority_vote(n=4,stop=all)");
  request.mutable_budget()->set_max_traces(2);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->traces_started(), 2);
  EXPECT_EQ(result.response.plan().strategy_text(), "majority_vote(n=2,stop=all)");
}

TEST(BudgetTest, CostEndsTheSolveByTheModelsPrice) {
  World world({.samples = kFour, .tokens_per_second = 1000, .edit = [](Config& config) {
                 config.models[0].price = PriceConfig{.completion_per_million = 1'000'000};
               }});
  v1::SolveRequest request = world.Request("majority_vote(n=4,stop=all)");
  request.mutable_budget()->set_max_cost_usd(450);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.stop_reason(), v1::COST_BUDGET);
  EXPECT_NEAR(result.usage->cost_usd(), 450, 8);
}

TEST(BudgetTest, ABudgetTooSmallForAnyAnswerSaysWhichAndBillsWhatWasSpent) {
  World world({.samples = kFour, .tokens_per_second = 1000});
  v1::SolveRequest request = world.Request("majority_vote(n=4)");
  request.mutable_budget()->set_max_tokens(50);

  const SolveResult result = world.Solve(request);

  EXPECT_EQ(result.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(result.status.message()), testing::HasSubstr("budget.max_tokens (50)"));
  EXPECT_NEAR(result.usage->billed_tokens(), 50, 4);
}

}  // namespace
}  // namespace sextant
