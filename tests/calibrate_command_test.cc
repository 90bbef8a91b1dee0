// `sextant calibrate` as a whole: files of rows, and a service with canned answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/cli/command_line.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// As many finished traces as were asked for, the right ones short. A prompt "easy" has one wrong
// trace, others have one right trace.
FakeSolve Samples(const v1::SolveRequest& request) {
  if (request.prompt() == "fail") return {.status = absl::UnavailableError("every backend failed")};
  FakeSolve solve{.response = SampleResponse()};
  solve.response.clear_traces();
  for (int i = 0; i < request.strategy().majority_vote().n(); ++i) {
    v1::Trace& trace = *solve.response.add_traces();
    trace.set_index(i);
    trace.set_seed(i);
    trace.set_outcome(v1::FINISHED);
    trace.set_reasoning("Let me think.");
    const bool right = request.prompt() == "easy" ? i > 0 : i == 0;
    trace.set_text(right ? "\\boxed{4}" : "\\boxed{5}");
    trace.set_completion_tokens(right ? 100 + i : 200 + i);
  }
  return solve;
}

class CalibrateCommandTest : public testing::Test {
 protected:
  CalibrateCommandTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = absl::StrCat(testing::TempDir(), "/calibrate_", test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  ExitCode Calibrate(std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"calibrate", "--server", server_.target()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    std::istringstream in;
    Console console{.in = in, .out = out_, .err = err_};
    return RunCommandLine(arguments, console);
  }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  // Twelve problems of a model with four traces each, three or one of which are short and right.
  std::string WriteTraces(const std::string& model) const {
    const std::string path = PathOf("traces.jsonl");
    std::ofstream file(path, std::ios::app);
    for (int i = 0; i < 12 * 4; ++i) {
      const bool right = i % 8 < 4 ? i % 4 > 0 : i % 4 == 0;
      file << json{{"model", model},
                   {"dataset", "sums"},
                   {"problem_id", i / 4},
                   {"sample_id", i % 4},
                   {"completion_tokens", right ? 100 : 200},
                   {"answer", "4"},
                   {"answer_kind", "integer"},
                   {"tail", right ? "\\boxed{4}" : "\\boxed{5}"}}
           << "\n";
    }
    return path;
  }

  std::string WriteProblems(const std::vector<std::string>& prompts) const {
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

  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  FakeServer server_{Samples};
  std::string folder_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CalibrateCommandTest, WritesAProfileAndAReportFromFiles) {
  const std::string traces = WriteTraces("m");

  const ExitCode code =
      Calibrate({"--out", PathOf("m.yaml"), "--report", PathOf("report.txt"), traces});

  EXPECT_EQ(code, ExitCode::kOk) << err_.str();
  EXPECT_THAT(Read(PathOf("m.yaml")), AllOf(HasSubstr("\nhorizon: short\n"), HasSubstr(traces)));
  EXPECT_EQ(Read(PathOf("report.txt")), out_.str());
  EXPECT_THAT(out_.str(), HasSubstr("m: horizon short"));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(CalibrateCommandTest, WritesOneProfileForEachModel) {
  WriteTraces("org/one");
  const std::string traces = WriteTraces("two");

  const ExitCode code = Calibrate({"--out-dir", folder_, traces});

  EXPECT_EQ(code, ExitCode::kOk) << err_.str();
  EXPECT_THAT(Read(PathOf("org_one.yaml")), HasSubstr("Profile of org/one"));
  EXPECT_THAT(Read(PathOf("two.yaml")), HasSubstr("Profile of two"));
}

TEST_F(CalibrateCommandTest, DoesNotWriteTwoModelsIntoOneFile) {
  WriteTraces("one");
  const std::string traces = WriteTraces("two");

  EXPECT_EQ(Calibrate({"--out", PathOf("p.yaml"), traces}), ExitCode::kMisused);
  EXPECT_THAT(err_.str(), HasSubstr("--out is one profile and there are 2 models"));
  EXPECT_FALSE(std::filesystem::exists(PathOf("p.yaml")));
  EXPECT_EQ(Calibrate({"--out", PathOf("p.yaml"), "--model", "two", traces}), ExitCode::kOk);
}

TEST_F(CalibrateCommandTest, DoesNotWriteOverItsTraces) {
  const std::string traces = WriteTraces("m");
  const std::string before = Read(traces);

  EXPECT_EQ(Calibrate({"--out", traces, traces}), ExitCode::kMisused);

  EXPECT_EQ(Read(traces), before);
}

TEST_F(CalibrateCommandTest, PrintsOneJsonObject) {
  const std::string traces = WriteTraces("m");

  ASSERT_EQ(Calibrate({"--json", traces}), ExitCode::kOk) << err_.str();

  const json object = json::parse(out_.str());
  EXPECT_EQ(object["models"][0]["horizon"], "short");
  EXPECT_EQ(object["models"][0]["profile"]["problems"], 12);
}

TEST_F(CalibrateCommandTest, SamplesTheModelOnTheServerAndKeepsTheRows) {
  const std::string problems =
      WriteProblems({"easy", "easy", "easy", "easy", "easy", "easy", "b", "b", "b", "b", "b", "b"});

  const ExitCode code = Calibrate({"--problems", problems, "--samples", "4", "--samples-from", "0",
                                   "--rows", PathOf("rows.jsonl")});

  ASSERT_EQ(code, ExitCode::kOk) << err_.str();
  ASSERT_EQ(server_.requests().size(), 12);
  EXPECT_EQ(server_.requests()[0].strategy().majority_vote().n(), 4);
  EXPECT_TRUE(server_.requests()[0].include_traces());
  EXPECT_TRUE(server_.requests()[0].sampling().has_seed());
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("model-a: horizon short"), HasSubstr("48 traces")));
  const std::string sampled = out_.str();
  out_.str("");
  ASSERT_EQ(Calibrate({"--model", "model-a", PathOf("rows.jsonl")}), ExitCode::kOk) << err_.str();
  EXPECT_EQ(out_.str(), sampled);
}

TEST_F(CalibrateCommandTest, LeavesOutSolvesThatFailAndFailsWhenAllDo) {
  const std::string some = WriteProblems({"fail", "a", "b"});
  EXPECT_EQ(Calibrate({"--problems", some}), ExitCode::kOk);
  EXPECT_THAT(err_.str(),
              AllOf(HasSubstr("left out: 1 solve that failed"), HasSubstr("every backend failed")));

  const std::string all = WriteProblems({"fail"});
  EXPECT_EQ(Calibrate({"--problems", all}), ExitCode::kFailed);
}

TEST_F(CalibrateCommandTest, SaysWhatItNeeds) {
  const std::string traces = WriteTraces("m");

  EXPECT_EQ(Calibrate({}), ExitCode::kMisused);
  EXPECT_EQ(Calibrate({"--problems", traces, traces}), ExitCode::kMisused);
  EXPECT_EQ(Calibrate({"--rows", PathOf("rows"), traces}), ExitCode::kMisused);
  EXPECT_EQ(Calibrate({"--reasoning", "--non-reasoning", traces}), ExitCode::kMisused);
  EXPECT_EQ(Calibrate({PathOf("none.jsonl")}), ExitCode::kMisused);
  EXPECT_EQ(Calibrate({"--model", "other", traces}), ExitCode::kMisused);
  EXPECT_THAT(err_.str(), HasSubstr("no traces to calibrate on of model other"));
}

}  // namespace
}  // namespace sextant
