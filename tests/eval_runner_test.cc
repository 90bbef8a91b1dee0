// Runs against a server that is busy now and then.
#include "client/eval/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/client_fake_server.h"

namespace sextant {
namespace {

FakeSolve Busy(absl::Duration delay) {
  return {.status = absl::ResourceExhaustedError("busy"), .retry_delay = delay};
}

EvalRun RunOf(const std::vector<std::string>& prompts) {
  EvalRun run{.strategies = {{"auto", {}}}, .concurrency = 2};
  for (const std::string& prompt : prompts) {
    run.problems.push_back(
        {.dataset = "sums", .id = prompt, .prompt = prompt, .format = {}, .answer = "4"});
  }
  return run;
}

// Prompts of the solves that ended, with their codes.
std::map<std::string, absl::StatusCode> CodesOf(const FakeServer& server, const EvalRun& run) {
  std::map<std::string, absl::StatusCode> codes;
  RunEval(
      *SextantClient::Connect(server.target()), run,
      [&](const EvalSolve& solve) { codes[solve.problem.prompt] = solve.result.status.code(); },
      [] { return false; });
  return codes;
}

TEST(RunEvalTest, SolvesThatAreRefusedAreStartedAgainAfterTheirDelay) {
  std::map<std::string, int> calls;
  const FakeServer server([&](const v1::SolveRequest& request) {
    if (++calls[request.prompt()] <= 2) return Busy(absl::Milliseconds(1));
    return FakeSolve{.response = SampleResponse()};
  });

  const auto codes = CodesOf(server, RunOf({"a", "b", "c", "d", "e"}));

  EXPECT_EQ(codes.size(), 5u);
  for (const auto& [prompt, code] : codes) EXPECT_EQ(code, absl::StatusCode::kOk) << prompt;
  EXPECT_EQ(server.requests().size(), 15u);
}

TEST(RunEvalTest, ASolveThatIsAlwaysRefusedFailsInTheEnd) {
  const FakeServer server([](const v1::SolveRequest&) { return Busy(absl::ZeroDuration()); });

  const auto codes = CodesOf(server, RunOf({"a"}));

  EXPECT_EQ(codes.at("a"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(server.requests().size(), 101u);
}

TEST(RunEvalTest, AFailureWithoutADelayIsAResult) {
  const FakeServer server([](const v1::SolveRequest&) {
    return FakeSolve{.status = absl::ResourceExhaustedError("budget.max_tokens was used up")};
  });

  CodesOf(server, RunOf({"a"}));

  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace sextant
