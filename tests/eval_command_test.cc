// `sextant eval` as a whole, against a service with canned answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/cli/command_line.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// Answers 4 to everything; right for the problems whose reference is 4. Prompts tell it to fail.
FakeSolve Answers(const v1::SolveRequest& request) {
  if (request.prompt() == "fail") {
    return {.status = absl::UnavailableError("every backend failed"),
            .failure_usage = SampleUsage()};
  }
  FakeSolve solve{.response = SampleResponse()};
  if (request.prompt() == "no verdict") {
    solve.response.clear_verdict();
    return solve;
  }
  solve.response.mutable_verdict()->set_correct(request.reference_answer() == "4");
  return solve;
}

std::string PathOf(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(testing::TempDir(), "/", test->name(), "_", name);
}

// A file of problems in one data set, with these prompts and 4 as the answer of all.
std::string WriteProblems(const std::vector<std::string>& prompts) {
  const std::string path = PathOf("problems.jsonl");
  std::ofstream file(path);
  for (size_t i = 0; i < prompts.size(); ++i) {
    file << json{{"dataset", "sums"},
                 {"problem_id", i},
                 {"prompt", prompts[i]},
                 {"answer", "4"},
                 {"answer_kind", "integer"}}
         << "\n";
  }
  return path;
}

std::vector<json> ReadRows(const std::string& path) {
  std::ifstream file(path);
  std::vector<json> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(json::parse(line));
  return rows;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class EvalCommandTest : public testing::Test {
 protected:
  ExitCode Eval(std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"eval", "--server", server_.target()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    std::istringstream in;
    Console console{.in = in, .out = out_, .err = err_};
    return RunCommandLine(arguments, console);
  }

  FakeServer server_{Answers};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(EvalCommandTest, PrintsOneJsonObjectWithAResultPerStrategy) {
  const std::string problems = WriteProblems({"a", "b"});

  const ExitCode code = Eval({"--json", "--problems", problems, "--strategy", "simple",
                              "--strategy", "majority_vote(n=8,stop=all)"});

  ASSERT_EQ(code, ExitCode::kOk) << err_.str();
  const json object = json::parse(out_.str());
  EXPECT_EQ(object["model"], "model-a");
  ASSERT_EQ(object["results"].size(), 2u);
  EXPECT_EQ(object["results"][0]["strategy"], "simple");
  EXPECT_EQ(object["results"][1]["strategy"], "majority_vote(n=8,stop=all)");
  EXPECT_EQ(object["results"][1]["accuracy"], 1);
  EXPECT_EQ(object["results"][1]["by_dataset"]["sums"]["billed_tokens"], 30);
}

TEST_F(EvalCommandTest, WritesRowsInTheOrderOfProblemsWithinStrategies) {
  const std::string problems = WriteProblems({"a", "b", "c"});
  const std::string rows_path = PathOf("rows.jsonl");

  const ExitCode code = Eval({"--problems", problems, "--strategy", "simple", "--strategy", "auto",
                              "--out", rows_path, "--concurrency", "6"});

  ASSERT_EQ(code, ExitCode::kOk) << err_.str();
  std::vector<std::string> order;
  for (const json& row : ReadRows(rows_path)) {
    order.push_back(row["strategy"].get<std::string>() + row["problem_id"].dump());
  }
  EXPECT_THAT(order, ElementsAre("simple0", "simple1", "simple2", "auto0", "auto1", "auto2"));
}

TEST_F(EvalCommandTest, CountsFailedSolvesAsWrongWithTheirBillAndSaysSo) {
  const std::string problems = WriteProblems({"a", "fail"});

  const ExitCode code = Eval({"--json", "--problems", problems, "--strategy", "simple"});

  EXPECT_EQ(code, ExitCode::kOk);
  const json result = json::parse(out_.str())["results"][0];
  EXPECT_EQ(result["accuracy"], 0.5);
  EXPECT_EQ(result["failed"], 1);
  EXPECT_EQ(result["billed_tokens"], 30);
  EXPECT_THAT(err_.str(), HasSubstr("1 solve failed with UNAVAILABLE"));
  EXPECT_THAT(err_.str(), HasSubstr("problem 1 of sums"));
}

TEST_F(EvalCommandTest, CountsAnAnswerThatTheServerDidNotGradeAsAFailure) {
  const std::string problems = WriteProblems({"a", "no verdict"});

  Eval({"--json", "--problems", problems, "--strategy", "simple"});

  EXPECT_EQ(json::parse(out_.str())["results"][0]["failed"], 1);
  EXPECT_THAT(err_.str(), HasSubstr("an answer and no verdict"));
}

TEST_F(EvalCommandTest, ExitsWith1WhenEverySolveFailed) {
  const std::string problems = WriteProblems({"fail"});
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple"}), ExitCode::kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("sextant: UNAVAILABLE"));
}

TEST_F(EvalCommandTest, SendsTheSeedOnlyWhenSamplesFromIsGiven) {
  const std::string problems = WriteProblems({"a"});

  Eval({"--problems", problems, "--strategy", "simple"});
  Eval(
      {"--problems", problems, "--strategy", "simple", "--samples-from", "0", "--max-traces", "8"});

  EXPECT_FALSE(server_.requests().at(0).sampling().has_seed());
  EXPECT_TRUE(server_.requests().at(1).sampling().has_seed());
  EXPECT_EQ(server_.requests().at(1).sampling().seed(), 0);
  EXPECT_EQ(server_.requests().at(1).budget().max_traces(), 8);
  EXPECT_EQ(server_.requests().at(1).reference_answer(), "4");
}

TEST_F(EvalCommandTest, ShowsATableAndProgressWithoutJson) {
  const std::string problems = WriteProblems({"a"});

  const ExitCode code = Eval({"--problems", problems, "--strategy", "first_finish(k=1,n=8)"});

  EXPECT_EQ(code, ExitCode::kOk);
  EXPECT_THAT(out_.str(), HasSubstr("first_finish(k=1,n=8)  sums             1   100.0 %"));
  EXPECT_THAT(err_.str(), HasSubstr("eval: 1 of 1 solve, 100.0 % correct, 0 failed"));
}

TEST_F(EvalCommandTest, WritesAReportAndFiguresWithTheFlagsThatWereUsed) {
  const std::string problems = WriteProblems({"a", "fail"});

  const ExitCode code =
      Eval({"--problems", problems, "--strategy", "simple", "--strategy", "auto", "--max-tokens",
            "1700", "--report", PathOf("report.html"), "--csv", PathOf("figures.csv")});

  ASSERT_EQ(code, ExitCode::kOk) << err_.str();
  const std::string report = ReadFile(PathOf("report.html"));
  EXPECT_THAT(report, HasSubstr("Strategies on model-a"));
  EXPECT_THAT(report, HasSubstr("--max-tokens 1700"));
  EXPECT_THAT(report, HasSubstr("every backend failed</div>"));
  EXPECT_THAT(report, testing::EndsWith("</html>\n"));
  EXPECT_THAT(ReadFile(PathOf("figures.csv")), HasSubstr("model-a,auto,all,2,1,0,0.5,"));
}

TEST_F(EvalCommandTest, RefusesWhatCannotBeRun) {
  const std::string problems = WriteProblems({"a"});
  EXPECT_EQ(Eval({"--problems", "no/such/file", "--strategy", "simple"}), ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simpel"}), ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--strategy", "simple"}),
            ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--out", problems}),
            ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--concurrency", "0"}),
            ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--report", problems}),
            ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--csv", "no/such/folder/f.csv"}),
            ExitCode::kMisused);
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--report", PathOf("same"),
                  "--csv", PathOf("same")}),
            ExitCode::kMisused);
  EXPECT_THAT(err_.str(), HasSubstr("same is the file of --report, expected another"));
  EXPECT_THAT(err_.str(), HasSubstr("--csv no/such/folder/f.csv: cannot be written"));
  EXPECT_EQ(Eval({"--problems", problems, "--strategy", "simple", "--model", "other"}),
            ExitCode::kFailed);
  EXPECT_EQ(server_.requests().size(), 0u);
}

TEST(EvalInterruptTest, WritesWhatItHasAndSaysSo) {
  const FakeServer server([](const v1::SolveRequest& request) {
    if (request.prompt() == "interrupt") {
      std::raise(SIGINT);
      return FakeSolve{.ending = FakeSolve::Ending::kSilence};
    }
    return Answers(request);
  });
  const std::string problems = WriteProblems({"a", "interrupt", "b"});
  const std::string rows_path = PathOf("rows.jsonl");
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};

  const ExitCode code = RunCommandLine(
      {"eval", "--json", "--server", server.target(), "--problems", problems, "--strategy",
       "simple", "--concurrency", "1", "--out", rows_path, "--report", PathOf("report.html")},
      console);

  EXPECT_EQ(code, ExitCode::kFailed);
  EXPECT_THAT(err.str(), HasSubstr("interrupted after 1 of 3 solves"));
  EXPECT_EQ(ReadRows(rows_path).size(), 1u);
  EXPECT_TRUE(json::parse(out.str())["interrupted"]);
  EXPECT_THAT(ReadFile(PathOf("report.html")), HasSubstr("Interrupted: the figures are of 1 of 3"));
}

}  // namespace
}  // namespace sextant
