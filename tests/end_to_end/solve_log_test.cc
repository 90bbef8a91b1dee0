// What the log says of a solve, and what it keeps to itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/log_capture.h"
#include "tests/end_to_end/world.h"
#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
// The second would take 20 s.
const std::vector<Sample> kSamples = {{"\\boxed{4}", 40}, {"\\boxed{4}", 40'000}};

TEST(SolveLogTest, OneLineASolveHasItsNamesItsPlanItsBillAndItsTimes) {
  const LogCapture log;
  World world({.samples = kSamples});
  v1::SolveRequest request = world.Request("first_finish(k=1,n=2)");
  request.set_reference_answer("4");

  const SolveResult result = world.client().Solve(
      request, {.caller = "team a", .request_id = "call 1", .traceparent = kTraceparent});

  const auto lines = log.Lines("solve");
  ASSERT_EQ(lines.size(), 1u);
  const json& line = lines[0];
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["solve_id"], result.response.solve_id());
  EXPECT_EQ(line["request_id"], "call 1");
  EXPECT_EQ(line["trace_id"], kTraceId);
  EXPECT_EQ(line["caller"], "caller team a");
  EXPECT_EQ(line["model"], World::kModel);
  EXPECT_EQ(line["code"], "OK");
  EXPECT_EQ(line["stop_reason"], "DECIDED");
  EXPECT_EQ(line["strategy"], "first_finish(k=1,n=2)");
  EXPECT_EQ(line["row"], "request");
  EXPECT_EQ(line["verdict"], "correct");
  EXPECT_EQ(line["finished_tokens"], 40);
  EXPECT_EQ(line["cancelled_tokens"], result.usage->cancelled_tokens());
  EXPECT_EQ(line["traces_started"], 2);
  EXPECT_GT(line["seconds"], 0);
  EXPECT_GE(line["seconds"], line["decision_seconds"]);
}

TEST(SolveLogTest, AFailedSolveIsAWarningWithItsErrorAndItsBill) {
  const LogCapture log;
  World world({.samples = kSamples,
               .faults = "faults: [{cut_after: 10}]",
               .edit = [](Config& config) { config.models[0].retry_share = 0; }});

  const SolveResult result = world.Solve("simple");

  const auto lines = log.Lines("solve failed");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["level"], "warning");
  EXPECT_EQ(lines[0]["code"], "UNAVAILABLE");
  // The client says in addition whom it has called.
  EXPECT_THAT(std::string(result.status.message()),
              testing::EndsWith(lines[0]["error"].get<std::string>()));
  EXPECT_EQ(lines[0]["cancelled_tokens"], 10);
}

TEST(SolveLogTest, NeitherPromptNorAnswerNorTextIsLoggedUnlessItIsAskedFor) {
  for (const bool texts : {false, true}) {
    const LogCapture log({.level = LogLevel::kDebug});
    World world({.samples = {{"so \\boxed{40417}", 40}},
                 .edit = [texts](Config& config) { config.log.texts = texts; }});
    v1::SolveRequest request = world.Request("simple");
    request.set_reference_answer("50518");

    world.Solve(request);

    for (const std::string text : {World::kPrompt, "40417", "50518", "so \\\\boxed"}) {
      if (texts) {
        EXPECT_THAT(log.Written(), HasSubstr(text));
      } else {
        EXPECT_THAT(log.Written(), Not(HasSubstr(text)));
      }
    }
  }
}

TEST(SolveLogTest, EachTraceHasALineAtLevelDebug) {
  const LogCapture log({.level = LogLevel::kDebug});
  World world({.samples = {{"\\boxed{4}", 40}, {"\\boxed{4}", 50}}});

  const SolveResult result = world.Solve("majority_vote(n=2,stop=all)");

  const auto lines = log.Lines("trace");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["solve_id"], result.response.solve_id());
  EXPECT_EQ(lines[1]["trace"], 1);
  EXPECT_EQ(lines[1]["outcome"], "FINISHED");
  EXPECT_EQ(lines[1]["completion_tokens"], 50);
}

TEST(SolveLogTest, SolvesThatEndWellAreLeftOutAboveLevelInfo) {
  const LogCapture log({.level = LogLevel::kWarning});
  World world({.samples = kSamples});

  world.Solve("simple");

  EXPECT_THAT(log.Lines("solve"), IsEmpty());
}

TEST(SolveLogTest, AReportHasALine) {
  const LogCapture log;
  World world({.samples = kSamples});
  const SolveResult solved = world.Solve("simple");
  v1::ReportOutcomeRequest request;
  request.set_receipt(solved.response.receipt());
  request.set_correct(true);

  ASSERT_TRUE(world.client().ReportOutcome(request).ok());

  const auto lines = log.Lines("outcome reported");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["solve_id"], solved.response.solve_id());
  EXPECT_EQ(lines[0]["verdict"], "correct");
  EXPECT_EQ(lines[0]["counted"], true);
}

TEST(SolveLogTest, TheCallersTraceContextGoesToTheModelServerAndOneThatIsNoneDoesNot) {
  ScriptedServer model({EventStream({Says("4"), Finishes(), "[DONE]"})});
  World world({.samples = kSamples, .edit = [&model](Config& config) {
                 BackendConfig& backend = config.models[0].backends[0];
                 backend.url = model.url("/v1");
                 backend.kind = BackendKind::kOpenAi;
                 backend.health_interval = absl::ZeroDuration();
               }});

  world.client().Solve(world.Request("simple"), {.traceparent = kTraceparent});
  world.client().Solve(world.Request("simple"), {.traceparent = "00-no-trace"});

  const auto requests = model.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].head, HasSubstr(absl::StrCat("\r\ntraceparent: ", kTraceparent, "\r\n")));
  EXPECT_THAT(requests[1].head, Not(HasSubstr("traceparent")));
}

}  // namespace
}  // namespace sextant
