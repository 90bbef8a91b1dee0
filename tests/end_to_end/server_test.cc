#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

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

  const auto second = Server::Start(config, BuiltInPolicy());

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

}  // namespace
}  // namespace sextant
