// The command line as a whole, against a service with canned answers: exit codes, output, requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_split.h"
#include "client/cli/command_line.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

struct Terminal {
  std::string input;
  bool in_is_terminal = false;
  int err_columns = 0;
};

Ran RunSextant(const std::vector<std::string>& arguments, const Terminal& terminal = {}) {
  std::istringstream in(terminal.input);
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in,
                  .out = out,
                  .err = err,
                  .in_is_terminal = terminal.in_is_terminal,
                  .err_columns = terminal.err_columns};
  const ExitCode code = RunCommandLine(arguments, console);
  return {code, out.str(), err.str()};
}

FakeSolve Answers(const v1::SolveRequest&) {
  FakeSolve solve{.response = SampleResponse()};
  solve.events.resize(3);
  solve.events[0].mutable_plan()->set_strategy_text("first_finish(k=3,n=4)");
  solve.events[1].mutable_progress()->set_traces_running(4);
  solve.events[1].mutable_progress()->set_seconds(6);
  solve.events[2].mutable_trace()->set_answer("4");
  solve.events[2].mutable_trace()->set_outcome(v1::FINISHED);
  return solve;
}

TEST(CommandLineTest, ExitsWith2OnWrongUsage) {
  EXPECT_EQ(RunSextant({}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"solv"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"solve", "--no-such-flag"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"models", "--server", "nowhere"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"eval", "--strategy", "simple"}).code, ExitCode::kMisused);
}

TEST(CommandLineTest, ExitsWith0OnHelpWhichHasAnExample) {
  for (const std::string command :
       {"solve", "plan", "models", "eval", "grade", "report", "probe"}) {
    const Ran ran = RunSextant({command, "--help"});
    EXPECT_EQ(ran.code, ExitCode::kOk);
    EXPECT_THAT(ran.out, HasSubstr("Example:\n  sextant " + command));
  }
  EXPECT_EQ(RunSextant({"--help"}).code, ExitCode::kOk);
  EXPECT_THAT(RunSextant({"--version"}).out, HasSubstr("sextant "));
}

TEST(CommandLineTest, ExitsWith1AndNamesCodeAndServerWhenThereIsNone) {
  std::string target;
  { target = FakeServer(Answers).target(); }  // A port that nobody listens on any more.

  const Ran ran = RunSextant({"models", "--server", target});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("UNAVAILABLE"), HasSubstr(target)));
  EXPECT_THAT(ran.out, IsEmpty());
}

TEST(CommandLineTest, SaysWhatWasWrongAndWhatWasExpected) {
  EXPECT_THAT(RunSextant({"frob"}).err, HasSubstr("unknown subcommand or flag: frob"));
  EXPECT_THAT(RunSextant({"solve", "--max-tokens", "0"}).err,
              HasSubstr("sextant: --max-tokens: is 0, expected a whole number from 1 on\n"
                        "Run sextant solve --help for more."));
  EXPECT_THAT(RunSextant({"solve", "--temperature", "nan"}).err,
              HasSubstr("--temperature: is nan, expected a number from 0 to 2"));
  EXPECT_THAT(RunSextant({"solve", "--top-p", "0"}).err, HasSubstr("expected a number above 0"));
  EXPECT_THAT(RunSextant({"solve", "--goal", "best"}).err, HasSubstr("--goal: best not in"));
}

TEST(CommandLineTest, RefusesArgumentsThatAreNotUtf8) {
  const Ran ran = RunSextant({"solve", "--prompt", "\xff"});
  EXPECT_EQ(ran.code, ExitCode::kMisused);
  EXPECT_THAT(ran.err, HasSubstr("not valid UTF-8"));
}

TEST(SolveCommandTest, ShowsAnswerBillAndWhyOnceItIsSolved) {
  const FakeServer server(Answers);

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("answer      4\n"));
  EXPECT_THAT(ran.out, HasSubstr("20 finished + 10 cancelled (4 estimated)"));
  EXPECT_THAT(ran.out, HasSubstr("The model has a long horizon."));
}

TEST(SolveCommandTest, PrintsTheResponseAsOneJsonObjectWithTheContractsNames) {
  const FakeServer server(Answers);

  const Ran ran =
      RunSextant({"solve", "--json", "--server", server.target(), "--prompt", "2 + 2?"});

  const json response = json::parse(ran.out, nullptr, false);
  ASSERT_TRUE(response.is_object()) << ran.out;
  EXPECT_EQ(response["answer"], "4");
  EXPECT_EQ(response["stop_reason"], "DECIDED");
  EXPECT_EQ(response["usage"]["traces_failed"], 0);
  EXPECT_THAT(ran.err, IsEmpty());
}

TEST(SolveCommandTest, WritesPlainLinesOfProgressIntoAPipe) {
  const FakeServer server(Answers);

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.err,
            "plan: first_finish(k=3,n=4)\n"
            "6.0 s: 4 traces running, 0 ended, 0 tokens, no answer yet\n"
            "trace 0 finished: 0 tokens, answer 4\n");
}

TEST(SolveCommandTest, RewritesOneLineOnATerminalAndErasesItAtTheEnd) {
  const FakeServer server(Answers);

  const Ran ran =
      RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"}, {.err_columns = 30});

  EXPECT_EQ(ran.err,
            "\r\x1b[Kplan: first_finish(k=3,n=4)"
            "\r\x1b[K6.0 s: 4 traces running, 0..."
            "\r\x1b[K");
}

TEST(SolveCommandTest, ExitsWith1AndShowsTheBillOfAFailedSolve) {
  const FakeServer server([](const v1::SolveRequest&) {
    return FakeSolve{.status = absl::UnavailableError("every backend failed"),
                     .failure_usage = SampleUsage()};
  });

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.err, HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(ran.err, HasSubstr("every backend failed"));
  EXPECT_THAT(ran.err, HasSubstr("30 tokens = 20 finished + 10 cancelled"));
  EXPECT_THAT(ran.out, IsEmpty());
}

TEST(SolveCommandTest, SaysWhenToTryAgainAfterARefusal) {
  const FakeServer server([](const v1::SolveRequest&) {
    return FakeSolve{.status = absl::ResourceExhaustedError("model m is busy"),
                     .retry_delay = absl::Milliseconds(1200)};
  });

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.err, HasSubstr("RESOURCE_EXHAUSTED: model m is busy\ntry again in 1.2 s\n"));
}

TEST(SolveCommandTest, KeepsEscapeSequencesOfAModelFromTheTerminal) {
  const FakeServer server([](const v1::SolveRequest&) {
    FakeSolve solve{.response = SampleResponse()};
    solve.response.set_answer("\x1b]0;owned\x07");
    return solve;
  });

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_THAT(ran.out, HasSubstr("\\x1b]0;owned\\x07"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
}

TEST(SolveCommandTest, SendsEveryFlagInTheRequest) {
  const FakeServer server(Answers);

  std::vector<std::string> arguments = absl::StrSplit(
      "solve --model model-a --prompt Which? --choice -5 --strategy first_finish(k=3,n=8) "
      "--max-tokens 1000 --max-sequential-tokens 500 --max-traces 4 --max-cost 0.5 --goal fast "
      "--seed 0 --temperature 0 --stop END --difficulty hard --reference B --include-traces",
      ' ');
  arguments.insert(arguments.end(), {"--choice", "[0, 1]", "--server", server.target()});

  const Ran ran = RunSextant(arguments);

  ASSERT_EQ(ran.code, ExitCode::kOk) << ran.err;
  const v1::SolveRequest request = server.requests().at(0);
  EXPECT_EQ(request.model(), "model-a");
  EXPECT_EQ(request.prompt(), "Which?");
  EXPECT_EQ(request.answer().kind(), v1::ANSWER_KIND_CHOICE);
  EXPECT_EQ(request.answer().choices(0), "-5");
  EXPECT_EQ(request.answer().choices(1), "[0, 1]");
  EXPECT_EQ(request.strategy().first_finish().k(), 3);
  EXPECT_EQ(request.budget().max_tokens(), 1000);
  EXPECT_EQ(request.budget().max_sequential_tokens(), 500);
  EXPECT_EQ(request.budget().max_traces(), 4);
  EXPECT_EQ(request.budget().max_cost_usd(), 0.5);
  EXPECT_EQ(request.budget().goal(), v1::GOAL_FAST);
  EXPECT_TRUE(request.sampling().has_seed());
  EXPECT_TRUE(request.sampling().has_temperature());
  EXPECT_FALSE(request.sampling().has_top_p());
  EXPECT_EQ(request.sampling().stop(0), "END");
  EXPECT_EQ(request.difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_EQ(request.reference_answer(), "B");
  EXPECT_TRUE(request.include_traces());
}

TEST(SolveCommandTest, LeavesTheStrategyToThePolicyUnlessOneIsNamed) {
  const FakeServer server(Answers);
  RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?", "--strategy", "auto"});
  EXPECT_FALSE(server.requests().at(0).has_strategy());
}

TEST(SolveCommandTest, ReadsTheProblemFromStandardInputWithoutItsLastLineBreak) {
  const FakeServer server(Answers);
  RunSextant({"solve", "--server", server.target()}, {.input = "What is\n2 + 2?\n"});
  EXPECT_EQ(server.requests().at(0).prompt(), "What is\n2 + 2?");
}

TEST(SolveCommandTest, DoesNotWaitForAProblemThatNobodyTypes) {
  const Ran ran = RunSextant({"solve"}, {.in_is_terminal = true});
  EXPECT_EQ(ran.code, ExitCode::kMisused);
  EXPECT_THAT(ran.err, HasSubstr("--prompt-file"));
}

TEST(SolveCommandTest, RefusesFlagsThatContradictEachOther) {
  const std::vector<std::vector<std::string>> wrong = {
      {"solve", "--prompt", "p", "--kind", "integer", "--choice", "a"},
      {"solve", "--prompt", "p", "--kind", "regex"},
      {"solve", "--prompt", "p", "--kind", "text", "--pattern", "x"},
      {"solve", "--prompt", "p", "--prompt-file", "f"},
      {"solve", "--prompt", "p", "--strategy", "first_finish(k=9,n=8)"},
      {"solve", "--prompt", "p", "--max-tokens", "0"},
      {"solve", "--prompt", "p", "--goal", "best"},
      {"solve", "--prompt", ""}};
  for (const auto& arguments : wrong) {
    const Ran ran = RunSextant(arguments);
    EXPECT_EQ(ran.code, ExitCode::kMisused) << testing::PrintToString(arguments);
    EXPECT_THAT(ran.err, Not(IsEmpty()));
  }
}

TEST(SolveCommandTest, AsksForAModelWhenTheServerHasSeveral) {
  const FakeServer server(Answers, {"model-a", "model-b"});

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.code, ExitCode::kMisused);
  EXPECT_THAT(ran.err, HasSubstr("model-a, model-b"));
}

TEST(SolveCommandTest, TakesTheTimeoutAsTheDeadline) {
  const FakeServer server(
      [](const v1::SolveRequest&) { return FakeSolve{.ending = FakeSolve::Ending::kSilence}; });

  const Ran ran = RunSextant({"solve", "--server", server.target(), "--model", "model-a",
                              "--prompt", "2 + 2?", "--timeout", "0.02"});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.err, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST(PlanCommandTest, ShowsStrategyReasonsAndWhatIsExpected) {
  const FakeServer server(Answers);

  const Ran ran = RunSextant({"plan", "--server", server.target(), "--prompt", "2 + 2?"});

  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("first_finish(k=3,n=4)  (row long_hard of policy default)"));
  EXPECT_THAT(ran.out, HasSubstr("The budget holds 4 typical traces."));
  EXPECT_THAT(ran.out, HasSubstr("16,384 tokens billed"));
}

TEST(PlanCommandTest, PrintsJson) {
  const FakeServer server(Answers);
  const Ran ran = RunSextant({"plan", "--json", "--server", server.target(), "--prompt", "2 + 2?"});
  EXPECT_EQ(json::parse(ran.out)["plan"]["row"], "long_hard");
}

TEST(ModelsCommandTest, ListsModelsAsATableOrAsJson) {
  const FakeServer server(Answers, {"model-a", "model-b"});

  EXPECT_THAT(RunSextant({"models", "--server", server.target()}).out,
              HasSubstr("model-b  long              4,096           8  -"));
  const json object =
      json::parse(RunSextant({"models", "--server", server.target(), "--json"}).out);
  EXPECT_EQ(object["models"][1]["name"], "model-b");
}

TEST(ReportCommandTest, SendsTheReceiptWithTheVerdictAndSaysWhatItCountsFor) {
  const FakeServer server(Answers);

  const Ran ran =
      RunSextant({"report", "--server", server.target(), "--receipt", "R-1_", "--incorrect"});

  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out,
            "counted     as incorrect\n"
            "for         model model-a, strategy first_finish, difficulty hard\n"
            "solve       solve-1, 30 tokens billed\n");
  ASSERT_EQ(server.reports().size(), 1u);
  EXPECT_EQ(server.reports()[0].receipt(), "R-1_");
  EXPECT_TRUE(server.reports()[0].has_correct());
  EXPECT_FALSE(server.reports()[0].correct());
}

TEST(ReportCommandTest, SaysThatAReceiptWasReportedBeforeWhichIsNoError) {
  const FakeServer server(Answers);
  const std::vector<std::string> command = {"report",    "--server", server.target(),
                                            "--receipt", "R-1_",     "--correct"};
  RunSextant(command);

  const Ran ran = RunSextant(command);

  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out,
              HasSubstr("counted     no: it was reported before, and counts as correct\n"));
}

TEST(ReportCommandTest, PrintsTheResponseAsJson) {
  const FakeServer server(Answers);

  const Ran ran = RunSextant(
      {"report", "--json", "--server", server.target(), "--receipt", "R-1_", "--correct"});

  const json object = json::parse(ran.out);
  EXPECT_EQ(object["counted"], true);
  EXPECT_EQ(object["correct"], true);
  EXPECT_EQ(object["solve_id"], "solve-1");
}

TEST(ReportCommandTest, ExitsWith1WhenTheServerRefusesTheReceipt) {
  const FakeServer server(Answers);

  const Ran ran =
      RunSextant({"report", "--server", server.target(), "--receipt", "forged", "--correct"});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.err, HasSubstr("INVALID_ARGUMENT: receipt was altered"));
}

TEST(ReportCommandTest, ExitsWith2WithoutAReceiptOrWithoutOneVerdict) {
  EXPECT_EQ(RunSextant({"report", "--correct"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"report", "--receipt", "R"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"report", "--receipt", "R", "--correct", "--incorrect"}).code,
            ExitCode::kMisused);
}

TEST(GradeCommandTest, GradesAFileWithoutAServer) {
  const std::string path = testing::TempDir() + "/grade_command_test.jsonl";
  std::ofstream(path) << R"({"text": "\\boxed{4}", "answer": "4", "answer_kind": "integer"})"
                      << "\n";

  const Ran ran = RunSextant({"grade", "--json", path});

  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(json::parse(ran.out)["accuracy"], 1);
}

TEST(GradeCommandTest, ExitsWith2WhenAFileIsMissing) {
  const Ran ran = RunSextant({"grade", "no/such/file.jsonl"});
  EXPECT_EQ(ran.code, ExitCode::kMisused);
  EXPECT_THAT(ran.err, HasSubstr("no/such/file.jsonl"));
}

}  // namespace
}  // namespace sextant
