// The client library against a service with canned answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FakeSolve Answers(const v1::SolveRequest&) { return {.response = SampleResponse()}; }

FakeSolve FailsWithABill(const v1::SolveRequest&) {
  return {.status = absl::DeadlineExceededError("nothing had arrived"),
          .failure_usage = SampleUsage()};
}

FakeSolve NeverEnds(const v1::SolveRequest&) { return {.ending = FakeSolve::Ending::kSilence}; }

v1::SolveRequest RequestFor(const std::string& prompt) {
  v1::SolveRequest request;
  request.set_model("model-a");
  request.set_prompt(prompt);
  return request;
}

TEST(SextantClientTest, ReturnsTheResponseAndItsBill) {
  const FakeServer server(Answers);
  const auto client = SextantClient::Connect(server.target());

  const SolveResult result = client->Solve(RequestFor("2 + 2?"));

  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.response.answer(), "4");
  EXPECT_EQ(result.usage->billed_tokens(), 30);
  EXPECT_GT(result.elapsed, absl::ZeroDuration());
}

TEST(SextantClientTest, ReadsTheBillOfAFailedSolveFromTheStatusDetails) {
  const FakeServer server(FailsWithABill);
  const auto client = SextantClient::Connect(server.target());

  const SolveResult result = client->Solve(RequestFor("2 + 2?"));

  EXPECT_EQ(result.status, absl::DeadlineExceededError("nothing had arrived"));
  ASSERT_TRUE(result.usage.has_value());
  EXPECT_EQ(result.usage->billed_tokens(), 30);
}

TEST(SextantClientTest, ReadsWhenToTryAgainBesideTheBillOfARefusedSolve) {
  const FakeServer server([](const v1::SolveRequest&) {
    return FakeSolve{.status = absl::ResourceExhaustedError("busy"),
                     .failure_usage = v1::Usage(),
                     .retry_delay = absl::Milliseconds(1250)};
  });

  const auto client = SextantClient::Connect(server.target());

  const SolveResult result = client->Solve(RequestFor("2 + 2?"));

  EXPECT_EQ(result.retry_delay, absl::Milliseconds(1250));
  EXPECT_TRUE(result.usage.has_value());
}

TEST(SextantClientTest, HasNoBillWhenAFailureCarriesNone) {
  const FakeServer server([](const v1::SolveRequest&) {
    return FakeSolve{.status = absl::InvalidArgumentError("model is empty")};
  });
  const auto client = SextantClient::Connect(server.target());

  EXPECT_FALSE(client->Solve(RequestFor("2 + 2?")).usage.has_value());
}

TEST(SextantClientTest, StreamsEventsAndReturnsTheLastAsTheResponse) {
  const FakeServer server([](const v1::SolveRequest& request) {
    FakeSolve solve = Answers(request);
    solve.events.resize(2);
    solve.events[0].mutable_plan()->set_strategy_text("simple");
    solve.events[1].mutable_progress()->set_traces_running(3);
    return solve;
  });
  const auto client = SextantClient::Connect(server.target());
  std::vector<v1::SolveEvent::EventCase> events;

  const SolveResult result = client->SolveStream(
      RequestFor("2 + 2?"), {},
      [&](const v1::SolveEvent& event) { events.push_back(event.event_case()); });

  EXPECT_THAT(events, ElementsAre(v1::SolveEvent::kPlan, v1::SolveEvent::kProgress));
  EXPECT_EQ(result.response.answer(), "4");
}

TEST(SextantClientTest, CallsAStreamWithoutAResponseAnInternalError) {
  const FakeServer server([](const v1::SolveRequest&) { return FakeSolve(); });
  const auto client = SextantClient::Connect(server.target());

  const SolveResult result =
      client->SolveStream(RequestFor("2 + 2?"), {}, [](const v1::SolveEvent&) {});

  EXPECT_TRUE(absl::IsInternal(result.status)) << result.status;
}

TEST(SextantClientTest, SendsItsTimeoutAsTheDeadline) {
  const FakeServer server(NeverEnds);
  const auto client = SextantClient::Connect(server.target());

  const SolveResult result =
      client->Solve(RequestFor("2 + 2?"), {.timeout = absl::Milliseconds(20)});

  EXPECT_TRUE(absl::IsDeadlineExceeded(result.status)) << result.status;
}

TEST(SextantClientTest, NamesTheServerThatItCannotReach) {
  std::string target;
  { target = FakeServer(Answers).target(); }  // A port that nobody listens on any more.
  const auto client = SextantClient::Connect(target);

  const auto models = client->ListModels();

  EXPECT_TRUE(absl::IsUnavailable(models.status()));
  EXPECT_THAT(std::string(models.status().message()), HasSubstr(target));
}

TEST(SextantClientTest, RefusesATargetThatIsNotHostAndPort) {
  EXPECT_TRUE(SextantClient::Connect("127.0.0.1:50051").ok());
  EXPECT_TRUE(SextantClient::Connect("[::1]:50051").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(SextantClient::Connect("127.0.0.1").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(SextantClient::Connect(":50051").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(SextantClient::Connect("host:99999").status()));
}

TEST(SolveFanTest, HandsOutSolvesThatRanAtOnceEachWithItsOwnResult) {
  const FakeServer server([](const v1::SolveRequest& request) {
    FakeSolve solve;
    solve.response.set_answer(request.prompt());
    return solve;
  });
  const auto client = SextantClient::Connect(server.target());
  SolveFan fan(*client);
  for (int i = 0; i < 10; ++i) fan.Start(i, RequestFor(std::to_string(i)));

  std::map<int64_t, std::string> answers;
  while (fan.running() > 0) {
    const auto ended = fan.Next(absl::Seconds(60));
    ASSERT_TRUE(ended.has_value());
    answers[ended->id] = ended->result.response.answer();
  }

  ASSERT_EQ(answers.size(), 10u);
  for (const auto& [id, answer] : answers) EXPECT_EQ(answer, std::to_string(id));
}

TEST(SolveFanTest, GivesUpWaitingWhenNoSolveEnds) {
  const FakeServer server(NeverEnds);
  const auto client = SextantClient::Connect(server.target());
  SolveFan fan(*client);
  fan.Start(1, RequestFor("2 + 2?"));

  EXPECT_FALSE(fan.Next(absl::Milliseconds(1)).has_value());
  EXPECT_EQ(fan.running(), 1);
}

TEST(SolveFanTest, ReturnsCancelledSolvesAsCancelled) {
  const FakeServer server(NeverEnds);
  const auto client = SextantClient::Connect(server.target());
  SolveFan fan(*client);
  fan.Start(1, RequestFor("2 + 2?"));

  fan.CancelAll();
  const auto ended = fan.Next(absl::Seconds(60));

  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(absl::IsCancelled(ended->result.status)) << ended->result.status;
}

}  // namespace
}  // namespace sextant
