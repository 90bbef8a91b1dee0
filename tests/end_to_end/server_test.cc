#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/raw_call.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;

// What a method answers; it has to answer well.
std::string ResponseOf(const std::string& address, const std::string& method,
                       const std::string& request) {
  const RawAnswer answer = RawCall(address, method, request);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  return answer.response;
}

TEST(ServerTest, ServesTheStandardHealthService) {
  World world({.samples = {{"\\boxed{4}", 10}}});

  const std::string health =
      ResponseOf(world.server().address(), "/grpc.health.v1.Health/Check", "");

  EXPECT_EQ(health, std::string("\x08\x01", 2)) << "HealthCheckResponse{status: SERVING}";
}

TEST(ServerTest, APortThatIsTakenIsAnErrorThatNamesIt) {
  World world({.samples = {{"\\boxed{4}", 10}}});
  Config config = world.config();
  config.server.listen = world.server().address();

  const auto second = Server::Start(MakeSettings(config, BuiltInPolicy()));

  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(world.server().address()));
}

TEST(ServerTest, TokensInTheMetricsAreTheSumOfTheBillsOfSolvesThatEndWellAndOfFailedOnes) {
  const MetricsPage page;
  World world({.samples = {{"\\boxed{4}", 40}, {"\\boxed{4}", 80}, {"\\boxed{5}", 400}},
               .tokens_per_second = 2000,
               .faults = "faults: [{skip: 6, cut_after: 10}]",
               .edit = [&](Config& config) {
                 config.server.metrics = page.address();
                 config.models[0].retry_share = 0;
               }});
  int64_t finished = 0, cancelled = 0;
  int failed = 0;
  for (const char* strategy : {"majority_vote(n=3)", "first_finish(k=1,n=3)", "simple", "simple"}) {
    const SolveResult result = world.Solve(strategy);
    finished += result.usage->finished_tokens();
    cancelled += result.usage->cancelled_tokens();
    failed += !result.status.ok();
  }

  EXPECT_EQ(failed, 2);
  EXPECT_GT(cancelled, 20);
  EXPECT_EQ(page.Sum({"sextant_tokens_total", "kind=\"finished\""}), finished);
  EXPECT_EQ(page.Sum({"sextant_tokens_total", "kind=\"cancelled\""}), cancelled);
  EXPECT_EQ(page.Sum({"sextant_solves_total"}), 4);
  EXPECT_EQ(page.Sum({"sextant_solves_total", "code=\"UNAVAILABLE\""}), 2);
  EXPECT_EQ(page.Sum({"sextant_solves_running"}), 0);
  EXPECT_EQ(page.Sum({"sextant_traces_total", "outcome=\"failed\""}), 2);
  EXPECT_EQ(page.Sum({"sextant_backend_in_flight"}), 0);
}

TEST(ServerTest, SeriesOfEveryStrategyFailureAndVerdictAreThereBeforeTheFirstSolve) {
  const MetricsPage page;
  const World world({.samples = {{"\\boxed{4}", 10}},
                     .edit = [&](Config& config) { config.server.metrics = page.address(); }});

  for (const char* strategy :
       {"simple", "majority_vote", "first_finish", "last_finish", "beam_search", "adaptive"}) {
    const std::string label = absl::StrCat("strategy=\"", strategy, "\"");
    EXPECT_EQ(page.Series({"sextant_solves_total", label, "code=\"UNAVAILABLE\""}), 2) << strategy;
    EXPECT_EQ(page.Series({"sextant_graded_total", label}), 4) << strategy;
    EXPECT_EQ(page.Series({"sextant_solve_tokens_bucket", label}), 16) << strategy;
  }
  EXPECT_EQ(page.Series({"sextant_plans_total", "row=\"request\""}), 6);
  EXPECT_EQ(page.Series({"sextant_plans_total", "row=\"balanced-unknown\""}), 1);
  EXPECT_EQ(page.Series({"sextant_plans_total", "row=\"balanced-long\""}), 0);
  EXPECT_EQ(page.Sum({"sextant_max_traces"}), world.config().models[0].max_traces);
}

TEST(ServerTest, ASolveThatRunsKeepsThePriceThatItCameUnderAndTheNextHasTheNewOne) {
  const auto price = [](Config& config, double usd) {
    config.models[0].price = PriceConfig{.completion_per_million = usd};
  };
  World world({.samples = {{"\\boxed{4}", 200}},
               .tokens_per_second = 400,
               .edit = [&](Config& config) { price(config, 1e6); }});
  SolveResult running;
  std::thread caller([&] { running = world.Solve("simple"); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 1; });
  Config next = world.config();
  price(next, 2e6);

  ASSERT_TRUE(world.server().Reload(MakeSettings(next, BuiltInPolicy())).ok());
  caller.join();

  EXPECT_EQ(running.usage->cost_usd(), 200);
  EXPECT_EQ(world.Solve("simple").usage->cost_usd(), 400);
}

TEST(ServerTest, AReloadThatIsRefusedChangesNothingAndIsCounted) {
  const MetricsPage page;
  World world({.samples = {{"\\boxed{4}", 10}}, .edit = [&](Config& config) {
                 config.server.metrics = page.address();
                 config.models[0].max_traces = 8;
               }});
  Config next = world.config();
  next.models[0].max_traces = 4;
  next.server.loops = 2;

  const absl::Status refused = world.server().Reload(MakeSettings(next, BuiltInPolicy()));

  EXPECT_THAT(std::string(refused.message()), HasSubstr("server.loops"));
  EXPECT_EQ(world.client().ListModels()->models(0).max_traces(), 8);
  EXPECT_EQ(page.Sum({"sextant_reloads_total", "refused"}), 1);
  EXPECT_EQ(page.Sum({"sextant_last_reload_successful"}), 0);
  next.server.loops = 1;
  ASSERT_TRUE(world.server().Reload(MakeSettings(next, BuiltInPolicy())).ok());
  EXPECT_EQ(world.client().ListModels()->models(0).max_traces(), 4);
  EXPECT_EQ(page.Sum({"sextant_max_traces"}), 4);
  EXPECT_EQ(page.Sum({"sextant_reloads_total", "loaded"}), 1);
  EXPECT_EQ(page.Sum({"sextant_last_reload_successful"}), 1);
}

TEST(ServerTest, FurtherCallsOnAConnectionThatIsFullWaitAtTheClient) {
  World world({.samples = {{"\\boxed{4}", 400'000}, {"\\boxed{4}", 10}},
               .edit = [](Config& config) { config.server.max_calls_per_connection = 1; }});
  std::thread caller([&] { world.Solve(world.Request("simple"), absl::Seconds(3)); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 1; });
  v1::SolveRequest quick = world.Request("simple");
  quick.mutable_sampling()->set_seed(1);

  EXPECT_EQ(world.Solve(quick, absl::Seconds(1)).status.code(),
            absl::StatusCode::kDeadlineExceeded);
  caller.join();
  EXPECT_TRUE(world.Solve(quick).status.ok());
}

TEST(ServerTest, MetadataIsTakenUpToItsLimit) {
  World world({.samples = {{"\\boxed{4}", 10}}});
  const auto code = [&](size_t bytes) {
    const RawAnswer answer = RawCall(world.server().address(), "/sextant.v1.Sextant/ListModels", "",
                                     {{"x-filler", std::string(bytes, 'f')}});
    return answer.status.error_code();
  };

  EXPECT_EQ(code(12 << 10), grpc::StatusCode::OK);
  EXPECT_EQ(code(17 << 10), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace sextant
