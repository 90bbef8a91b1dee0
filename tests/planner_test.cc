// Plans: which row fires, how traces are sized, and that the reasons say so.
#include "server/planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/strategies/spec.h"

namespace sextant {
namespace {

class PlannerTest : public testing::Test {
 protected:
  PlannerTest() {
    model_.name = "m";
    model_.backends.emplace_back();
    request_.set_model("m");
    request_.set_prompt("What is 2 + 2?");
  }

  v1::Plan Plan() const { return MakePlan({request_, model_, policy_, time_left_, load_}).value(); }
  std::string Strategy() const { return Plan().strategy_text(); }
  // Whether one of the plan's reasons is this sentence.
  bool Says(absl::string_view sentence) const {
    const v1::Plan plan = Plan();
    return std::count(plan.reasons().begin(), plan.reasons().end(), sentence) == 1;
  }
  void Ask(absl::string_view strategy) {
    *request_.mutable_strategy() = ParseStrategy(strategy).value();
  }

  v1::SolveRequest request_;
  ModelConfig model_;
  Policy policy_ = LoadPolicy(SEXTANT_SOURCE_DIR "/deploy/policies/recipe.yaml").value();
  absl::Duration time_left_ = absl::InfiniteDuration();
  double load_ = 0;
};

TEST_F(PlannerTest, VotesWithEightTracesWithoutABudget) {
  model_.horizon = Horizon::kLong;

  const v1::Plan plan = Plan();

  EXPECT_EQ(plan.strategy_text(), "majority_vote(n=8)");
  EXPECT_EQ(plan.row(), "high");
  EXPECT_EQ(plan.policy(), "recipe");
  EXPECT_EQ(plan.horizon(), v1::HORIZON_LONG);
  EXPECT_EQ(plan.difficulty().estimator(), "prompt_features");
  EXPECT_EQ(plan.strategy().majority_vote().stop(), v1::STOP_LOSSLESS);
  EXPECT_EQ(plan.expected().billed_tokens(), 8 * 4096);
}

TEST_F(PlannerTest, SaysWhyInSentences) {
  model_.horizon = Horizon::kLong;
  request_.set_difficulty(v1::DIFFICULTY_HARD);
  request_.mutable_budget()->set_max_tokens(20000);

  const v1::Plan plan = Plan();

  EXPECT_EQ(
      std::vector<std::string>(plan.reasons().begin(), plan.reasons().end()),
      (std::vector<std::string>{
          "Model m has horizon long and a typical trace of 4096 tokens.",
          "budget.max_tokens (20000) holds 4.9 typical traces.",
          "The budget is high: it holds 4.9 typical traces, at least 3.",
          "Row high of policy recipe fires for horizon long, goal balanced, budget high, time "
          "loose, difficulty hard: majority_vote.",
          "n is 4: the most whose expected bill fits the budget."}));
}

TEST_F(PlannerTest, GivesLongHorizonsOneTraceOnALowBudget) {
  model_.horizon = Horizon::kLong;
  request_.mutable_budget()->set_max_tokens(3 * 4096 - 1);

  EXPECT_EQ(Strategy(), "simple");
  EXPECT_EQ(Plan().row(), "low-long");
}

TEST_F(PlannerTest, VotesFromThreeTypicalTracesOn) {
  model_.horizon = Horizon::kLong;
  request_.mutable_budget()->set_max_tokens(3 * 4096);

  EXPECT_EQ(Strategy(), "majority_vote(n=3)");
}

TEST_F(PlannerTest, GivesShortHorizonsFirstFinishOnALowBudget) {
  request_.mutable_budget()->set_max_tokens(10000);
  model_.horizon = Horizon::kShort;
  const std::string of_short = Strategy();
  model_.horizon = Horizon::kNonReasoning;

  // Until the first ends, three traces are expected to cost 3 * 0.68 * 4096 = 8,339 tokens, and
  // four 4 * 0.627 * 4096 = 10,273.
  EXPECT_EQ(of_short, "first_finish(k=1,n=3)");
  EXPECT_EQ(Strategy(), of_short);
}

TEST_F(PlannerTest, SizesTheVoteOfUnknownHorizonsToTheBudget) {
  request_.mutable_budget()->set_max_tokens(2 * 4096);

  EXPECT_EQ(Plan().row(), "unknown");
  EXPECT_EQ(Strategy(), "majority_vote(n=2)");
}

TEST_F(PlannerTest, AsksThePolicyAboutGoalAndTimeAndNamesTheRunnerUp) {
  policy_ = ParsePolicy(R"yaml(name: mine
tight_time_below: 2
rows:
  - {name: soon, horizon: any, goal: [fast, cheap], strategy: "first_finish(k=3,n=8)"}
  - {name: late, horizon: any, time: tight, strategy: "first_finish(k=1,n=4)"}
  - {name: rest, horizon: any, strategy: "majority_vote(n=4)"}
)yaml",
                        "p.yaml")
                .value();
  model_.tokens_per_second = 100;

  EXPECT_EQ(Plan().row(), "rest");
  EXPECT_FALSE(Plan().has_runner_up());

  time_left_ = absl::Seconds(80);
  EXPECT_EQ(Plan().row(), "late");
  EXPECT_EQ(Plan().runner_up().row(), "rest");
  EXPECT_EQ(Plan().runner_up().strategy_text(), "majority_vote(n=4)");
  EXPECT_EQ(Plan().runner_up().expected().billed_tokens(), 4 * 4096);
  EXPECT_NEAR(Plan().expected().seconds(), Plan().expected().sequential_tokens() / 100.0, 0.01);
  EXPECT_TRUE(Says("Time is tight: it holds 2.0 lengths of a typical trace, fewer than 2."));

  request_.mutable_budget()->set_goal(v1::GOAL_CHEAP);
  EXPECT_EQ(Plan().row(), "soon");
}

TEST_F(PlannerTest, RunsAdaptiveByDefaultAndCompletesOneThatTheRequestNames) {
  policy_ = BuiltInPolicy();
  model_.horizon = Horizon::kLong;

  EXPECT_EQ(Plan().row(), "balanced-long");
  EXPECT_EQ(Strategy(),
            "adaptive(n=8,first=2,margin=0.3,spare=1,late_after=1.25,drop_after=1.75,stated=0.75,"
            "length_exponent=-0.1)");
  EXPECT_LT(Plan().expected().billed_tokens(), 8 * 4096 * 6 / 10);

  request_.mutable_budget()->set_goal(v1::GOAL_FAST);
  EXPECT_EQ(Plan().row(), "fast-long");
  Ask("adaptive(n=5,margin=0.9)");
  EXPECT_EQ(Plan().row(), "request");
  EXPECT_EQ(Strategy(),
            "adaptive(n=5,first=7,margin=0.9,spare=8,late_after=0.5,drop_after=1.75,stated=0.75,"
            "length_exponent=-0.1)");
  EXPECT_TRUE(Says("What it leaves out is taken from row fast-long of policy sextant."));
}

TEST_F(PlannerTest, ExpectsTheAgreementOfTheProfileAtTheDifficultyOfTheProblem) {
  policy_ = ParsePolicy(R"yaml(name: mine
rows:
  - {name: hard, horizon: any, difficulty: hard, strategy: "majority_vote(n=8)"}
  - {name: rest, horizon: any, strategy: simple}
)yaml",
                        "p.yaml")
                .value();
  EXPECT_FALSE(Plan().expected().has_agreement());

  model_.profile = ModelProfile();
  model_.profile->answer_rate = 0.95;
  model_.profile->difficulty = DifficultyProfile{.agreement_easy = 0.9, .agreement_hard = 0.6};
  request_.set_difficulty(v1::DIFFICULTY_HARD);
  EXPECT_DOUBLE_EQ(Plan().expected().agreement(), 0.6);
  EXPECT_DOUBLE_EQ(Plan().runner_up().expected().agreement(), 0.95);

  request_.set_difficulty(v1::DIFFICULTY_EASY);
  Ask("majority_vote(n=8)");
  EXPECT_DOUBLE_EQ(Plan().expected().agreement(), 0.9);
}

TEST_F(PlannerTest, StartsOneByOneWhereTheTokenBudgetBinds) {
  policy_ = BuiltInPolicy();
  request_.mutable_budget()->set_max_tokens(7 * 4096);

  EXPECT_EQ(Plan().row(), "low-unknown");
  EXPECT_EQ(Plan().strategy().adaptive().first(), 1);
}

TEST_F(PlannerTest, TakesASequentialBudgetAsTime) {
  policy_ = ParsePolicy(R"yaml(name: mine
rows:
  - {name: late, horizon: any, time: tight, strategy: simple}
  - {name: rest, horizon: any, strategy: "majority_vote(n=4)"}
)yaml",
                        "p.yaml")
                .value();

  request_.mutable_budget()->set_max_sequential_tokens(3 * 4096 / 2 - 1);
  EXPECT_EQ(Plan().row(), "late");
  request_.mutable_budget()->set_max_sequential_tokens(3 * 4096 / 2);
  EXPECT_EQ(Plan().row(), "rest");
}

TEST_F(PlannerTest, StartsAllAtOnceWhereTheTimeHoldsNoSecondWave) {
  policy_ = BuiltInPolicy();
  request_.mutable_budget()->set_max_sequential_tokens(3 * 4096);

  EXPECT_EQ(Plan().row(), "tight-unknown");
  EXPECT_EQ(Plan().strategy().adaptive().first(), 8);
  EXPECT_EQ(Plan().strategy().adaptive().length_exponent(), 0);
  model_.horizon = Horizon::kNonReasoning;
  EXPECT_EQ(Plan().row(), "tight-non-reasoning");
  EXPECT_EQ(Plan().strategy().adaptive().stated(), 0);

  request_.mutable_budget()->set_max_sequential_tokens(7 * 4096 / 2);
  EXPECT_EQ(Plan().row(), "balanced-non-reasoning");
}

TEST_F(PlannerTest, CountsCostAsABudget) {
  model_.horizon = Horizon::kLong;
  model_.price = PriceConfig{.prompt_per_million = 0, .completion_per_million = 1e6 / 4096};
  request_.mutable_budget()->set_max_cost_usd(5.5);

  EXPECT_EQ(Strategy(), "majority_vote(n=5)");
  EXPECT_TRUE(Says("budget.max_cost_usd (5.5) holds 5.5 typical traces."));
}

Policy RowsByDifficulty() {
  return ParsePolicy(R"yaml(name: mine
rows:
  - {name: hard, horizon: any, difficulty: hard, strategy: "adaptive(margin=1)"}
  - {name: easy, horizon: any, difficulty: easy, strategy: "adaptive(margin=0.1)"}
)yaml",
                     "p.yaml")
      .value();
}

TEST_F(PlannerTest, HoldsTheRowOfTheOtherDifficultyForThePilot) {
  policy_ = RowsByDifficulty();

  const v1::Plan plan = Plan();

  EXPECT_EQ(plan.row(), "easy");
  EXPECT_EQ(plan.other_difficulty().row(), "hard");
  EXPECT_EQ(plan.other_difficulty().adaptive().margin(), 1);
  EXPECT_EQ(plan.other_difficulty().adaptive().n(), 8);
  EXPECT_TRUE(Says("Row hard goes on if the first traces show that the problem is hard."));
}

TEST_F(PlannerTest, HoldsNoOtherRowWhereNothingWouldAskForIt) {
  EXPECT_FALSE(Plan().has_other_difficulty());  // The row is the same for both.
  policy_ = RowsByDifficulty();

  request_.set_difficulty(v1::DIFFICULTY_HARD);
  EXPECT_FALSE(Plan().has_other_difficulty());
  request_.clear_difficulty();
  Ask("adaptive(n=4)");
  EXPECT_FALSE(Plan().has_other_difficulty());
  request_.clear_strategy();
  model_.difficulty.during = DifficultyDuring::kNone;
  EXPECT_FALSE(Plan().has_other_difficulty());
}

TEST_F(PlannerTest, TakesTheEstimateOfAJudgeAndSaysSo) {
  policy_ = RowsByDifficulty();
  v1::DifficultyEstimate judged;
  judged.set_difficulty(v1::DIFFICULTY_HARD);
  judged.set_reason("Judge small says so.");

  const v1::Plan plan = MakePlan({request_, model_, policy_, time_left_, load_, &judged}).value();

  EXPECT_EQ(plan.row(), "hard");
  EXPECT_EQ(plan.reasons(1), "Judge small says so.");
}

TEST_F(PlannerTest, LetsTheRequestsMaxTracesReplaceTheModels) {
  model_.horizon = Horizon::kLong;
  request_.mutable_budget()->set_max_traces(32);
  const std::string more = Strategy();
  request_.mutable_budget()->set_max_traces(4);
  const std::string fewer = Strategy();
  request_.mutable_budget()->set_max_traces(1);

  EXPECT_EQ(more, "majority_vote(n=32)");
  EXPECT_EQ(fewer, "majority_vote(n=4)");
  EXPECT_EQ(Strategy(), "majority_vote(n=1)");
}

TEST_F(PlannerTest, SaysThatNotEvenOneTraceFits) {
  request_.mutable_budget()->set_max_tokens(1000);

  EXPECT_EQ(Strategy(), "majority_vote(n=1)");
  EXPECT_EQ(Plan().expected().billed_tokens(), 1000);
  EXPECT_TRUE(
      Says("budget.max_tokens (1000) holds 0.2 typical traces: not even one is sure to finish."));
  EXPECT_TRUE(
      Says("n is 1, the fewest possible, although its expected bill does not fit the budget."));
  EXPECT_TRUE(Says(
      "The budget is expected to end the solve early, after 1000 tokens, with the best answer so "
      "far."));
}

TEST_F(PlannerTest, KeepsTheStrategyOfTheRequest) {
  Ask("first_finish(k=3,n=16)");

  EXPECT_EQ(Strategy(), "first_finish(k=3,n=16)");
  EXPECT_EQ(Plan().row(), "request");
  EXPECT_EQ(Plan().strategy().first_finish().stop(), v1::STOP_ALL);
  EXPECT_TRUE(Says("The request names the strategy first_finish(k=3,n=16)."));
}

TEST_F(PlannerTest, CompletesTheStoppingOfWeakTraces) {
  Ask("majority_vote(n=16,weights=confidence,keep=0.9)");
  EXPECT_EQ(Strategy(), "majority_vote(n=16,weights=confidence,keep=0.9,warmup=4,window=2048)");
  EXPECT_TRUE(Says("With keep, 4 traces end before the other 12 start."));

  Ask("majority_vote(n=256,keep=0.5,window=64)");
  EXPECT_EQ(Strategy(), "majority_vote(n=256,keep=0.5,warmup=16,window=64)");

  Ask("majority_vote(n=3,keep=0.5)");
  EXPECT_EQ(Strategy(), "majority_vote(n=3,keep=0.5,warmup=2,window=2048)");

  Ask("majority_vote(n=8,weights=confidence)");
  EXPECT_EQ(Strategy(), "majority_vote(n=8,weights=confidence,window=2048)");

  Ask("adaptive(n=8,keep=0.9,weights=confidence)");
  EXPECT_EQ(Plan().strategy().adaptive().warmup(), 4);
  EXPECT_EQ(Plan().strategy().adaptive().window(), 2048);

  Ask("adaptive(n=8,warmup=3,window=9)");  // They have no use without keep.
  EXPECT_EQ(Plan().strategy().adaptive().warmup(), 0);
  EXPECT_EQ(Plan().strategy().adaptive().window(), 0);
}

TEST_F(PlannerTest, KeepsTheWarmUpBelowTheTracesThatTheBudgetLeaves) {
  Ask("majority_vote(n=16,keep=0.9,warmup=8)");
  request_.mutable_budget()->set_max_traces(6);
  EXPECT_EQ(Strategy(), "majority_vote(n=6,keep=0.9,warmup=4,window=2048)");
  EXPECT_TRUE(Says("warmup is lowered from 8 to 4, as n is 6."));

  request_.mutable_budget()->set_max_traces(1);
  EXPECT_EQ(Strategy(), "majority_vote(n=1)");
  EXPECT_TRUE(Says("keep is left out: the only trace sets no bar for others."));
}

TEST_F(PlannerTest, LowersAnExplicitNAndKToMaxTracesAndSaysSo) {
  Ask("first_finish(k=3,n=16)");
  request_.mutable_budget()->set_max_traces(2);

  EXPECT_EQ(Strategy(), "first_finish(k=2,n=2)");
  EXPECT_TRUE(Says("budget.max_traces lowers n from 16 to 2."));
  EXPECT_TRUE(Says("k is lowered with it, from 3 to 2."));
}

TEST_F(PlannerTest, SizesAStrategyOfTheRequestWithoutN) {
  Ask("majority_vote(stop=all)");
  const std::string without_budget = Strategy();
  request_.mutable_budget()->set_max_tokens(5 * 4096);

  EXPECT_EQ(without_budget, "majority_vote(n=8,stop=all)");
  EXPECT_EQ(Strategy(), "majority_vote(n=5,stop=all)");
}

TEST_F(PlannerTest, StartsMoreTracesOfFirstFinishThanOfAVote) {
  Ask("first_finish");
  request_.mutable_budget()->set_max_tokens(20000);

  EXPECT_EQ(Strategy(), "first_finish(k=1,n=8)");
}

TEST_F(PlannerTest, StartsAtLeastKTraces) {
  Ask("last_finish(k=12)");
  const std::string above_default = Strategy();
  request_.mutable_budget()->set_max_tokens(4096);
  const std::string above_budget = Strategy();
  request_.mutable_budget()->set_max_traces(4);

  EXPECT_EQ(above_default, "last_finish(k=12,n=12)");
  EXPECT_EQ(above_budget, "last_finish(k=12,n=12)");
  EXPECT_EQ(Strategy(), "last_finish(k=4,n=4)");
  EXPECT_TRUE(Says("n is 4, because k is 12 and budget.max_traces is 4."));
}

TEST_F(PlannerTest, SetsEveryParameterOfABeamSearch) {
  Ask("beam_search");

  const v1::BeamSearch beam = Plan().strategy().beam_search();

  EXPECT_EQ(Strategy(), "beam_search(width=4)");
  EXPECT_EQ(beam.step_tokens(), 256);
  EXPECT_EQ(beam.step_delimiter(), "\n\n");
  EXPECT_EQ(beam.expansion(), 2);
  EXPECT_EQ(beam.length_penalty(), 1);
}

TEST_F(PlannerTest, LowersTheWidthToMaxTraces) {
  Ask("beam_search(width=8)");
  request_.mutable_budget()->set_max_traces(2);

  EXPECT_EQ(Strategy(), "beam_search(width=2)");
  EXPECT_TRUE(Says("budget.max_traces lowers the width from 8 to 2."));
}

TEST_F(PlannerTest, SaysThatLimitsCutATypicalTrace) {
  request_.mutable_sampling()->set_max_trace_tokens(3000);
  request_.mutable_budget()->set_max_sequential_tokens(2000);
  model_.tokens_per_second = 100;
  time_left_ = absl::Seconds(10);

  EXPECT_TRUE(
      Says("The longest trace allowed has 3000 tokens, less than a typical trace (4096): "
           "many traces will be cut before they answer."));
  EXPECT_TRUE(
      Says("budget.max_sequential_tokens is 2000, less than a typical trace (4096): many "
           "traces will be cut before they answer."));
  EXPECT_TRUE(
      Says("The deadline leaves 10.0 s, 1000 tokens at 100 tokens a second, less than a "
           "typical trace (4096): many traces will be cut before they answer."));
  EXPECT_EQ(Plan().expected().sequential_tokens(), 1000);
}

TEST_F(PlannerTest, SaysThatADeadlineCannotBeJudgedWithoutASpeed) {
  time_left_ = absl::Seconds(10);

  EXPECT_TRUE(
      Says("The deadline leaves 10.0 s; it does not shape the plan, because the model has "
           "no tokens_per_second to tell how many tokens that is."));
}

TEST_F(PlannerTest, FollowsThePolicyItIsGiven) {
  policy_ = ParsePolicy(R"yaml(name: mine
low_budget_below: 8
rows:
  - {name: hard, horizon: any, difficulty: hard, strategy: "last_finish(k=large,n=large)"}
  - {name: low, horizon: any, budget: low, strategy: "majority_vote(n=5)"}
  - {name: rest, horizon: any, strategy: "first_finish(k=3,n=12)"}
)yaml",
                        "p.yaml")
                .value();
  request_.set_difficulty(v1::DIFFICULTY_HARD);
  const std::string hard = Strategy();
  request_.set_difficulty(v1::DIFFICULTY_EASY);
  const std::string easy = Strategy();
  request_.mutable_budget()->set_max_tokens(7 * 4096);

  EXPECT_EQ(hard, "last_finish(k=8,n=8)");
  EXPECT_EQ(easy, "first_finish(k=3,n=8)");
  EXPECT_EQ(Strategy(), "majority_vote(n=5)");
  EXPECT_EQ(Plan().policy(), "mine");
}

TEST_F(PlannerTest, RefusesAStrategyOutOfRange) {
  request_.mutable_strategy()->mutable_majority_vote()->set_n(1000);

  const absl::Status status = MakePlan({request_, model_, policy_}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "strategy.majority_vote.n is 1000, expected 1 to 256");
}

TEST_F(PlannerTest, ABusyServicePlansABalancedGoalAsCheapAndSaysSo) {
  policy_ = BuiltInPolicy();
  model_.horizon = Horizon::kLong;
  load_ = 0.93;

  EXPECT_EQ(Plan().row(), "cheap-long");
  EXPECT_TRUE(
      Says("The service is busy (0.93 of its capacity, above 0.8), so goal balanced is planned as "
           "cheap."));
  load_ = 0.8;
  EXPECT_EQ(Plan().row(), "balanced-long");
}

TEST_F(PlannerTest, ABusyServicePlansFastAndAccurateAsBalancedAndLeavesCheapAsItIs) {
  policy_ = BuiltInPolicy();
  model_.horizon = Horizon::kShort;
  load_ = 1.5;

  request_.mutable_budget()->set_goal(v1::GOAL_FAST);
  EXPECT_EQ(Plan().row(), "balanced-short");
  request_.mutable_budget()->set_goal(v1::GOAL_ACCURATE);
  EXPECT_EQ(Plan().row(), "balanced-short");
  request_.mutable_budget()->set_goal(v1::GOAL_CHEAP);
  EXPECT_EQ(Plan().row(), "cheap-short");
}

TEST_F(PlannerTest, ABusyServiceDoesNotChangeAStrategyThatTheRequestNames) {
  Ask("majority_vote(n=32)");
  const std::string plan = Plan().DebugString();

  load_ = 10;

  EXPECT_EQ(Plan().DebugString(), plan);
}

TEST_F(PlannerTest, TracesAreLoweredToWhatTheContextLeavesAndThePlanSaysSo) {
  model_.context_tokens = 2000;

  EXPECT_TRUE(
      Says("Traces may have 1978 tokens instead of 32768: what the context of 2000 leaves beside "
           "the prompt."));
  EXPECT_LE(Plan().expected().sequential_tokens(), 1978);
}

TEST_F(PlannerTest, PutsTracesThatAreAllWantedIntoOneRequest) {
  model_.backends = {{.choices = 32}, {.choices = 6}};
  Ask("majority_vote(n=8,stop=all)");

  EXPECT_EQ(Plan().choices_per_request(), 6);
  EXPECT_TRUE(Says("6 traces share a request, as all of them are wanted."));
}

TEST_F(PlannerTest, LeavesATraceItsOwnRequestWhereOneMayEndBeforeTheOthers) {
  model_.backends = {{.choices = 32}};
  Ask("majority_vote(n=8)");
  EXPECT_EQ(Plan().choices_per_request(), 0);
  Ask("majority_vote(n=8,stop=all,keep=0.5)");
  EXPECT_EQ(Plan().choices_per_request(), 0);
  Ask("first_finish(k=1,n=8)");
  EXPECT_EQ(Plan().choices_per_request(), 0);

  Ask("majority_vote(n=8,stop=all)");
  request_.mutable_budget()->set_max_tokens(100'000);
  EXPECT_EQ(Plan().choices_per_request(), 0);
}

TEST_F(PlannerTest, LeavesEachTraceItsOwnRequestUnlessEveryBackendTakesSeveral) {
  model_.backends = {{.choices = 32}, {}};
  Ask("majority_vote(n=8,stop=all)");

  EXPECT_EQ(Plan().choices_per_request(), 0);
}

TEST_F(PlannerTest, HedgesFirstTokensWhereTheRowSaysSo) {
  policy_ = ParsePolicy(R"yaml(name: p
rows:
  - {name: soon, horizon: any, goal: fast, strategy: "first_finish(k=1,n=4)", hedge_after: 1500ms}
  - {name: rest, horizon: any, strategy: simple}
)yaml",
                        "p.yaml")
                .value();
  EXPECT_EQ(Plan().hedge_after_seconds(), 0);

  request_.mutable_budget()->set_goal(v1::GOAL_FAST);

  EXPECT_EQ(Plan().hedge_after_seconds(), 1.5);
  EXPECT_TRUE(Says("A trace that says nothing for 1.5s is asked of a second server as well."));
}

}  // namespace
}  // namespace sextant
