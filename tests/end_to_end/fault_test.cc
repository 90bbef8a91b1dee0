// What the caller of a Solve sees when model servers, names or time fail: code, message and bill.
// The table of docs/faults.md is this file's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;

const std::vector<Sample> kThree = {{"\\boxed{4}", 40}, {"\\boxed{4}", 50}, {"\\boxed{5}", 60}};

// Timeouts that a test can wait for, and one attempt unless a test is about retries.
void Impatient(Config& config) {
  for (BackendConfig& backend : config.models[0].backends) {
    backend.connect_timeout = absl::Milliseconds(300);
    backend.first_token_timeout = absl::Milliseconds(300);
    backend.token_timeout = absl::Milliseconds(300);
    backend.max_attempts = 1;
    backend.health_interval = absl::ZeroDuration();
  }
  config.models[0].retry_share = 0;
}

struct Fault {
  const char* name;
  const char* faults;
  absl::StatusCode code;
  const char* message;
  int billed;  // Tokens of the failed trace that had arrived.
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FailedTraceTest : public testing::TestWithParam<Fault> {};

// One trace and it fails: the solve fails, and its error carries the bill.
TEST_P(FailedTraceTest, FailsTheSolveWithItsReasonAndItsBill) {
  World world({.samples = kThree, .faults = GetParam().faults, .edit = Impatient});

  const SolveResult result = world.Solve("simple");

  EXPECT_EQ(result.status.code(), GetParam().code) << result.status;
  EXPECT_THAT(std::string(result.status.message()), HasSubstr(GetParam().message));
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("backend-0"));
  ASSERT_TRUE(result.usage.has_value());
  EXPECT_EQ(result.usage->traces_failed(), 1);
  EXPECT_EQ(result.usage->cancelled_tokens(), GetParam().billed);
  EXPECT_EQ(result.usage->finished_tokens(), 0);
}

// The same fault of one trace among three: the others answer, and the bill has both.
TEST_P(FailedTraceTest, LowersNWhenOtherTracesAnswer) {
  const std::string faults = absl::StrCat(GetParam().faults);
  const std::string once = absl::StrCat(faults.substr(0, faults.rfind('}')), ", times: 1}]");
  World world({.samples = kThree, .faults = once, .edit = Impatient});

  const SolveResult result = world.Solve("majority_vote(n=3,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.response.has_answer());
  EXPECT_EQ(result.response.stop_reason(), v1::ALL_FINISHED);
  EXPECT_EQ(result.usage->traces_failed(), 1);
  EXPECT_EQ(result.usage->traces_finished(), 2);
  EXPECT_EQ(result.usage->cancelled_tokens(), GetParam().billed);
  EXPECT_EQ(result.usage->billed_tokens(),
            result.usage->finished_tokens() + result.usage->cancelled_tokens());
}

INSTANTIATE_TEST_SUITE_P(
    EveryFault, FailedTraceTest,
    testing::Values(
        Fault{"Http500", "faults: [{status: 500}]", absl::StatusCode::kUnavailable, "HTTP 500", 0},
        Fault{"Http503", "faults: [{status: 503}]", absl::StatusCode::kUnavailable, "HTTP 503", 0},
        Fault{"Http429", "faults: [{status: 429}]", absl::StatusCode::kResourceExhausted,
              "HTTP 429", 0},
        Fault{"Http400", "faults: [{status: 400}]", absl::StatusCode::kInvalidArgument, "HTTP 400",
              0},
        Fault{"ClosedWithoutAnAnswer", "faults: [{refuse: true}]", absl::StatusCode::kUnavailable,
              "Empty reply", 0},
        Fault{"NeverAnswers", "faults: [{never_answer: true}]", absl::StatusCode::kUnavailable,
              "no first token within first_token_timeout", 0},
        Fault{"StallsInTheMiddle", "faults: [{stall_after: 10}]", absl::StatusCode::kUnavailable,
              "no further token within token_timeout", 10},
        Fault{"CutMidChunk", "faults: [{cut_after: 10}]", absl::StatusCode::kUnavailable, "", 10},
        Fault{"Garbage", "faults: [{garbage_after: 10}]", absl::StatusCode::kUnavailable, "", 10},
        Fault{"ErrorInTheStream", "faults: [{error_after: 10}]", absl::StatusCode::kUnavailable,
              "the server reports", 10},
        Fault{"WrongTypes", "faults: [{wrong_types_after: 10}]", absl::StatusCode::kUnavailable,
              "is not a string", 10}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(FaultTest, ARefusedConnectionIsUnavailableAndNamesTheAddress) {
  World world({.samples = kThree, .edit = [](Config& config) {
                 Impatient(config);
                 config.models[0].backends[0].url = "http://127.0.0.1:1/v1";
               }});

  const SolveResult result = world.Solve("majority_vote(n=3)");

  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("127.0.0.1 port 1"));
  EXPECT_EQ(result.usage->traces_failed(), 3);
  EXPECT_EQ(result.usage->billed_tokens(), 0);
}

TEST(FaultTest, AHostThatCannotBeResolvedIsUnavailableAndNamed) {
  World world({.samples = kThree,
               .edit =
                   [](Config& config) {
                     Impatient(config);
                     config.models[0].backends[0].url = "http://no-such-host:8000/v1";
                   },
               .look_up = [](const std::string& host) -> absl::StatusOr<Resolver::Addresses> {
                 return absl::UnavailableError("cannot resolve host " + host);
               }});

  const SolveResult result = world.Solve("simple");

  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("cannot resolve host no-such-host"));
}

// The look-up ends only after the test has its answer: a deadline or a cancel must not wait for it.
TEST(FaultTest, ASlowNameLookUpDelaysNeitherTheDeadlineNorOtherSolves) {
  std::latch release(1);
  World world({.samples = kThree,
               .edit =
                   [](Config& config) {
                     config.models.push_back(config.models[0]);
                     config.models[1].name = "slow-name";
                     config.models[1].backends[0].url = "http://slow.example:8000/v1";
                   },
               .look_up = [&release](const std::string&) -> absl::StatusOr<Resolver::Addresses> {
                 release.wait();
                 return absl::UnavailableError("too late");
               }});
  v1::SolveRequest slow = world.Request("simple");
  slow.set_model("slow-name");

  const SolveResult timed_out = world.Solve(slow, absl::Milliseconds(1500));
  const SolveResult other = world.Solve("simple");
  release.count_down();

  EXPECT_EQ(timed_out.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(timed_out.usage.has_value())
      << "answered by the server, in time: " << timed_out.status;
  EXPECT_TRUE(other.status.ok()) << other.status;
}

TEST(FaultTest, ATraceThatFailedBeforeItSaidAnythingIsSentAgainWithItsSeed) {
  World world({.samples = kThree, .faults = "faults: [{status: 503, times: 2}]"});
  v1::SolveRequest request = world.Request("simple");
  request.set_include_traces(true);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->retries(), 2);
  EXPECT_EQ(result.usage->traces_started(), 1);
  EXPECT_EQ(result.usage->billed_tokens(), 40);
  EXPECT_EQ(result.response.traces(0).seed(), 0);
}

TEST(FaultTest, AnotherReplicaTakesOverATraceThatSaidNothing) {
  World world({.samples = kThree, .faults = "faults: [{status: 503}]", .backends = 2});

  const SolveResult result = world.Solve("majority_vote(n=3,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->traces_finished(), 3);
  EXPECT_EQ(result.usage->billed_tokens(), 150);
}

TEST(FaultTest, ATraceThatBrokeOffIsReplacedByOneWithTheNextSeed) {
  World world({.samples = kThree, .faults = "faults: [{cut_after: 10, times: 1}]"});
  v1::SolveRequest request = world.Request("simple");
  request.set_include_traces(true);

  const SolveResult result = world.Solve(request);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->retries(), 0);
  EXPECT_EQ(result.usage->replacements(), 1);
  EXPECT_EQ(result.usage->traces_failed(), 1);
  EXPECT_EQ(result.usage->cancelled_tokens(), 10);
  EXPECT_EQ(result.usage->finished_tokens(), 50);
  EXPECT_EQ(result.response.traces(1).seed(), 1);
  EXPECT_EQ(world.LedgerTokens(), 60);
}

TEST(FaultTest, ATraceThatBreaksOffAgainAndAgainFailsWithAllItsTokensOnTheBill) {
  World world({.samples = kThree, .faults = "faults: [{cut_after: 10}]"});

  const SolveResult result = world.Solve("simple");

  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(result.usage->replacements(), 2);
  EXPECT_EQ(result.usage->cancelled_tokens(), 30);
}

v1::Backend BackendState(const World& world, int backend) {
  return world.client().ListModels()->models(0).backends(backend);
}

TEST(FaultTest, AStalledBackendIsOutWithinItsTimeoutAndItsTracesAreReplaced) {
  World world({.samples = kThree,
               .faults = "faults: [{stall_after: 10}]",
               .backends = 2,
               .edit = [](Config& config) {
                 Impatient(config);
                 config.models[0].retry_share = 1;
               }});

  const SolveResult result = world.Solve("majority_vote(n=8,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->traces_finished(), 8);
  EXPECT_EQ(result.usage->traces_failed(), 4);
  EXPECT_EQ(result.usage->replacements(), 4);
  EXPECT_NE(BackendState(world, 0).state(), "serving");
  EXPECT_EQ(BackendState(world, 1).state(), "serving");
}

// The second address refuses connections, so that a retry tells that it was given a trace.
TEST(FaultTest, ANameWithTwoAddressesIsTwoServers) {
  World world(
      {.samples = kThree,
       .edit =
           [](Config& config) {
             BackendConfig& backend = config.models[0].backends[0];
             backend.url = absl::StrReplaceAll(backend.url, {{"127.0.0.1", "fleet.example"}});
             backend.health_interval = absl::ZeroDuration();
           },
       .look_up = [](const std::string&) -> absl::StatusOr<Resolver::Addresses> {
         return Resolver::Addresses{"127.0.0.1", "127.0.0.2"};
       }});

  SolveResult result;
  do {  // Until the look-up has reached the loop.
    result = world.Solve("majority_vote(n=3,stop=all)");
  } while (result.status.ok() && result.usage->retries() == 0);

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->traces_finished(), 3);
  EXPECT_EQ(BackendState(world, 0).state(), "serving");
}

TEST(FaultTest, ARefusedPromptLeavesTheBackendServing) {
  World world({.samples = kThree, .faults = "faults: [{status: 400}]"});

  for (int i = 0; i < 20; ++i) world.Solve("majority_vote(n=8)");

  EXPECT_EQ(BackendState(world, 0).state(), "serving");
}

TEST(FaultTest, ABackendThatAsksForAPauseIsSlowedNotBroken) {
  World world({.samples = kThree,
               .faults = "faults: [{status: 429, retry_after: 30}]",
               .backends = 2,
               .edit = [](Config& config) { config.models[0].backends[0].weight = 2; }});

  const SolveResult result = world.Solve("majority_vote(n=3,stop=all)");

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.usage->traces_finished(), 3);
  EXPECT_EQ(BackendState(world, 0).state(), "slowed");
}

TEST(FaultTest, ADeadlineInTheMiddleAnswersWithWhatHasFinished) {
  World world({.samples = {{"\\boxed{4}", 20}, {"\\boxed{5}", 100'000}, {"\\boxed{5}", 100'000}},
               .tokens_per_second = 1000});

  const SolveResult result =
      world.Solve(world.Request("majority_vote(n=3,stop=all)"), absl::Milliseconds(1500));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(result.response.stop_reason(), v1::TIME_BUDGET);
  EXPECT_FALSE(result.response.provisional());
  EXPECT_NEAR(world.LedgerTokens(), result.usage->billed_tokens(), 40);
}

TEST(FaultTest, ADeadlineBeforeAnyAnswerIsDeadlineExceededWithTheBill) {
  World world({.samples = {{"\\boxed{4}", 100'000}}, .tokens_per_second = 1000});

  const SolveResult result = world.Solve(world.Request("simple"), absl::Milliseconds(1500));

  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("give more time"));
  EXPECT_GT(result.usage->cancelled_tokens(), 0);
}

TEST(FaultTest, AnAnswerThatARunningTraceHasStatedIsGivenAsProvisional) {
  // Two samples in one: an answer early on, then much more text.
  const std::string early = "The final answer is \\boxed{7}. " + std::string(4'000, '.');
  World world({.samples = {{early, 1'010}}, .tokens_per_second = 1000});

  const SolveResult result = world.Solve(world.Request("simple"), absl::Milliseconds(1500));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "7");
  EXPECT_TRUE(result.response.provisional());
  EXPECT_EQ(result.response.stop_reason(), v1::TIME_BUDGET);
}

TEST(FaultTest, TextsBeyondTheRoomOfAllTracesFailTheTraceThatGrowsWithItsBill) {
  World world({.samples = {{std::string(2 << 20, '.') + "\\boxed{4}", 1'000}, {"\\boxed{5}", 10}},
               .tokens_per_second = 100'000,
               .edit = [](Config& config) { config.server.max_text_bytes = 1 << 20; }});

  const SolveResult failed = world.Solve("simple");
  v1::SolveRequest next = world.Request("simple");
  next.mutable_sampling()->set_seed(1);

  EXPECT_EQ(failed.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(failed.status.message()), HasSubstr("server.max_text_bytes (1048576"));
  EXPECT_GT(failed.usage->cancelled_tokens(), 300);
  EXPECT_EQ(world.Solve(next).response.answer(), "5") << "the room is given back";
}

TEST(FaultTest, ACallerWhoLeavesEndsEveryTrace) {
  World world(
      {.samples = {{"\\boxed{4}", 1'000'000}},
       .tokens_per_second = 1000,
       .edit = [](Config& config) { config.server.deadline_reserve = absl::Milliseconds(1); }});

  // The client gives up by itself long before the server's own limit.
  std::thread caller([&] { world.Solve(world.Request("majority_vote(n=4)"), absl::Seconds(2)); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 4; });
  caller.join();

  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 0; });
  EXPECT_EQ(world.simulator().Counts().streams_cut, 4);
}

TEST(FaultTest, ADrainLetsRunningSolvesFinishAndRefusesNewOnes) {
  World world({.samples = kThree, .tokens_per_second = 100});
  SolveResult running;
  std::thread caller([&] { running = world.Solve("majority_vote(n=3,stop=all)"); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 3; });

  std::latch drained(1);
  world.server().BeginDrain([&] { drained.count_down(); });
  const SolveResult refused = world.Solve("simple");
  caller.join();
  drained.wait();

  // UNAVAILABLE by the service, or CANCELLED by gRPC for a call that was on its way as the port
  // closed.
  EXPECT_FALSE(refused.status.ok());
  ASSERT_TRUE(running.status.ok()) << running.status;
  EXPECT_EQ(running.usage->billed_tokens(), 150);
}

TEST(FaultTest, SolvesThatOutliveTheDrainAreAnsweredWithWhatTheyHave) {
  World world(
      {.samples = {{"\\boxed{4}", 20}, {"\\boxed{5}", 1'000'000}, {"\\boxed{5}", 1'000'000}},
       .tokens_per_second = 1000});
  SolveResult running;
  std::thread caller([&] { running = world.Solve("majority_vote(n=3,stop=all)"); });
  world.Await([](const SimulatorCounts& counts) { return counts.streams_finished == 1; });

  std::latch drained(1);
  world.server().BeginDrain([&] { drained.count_down(); });
  world.server().EndSolves();
  caller.join();
  drained.wait();

  ASSERT_TRUE(running.status.ok()) << running.status;
  EXPECT_EQ(running.response.answer(), "4");
  EXPECT_EQ(running.response.stop_reason(), v1::DRAINING);
}

}  // namespace
}  // namespace sextant
