// Calls that wait, are refused, or join a solve that runs, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "absl/strings/str_cat.h"
#include "client/solve_fan.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;

// A model that runs one solve, for as long as a test needs: its trace takes ten minutes.
class BusyModelTest : public testing::Test {
 protected:
  static WorldOptions Options(const MetricsPage& page, std::function<void(ModelConfig&)> edit) {
    return {.samples = {{"\\boxed{4}", 60'000}, {"\\boxed{4}", 10}, {"\\boxed{4}", 300}},
            .tokens_per_second = 100,
            .edit = [&page, edit = std::move(edit)](Config& config) {
              config.server.metrics = page.address();
              config.models[0].max_solves = 1;
              config.models[0].max_queue = 1;
              edit(config.models[0]);
            }};
  }
  explicit BusyModelTest(std::function<void(ModelConfig&)> edit = [](ModelConfig&) {})
      : world_(Options(page_, std::move(edit))) {}

  v1::SolveRequest Long() const { return world_.Request("simple"); }
  v1::SolveRequest Short() const {
    v1::SolveRequest request = Long();
    request.mutable_sampling()->set_seed(1);
    return request;
  }
  void AwaitRunning(int solves) { page_.Await({"sextant_solves_running"}, solves); }
  void AwaitWaiting(int solves) { page_.Await({"sextant_queue_waiting"}, solves); }
  std::future<SolveResult> SolveSoon(v1::SolveRequest request, CallOptions options = {}) {
    return std::async(std::launch::async,
                      [this, request = std::move(request), options = std::move(options)] {
                        return world_.client().Solve(request, options);
                      });
  }

  const MetricsPage page_;
  World world_;
};

TEST_F(BusyModelTest, ASolveWaitsForItsTurnAndTheWaitCountsInItsTimeButNotAsOverhead) {
  v1::SolveRequest seconds = Long();
  seconds.mutable_sampling()->set_seed(2);
  SolveFan first(world_.client());
  first.Start(1, seconds);
  AwaitRunning(1);

  const SolveResult result = world_.Solve(Short());

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  const double waited = page_.Sum({"sextant_queue_seconds_sum"});
  EXPECT_GT(waited, 1);
  EXPECT_GT(result.usage->seconds_to_first_token(), waited);
  EXPECT_LT(page_.Sum({"sextant_overhead_seconds_sum"}), waited / 2);
  EXPECT_EQ(page_.Sum({"sextant_queue_seconds_count"}), 2);
  EXPECT_EQ(page_.Sum({"sextant_queue_waiting"}), 0);
}

TEST_F(BusyModelTest, WhenNobodyMayWaitAnyMoreASolveIsRefusedWithADelayAndAnEmptyBill) {
  SolveFan others(world_.client());
  others.Start(1, Long());
  AwaitRunning(1);
  others.Start(2, Short());
  AwaitWaiting(1);

  const SolveResult result = world_.Solve(Short());

  EXPECT_EQ(result.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(result.status.message(),
            "model recorded is busy: 1 solves run (max_solves 1) and 1 wait (max_queue 1)");
  EXPECT_EQ(result.retry_delay, absl::Seconds(1));
  ASSERT_TRUE(result.usage.has_value());
  EXPECT_EQ(result.usage->billed_tokens(), 0);
  EXPECT_EQ(page_.Sum({"sextant_shed_total", "reason=\"queue_full\""}), 1);
  EXPECT_EQ(page_.Sum({"sextant_solves_total"}), 0) << "it is not a solve that ended";
}

TEST_F(BusyModelTest, ACallerWhoLeavesTheQueueMakesRoom) {
  SolveFan first(world_.client()), second(world_.client());
  first.Start(1, Long());
  AwaitRunning(1);
  second.Start(2, Short());
  AwaitWaiting(1);

  second.CancelAll();
  AwaitWaiting(0);
  auto third = SolveSoon(Short());
  AwaitWaiting(1);
  first.CancelAll();

  EXPECT_TRUE(third.get().status.ok());
  EXPECT_EQ(page_.Sum({"sextant_queue_seconds_count"}), 2) << "the one who left had no turn";
}

TEST_F(BusyModelTest, ASolveWhoseDeadlineComesInTheQueueIsToldSoBeforeIt) {
  SolveFan first(world_.client());
  first.Start(1, Long());
  AwaitRunning(1);

  const SolveResult result = world_.Solve(Short(), absl::Milliseconds(1500));

  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("in the queue of model recorded"));
  EXPECT_EQ(page_.Sum({"sextant_shed_total", "reason=\"deadline\""}), 1);
}

TEST_F(BusyModelTest, ADrainRefusesThoseWhoWait) {
  SolveFan first(world_.client());
  first.Start(1, Long());
  AwaitRunning(1);
  auto second = SolveSoon(Short());
  AwaitWaiting(1);

  std::latch drained(1);
  world_.server().BeginDrain([&] { drained.count_down(); });
  const SolveResult result = second.get();
  first.CancelAll();
  drained.wait();

  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("shutting down"));
  EXPECT_EQ(result.retry_delay, absl::Milliseconds(100)) << "another replica may take it at once";
}

TEST_F(BusyModelTest, WhileItIsBusyPlansAreThoseOfACheaperGoal) {
  v1::SolveRequest request = Short();
  request.clear_strategy();
  const auto idle = world_.client().Plan(request);
  SolveFan first(world_.client());
  first.Start(1, Long());
  AwaitRunning(1);

  const auto busy = world_.client().Plan(request);

  ASSERT_TRUE(idle.ok() && busy.ok());
  EXPECT_EQ(idle->plan().row(), "balanced-unknown");
  EXPECT_EQ(busy->plan().row(), "cheap-unknown");
}

TEST_F(BusyModelTest, ARequestThatIsRepeatedUnderItsIdJoinsTheSolveThatRuns) {
  v1::SolveRequest request = Long();
  request.mutable_sampling()->set_seed(2);
  auto original = SolveSoon(request, {.request_id = "call 1"});
  AwaitRunning(1);
  std::vector<v1::SolveEvent> events;

  const SolveResult again =
      world_.client().SolveStream(request, {.request_id = "call 1"},
                                  [&](const v1::SolveEvent& event) { events.push_back(event); });
  const SolveResult first = original.get();

  ASSERT_TRUE(first.status.ok()) << first.status;
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(first.response.SerializeAsString(), again.response.SerializeAsString());
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(events.front().has_plan());
  EXPECT_EQ(page_.Sum({"sextant_solves_total"}), 1);
  EXPECT_EQ(world_.LedgerTokens(), first.usage->billed_tokens());
}

TEST_F(BusyModelTest, OnceASolveHasEndedItsIdStandsForANewOne) {
  const SolveResult first = world_.client().Solve(Short(), {.request_id = "call 1"});
  const SolveResult second = world_.client().Solve(Short(), {.request_id = "call 1"});

  ASSERT_TRUE(first.status.ok() && second.status.ok());
  EXPECT_NE(first.response.solve_id(), second.response.solve_id());
}

TEST_F(BusyModelTest, AnotherRequestUnderTheIdOfOneThatRunsIsRefused) {
  SolveFan first(world_.client());
  first.Start(1, Long(), {.request_id = "call 1"});
  AwaitRunning(1);

  const SolveResult result = world_.client().Solve(Short(), {.request_id = "call 1"});

  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("x-request-id call 1"));
}

TEST_F(BusyModelTest, TheSameIdOfAnotherCallerIsAnotherSolve) {
  SolveFan first(world_.client());
  first.Start(1, Long(), {.caller = "a", .request_id = "1"});
  AwaitRunning(1);

  auto second = SolveSoon(Short(), {.caller = "b", .request_id = "1"});
  AwaitWaiting(1);
  first.CancelAll();

  EXPECT_TRUE(second.get().status.ok());
}

TEST_F(BusyModelTest, ASolveRunsUntilTheLastOfItsCallersLeaves) {
  SolveFan original(world_.client()), again(world_.client());
  std::promise<void> joined;
  original.Start(1, Long(), {.request_id = "call 1"});
  AwaitRunning(1);
  // A stream hears of the plan once it has joined.
  auto stream = std::async(std::launch::async, [&] {
    return world_.client().SolveStream(Long(),
                                       {.timeout = absl::Seconds(3), .request_id = "call 1"},
                                       [&](const v1::SolveEvent& event) {
                                         if (event.has_plan()) joined.set_value();
                                       });
  });
  joined.get_future().wait();

  original.CancelAll();
  EXPECT_EQ(original.Next(absl::Seconds(10))->result.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(page_.Sum({"sextant_solves_running"}), 1) << "the other caller still waits for it";
  EXPECT_FALSE(stream.get().status.ok()) << "its deadline comes long before the end";
  AwaitRunning(0);

  EXPECT_EQ(page_.Sum({"sextant_solves_total", "stop_reason=\"CALLER_LEFT\""}), 1);
}

TEST_F(BusyModelTest, ACallerWhoStaysGetsTheAnswerAfterTheFirstHasLeft) {
  v1::SolveRequest request = Long();
  request.mutable_sampling()->set_seed(2);
  SolveFan original(world_.client());
  original.Start(1, request, {.request_id = "call 1"});
  AwaitRunning(1);

  const SolveResult again = world_.client().SolveStream(
      request, {.request_id = "call 1"}, [&](const v1::SolveEvent&) { original.CancelAll(); });

  EXPECT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(original.Next(absl::Seconds(10))->result.status.code(), absl::StatusCode::kCancelled);
}

TEST_F(BusyModelTest, IdsAndNamesThatAreTooLongAreRefused) {
  const SolveResult result = world_.client().Solve(Short(), {.request_id = std::string(129, 'x')});

  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("metadata x-request-id has 129"));
}

class FairTest : public BusyModelTest {
 protected:
  FairTest() : BusyModelTest([](ModelConfig& model) { model.max_queue = 100; }) {}
};

TEST_F(FairTest, ACallerWithOneSolveDoesNotWaitForAllOfOneWithMany) {
  SolveFan first(world_.client());
  first.Start(0, Long());
  AwaitRunning(1);
  SolveFan solves(world_.client());
  for (int i = 1; i <= 40; ++i) solves.Start(i, Short(), {.caller = "greedy"});
  AwaitWaiting(40);
  solves.Start(100, Short(), {.caller = "modest"});
  AwaitWaiting(41);

  first.CancelAll();
  int place = 1;
  while (solves.Next(absl::Seconds(60))->id != 100) ++place;

  EXPECT_LE(place, 3);
}

class SmallContextTest : public BusyModelTest {
 protected:
  SmallContextTest() : BusyModelTest([](ModelConfig& model) { model.context_tokens = 50; }) {}
};

TEST_F(SmallContextTest, APromptThatCannotFitIsRefusedBeforeAnyTrace) {
  v1::SolveRequest request = Short();
  for (int i = 0; i < 50; ++i) request.set_prompt(request.prompt() + " word");

  const SolveResult result = world_.Solve(request);

  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(result.status.message(),
            "prompt has at least 55 tokens (one a word), expected at most 49: the context of model "
            "recorded holds 50 with the answer");
  EXPECT_EQ(page_.Sum({"sextant_traces_total"}), 0);
}

TEST_F(SmallContextTest, TracesEndWhereTheContextDoes) {
  const SolveResult result = world_.Solve(Long());

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_LT(result.usage->billed_tokens(), 50);
}

}  // namespace
}  // namespace sextant
