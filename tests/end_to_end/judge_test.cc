// A judge of difficulty over real sockets: its word, its bill, and what happens when it has none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "client/solve_fan.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;

constexpr char kJudge[] = "models:\n  - {name: judge, horizon: short, judge: {noise: 0}}\n";
const std::vector<Sample> kAgree = {{"\\boxed{4}", 40}, {"\\boxed{4}", 50}, {"\\boxed{4}", 60}};

// The recorded model with a judge of that name; "judge" is a simulated one on the same server.
std::function<void(Config&)> JudgedBy(const std::string& name,
                                      absl::Duration timeout = absl::Seconds(10)) {
  return [name, timeout](Config& config) {
    config.models[0].difficulty.before = DifficultyBefore::kJudge;
    config.models[0].difficulty.judge = {.model = name, .max_tokens = 200, .timeout = timeout};
    config.models[0].price = PriceConfig{.completion_per_million = 1'000'000};
    ModelConfig judge{.name = "judge", .backends = config.models[0].backends};
    judge.backends[0].model = "judge";
    judge.backends[0].name = "of-the-judge";
    judge.price = PriceConfig{.completion_per_million = 10'000'000};
    config.models.push_back(judge);
  };
}

// A request that leaves the strategy to the policy.
v1::SolveRequest AskPolicy(const World& world) {
  v1::SolveRequest request = world.Request("simple");
  request.clear_strategy();
  return request;
}

TEST(JudgeTest, IsAskedBeforeThePlanAndIsPartOfTheBill) {
  World world({.samples = kAgree, .simulate = kJudge, .edit = JudgedBy("judge")});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  const v1::DifficultyEstimate& judged = result.response.plan().difficulty();
  EXPECT_EQ(judged.estimator(), "judge");
  EXPECT_DOUBLE_EQ(judged.hard_probability(), 0.8);
  EXPECT_EQ(judged.difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_THAT(result.response.plan().reasons(), testing::Contains(judged.reason()));
  EXPECT_EQ(result.response.difficulty().estimator(), "pilot");
  const v1::Usage& usage = *result.usage;
  EXPECT_GT(usage.judge_tokens(), 20);
  EXPECT_EQ(usage.traces_started(), 3);
  EXPECT_EQ(usage.finished_tokens(), 40 + 50 + 60 + usage.judge_tokens());
  EXPECT_EQ(usage.billed_tokens(), world.LedgerTokens());
  EXPECT_EQ(usage.sequential_tokens(), usage.judge_tokens() + 60);
  EXPECT_NEAR(usage.cost_usd(), 150 + 10 * usage.judge_tokens(), 1e-6);
}

TEST(JudgeTest, IsNotAskedByAPlanNorWithAHint) {
  World world({.samples = kAgree, .simulate = kJudge, .edit = JudgedBy("judge")});
  v1::SolveRequest hinted = AskPolicy(world);
  hinted.set_difficulty(v1::DIFFICULTY_EASY);

  const auto plan = world.client().Plan(AskPolicy(world));
  const SolveResult result = world.Solve(hinted);

  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->plan().difficulty().reason(),
              HasSubstr("asked only when the problem is solved"));
  EXPECT_EQ(result.usage->judge_tokens(), 0);
  EXPECT_EQ(result.response.difficulty().estimator(), "hint");
}

TEST(JudgeTest, LeavesItToThePromptWhenItAnswersSomethingElse) {
  World world({.samples = kAgree, .simulate = kJudge, .edit = JudgedBy(World::kModel)});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  const v1::DifficultyEstimate& estimate = result.response.plan().difficulty();
  EXPECT_EQ(estimate.estimator(), "prompt_features");
  EXPECT_THAT(estimate.reason(), HasSubstr("did not end in a line \"Difficulty: N\". The problem"));
  EXPECT_EQ(result.usage->judge_tokens(), 40);
  EXPECT_EQ(result.response.answer(), "4");
}

TEST(JudgeTest, DoesNotBelieveATextThatWasCutAtItsLimit) {
  World world({.samples = {{"Difficulty: 35", 40}}, .edit = [](Config& config) {
                 JudgedBy(World::kModel)(config);
                 config.models[0].difficulty.judge.max_tokens = 39;
               }});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.response.plan().difficulty().reason(),
              HasSubstr("had not answered after 39 tokens"));
}

TEST(JudgeTest, LeavesItToThePromptWhenItIsTooSlowAndBillsWhatItHadSaid) {
  World world({.samples = kAgree,
               .faults = "faults: [{model: judge, stall_after: 5}]",
               .simulate = kJudge,
               .edit = JudgedBy("judge", absl::Milliseconds(200))});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.response.plan().difficulty().reason(),
              HasSubstr("Judge judge did not answer within 200ms."));
  EXPECT_EQ(result.usage->judge_tokens(), 5);
  EXPECT_EQ(result.usage->cancelled_tokens(), 5);
}

TEST(JudgeTest, LeavesItToThePromptWhenItsServerFails) {
  World world({.samples = kAgree,
               .faults = "faults: [{model: judge, status: 400}]",
               .simulate = kJudge,
               .edit = JudgedBy("judge")});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.response.plan().difficulty().reason(), HasSubstr("Judge judge failed ("));
  EXPECT_EQ(result.usage->judge_tokens(), 0);
}

TEST(JudgeTest, IsNotAskedWhereItMayTakeMoreThanAQuarterOfABudget) {
  World world({.samples = kAgree, .simulate = kJudge, .edit = JudgedBy("judge")});
  v1::SolveRequest request = AskPolicy(world);
  request.mutable_budget()->set_max_tokens(799);

  const SolveResult tight = world.Solve(request);
  request.mutable_budget()->set_max_tokens(800);
  const SolveResult enough = world.Solve(request);

  EXPECT_THAT(tight.response.plan().difficulty().reason(),
              HasSubstr("more than a quarter of budget.max_tokens"));
  EXPECT_EQ(tight.usage->judge_tokens(), 0);
  EXPECT_GT(enough.usage->judge_tokens(), 0);
}

TEST(JudgeTest, LeavesTheRestOfABudgetOfTokensToTheTraces) {
  World world({.samples = {{"\\boxed{4}", 5'000}},
               .tokens_per_second = 20'000,
               .simulate = kJudge,
               .edit = JudgedBy("judge")});
  v1::SolveRequest request = AskPolicy(world);
  request.mutable_budget()->set_max_tokens(800);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.usage);
  EXPECT_GT(result.usage->judge_tokens(), 0);
  EXPECT_EQ(result.usage->billed_tokens(), 800);
}

TEST(JudgeTest, IsCancelledWhenTheCallerLeavesAndNoTraceStartsAfterIt) {
  World world({.samples = kAgree,
               .faults = "faults: [{model: judge, stall_after: 5}]",
               .simulate = kJudge,
               .edit = JudgedBy("judge")});
  SolveFan calls(world.client());
  calls.Start(0, AskPolicy(world));
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 1; });

  calls.CancelAll();
  std::latch ended(1);
  world.server().BeginDrain([&] { ended.count_down(); });
  ended.wait();

  EXPECT_LE(world.LedgerTokens(), 5);
  EXPECT_EQ(world.simulator().LedgerEntries().size(), 1u);
  EXPECT_EQ(world.simulator().Counts().streams_cut, 1);
}

TEST(JudgeTest, EndsWithTheSolveWhenTheServerDrains) {
  World world({.samples = kAgree,
               .faults = "faults: [{model: judge, stall_after: 5}]",
               .simulate = kJudge,
               .edit = JudgedBy("judge")});
  SolveResult running;
  std::thread caller([&] { running = world.Solve(AskPolicy(world)); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 1; });

  std::latch drained(1);
  world.server().BeginDrain([&] { drained.count_down(); });
  world.server().EndSolves();
  caller.join();
  drained.wait();

  EXPECT_EQ(running.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(running.usage->traces_started(), 0);
}

TEST(JudgeTest, LeavesABusyServiceItsCheaperPlan) {
  const MetricsPage page;
  World world({.samples = {{"\\boxed{4}", 60'000}, {"\\boxed{4}", 10}},
               .tokens_per_second = 100,
               .simulate = kJudge,
               .edit = [&](Config& config) {
                 JudgedBy("judge")(config);
                 config.server.metrics = page.address();
                 config.models[0].max_solves = 1;
               }});
  v1::SolveRequest judged = AskPolicy(world);
  judged.mutable_sampling()->set_seed(1);
  judged.mutable_budget()->set_max_traces(1);
  SolveFan first(world.client()), second(world.client()), third(world.client());
  first.Start(1, world.Request("simple"));
  page.Await({"sextant_solves_running"}, 1);
  second.Start(2, judged);
  page.Await({"sextant_queue_waiting"}, 1);
  third.Start(3, world.Request("simple"));
  page.Await({"sextant_queue_waiting"}, 2);

  first.CancelAll();
  const SolveResult result = second.Next(absl::Seconds(30))->result;
  third.CancelAll();

  ASSERT_TRUE(result.status.ok()) << result.status;
  const v1::Plan& plan = result.response.plan();
  EXPECT_EQ(plan.difficulty().estimator(), "judge");
  EXPECT_EQ(plan.row(), "cheap-unknown");
  EXPECT_THAT(plan.reasons(), testing::Contains(HasSubstr("busy (1.00 of its capacity")));
}

TEST(JudgeTest, TakesNoPlaceAmongTheSolvesOfItsModel) {
  const MetricsPage page;
  World world({.samples = kAgree, .edit = [&](Config& config) {
                 JudgedBy(World::kModel)(config);
                 config.server.metrics = page.address();
                 config.models[0].max_solves = 1;
                 config.models[0].max_queue = 0;
               }});

  const SolveResult result = world.Solve(AskPolicy(world));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->judge_tokens(), 40);
  EXPECT_EQ(page.Sum({"sextant_queue_seconds_count"}), 1);
  EXPECT_EQ(page.Sum({"sextant_shed_total"}), 0);
}

TEST(JudgeTest, IsAwaitedByACallerWhoJoinsAndHearsOfOnePlan) {
  World world({.samples = kAgree,
               .faults = "faults: [{model: judge, stall_after: 5}]",
               .simulate = kJudge,
               .edit = JudgedBy("judge", absl::Seconds(2))});
  const v1::SolveRequest request = AskPolicy(world);
  SolveFan original(world.client());
  original.Start(1, request, {.request_id = "call 1"});
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 1; });
  std::vector<v1::Plan> plans;

  const SolveResult again = world.client().SolveStream(request, {.request_id = "call 1"},
                                                       [&](const v1::SolveEvent& event) {
                                                         if (event.has_plan())
                                                           plans.push_back(event.plan());
                                                       });
  const SolveResult first = original.Next(absl::Seconds(30))->result;

  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(first.response.SerializeAsString(), again.response.SerializeAsString());
  ASSERT_EQ(plans.size(), 1u);
  EXPECT_THAT(plans[0].difficulty().reason(), HasSubstr("did not answer within 2s."));
}

}  // namespace
}  // namespace sextant
