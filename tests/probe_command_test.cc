// `sextant probe` as a whole, against the simulator: exit codes, table, JSON, and a configuration
// that the server takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/cli/command.h"
#include "client/probe/show.h"
#include "server/config.h"
#include "simulator/simulator.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

// The subcommand by itself: the whole command line and the simulator cannot be in one program, as
// both have a type sextant::Problem.
Ran RunSextant(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  GlobalFlags global;
  CLI::App app("", "sextant");
  app.add_flag("--json", global.json);
  app.fallthrough();
  const Command command = AddProbe(app, global, console);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError&) {
    return {.code = ExitCode::kMisused};
  }
  const ExitCode code = command.run();
  return {code, out.str(), err.str()};
}

// A simulator with one problem and one trace of 600 tokens, of words that are all different.
class ProbeCommandTest : public testing::Test {
 protected:
  ProbeCommandTest() : folder_(testing::TempDir() + "/sextant-probe-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~ProbeCommandTest() override {
    simulator_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Simulate(const std::string& faults = "") {
    std::ofstream(folder_ + "/problems.jsonl") << json{{"dataset", "test"},
                                                       {"problem_id", 0},
                                                       {"prompt", "Count."},
                                                       {"answer", "4"},
                                                       {"answer_kind", "integer"}};
    std::ofstream traces(folder_ + "/traces.jsonl");
    for (int sample = 0; sample < 4; ++sample) {
      std::string text;
      for (int i = 0; i < 600; ++i) text += " w" + std::to_string(1000 * (sample + 1) + i);
      traces << json{{"model", "recorded"},      {"dataset", "test"},           {"problem_id", 0},
                     {"sample_id", sample},      {"completion_tokens", 600},    {"answer", "4"},
                     {"answer_kind", "integer"}, {"output_chars", text.size()}, {"output", text}}
                    .dump()
             << "\n";
    }
    traces.close();
    std::ofstream(folder_ + "/faults.yaml") << faults;
    SimulatorOptions options{.problems = folder_ + "/problems.jsonl",
                             .traces = {folder_ + "/traces.jsonl"},
                             .tokens_per_second = 1000};
    if (!faults.empty()) options.faults = folder_ + "/faults.yaml";
    auto simulator = Simulator::Start(options);
    ASSERT_TRUE(simulator.ok()) << simulator.status();
    simulator_ = *std::move(simulator);
    url_ = "http://" + simulator_->address() + "/v1";
  }

  static std::string VerdictOf(const json& report, const std::string& name) {
    for (const json& check : report["checks"]) {
      if (check["name"] == name) return check["verdict"];
    }
    return "no such check";
  }

  std::string folder_;
  std::unique_ptr<Simulator> simulator_;
  std::string url_;
};

TEST_F(ProbeCommandTest, FindsWhatTheSimulatorCanDo) {
  Simulate();

  const Ran ran = RunSextant({"probe", url_, "--prompt", "Count.", "--json"});

  ASSERT_EQ(ran.code, ExitCode::kOk) << ran.err;
  const json report = json::parse(ran.out);
  for (const char* name :
       {"reachable", "models", "health", "streaming", "usage", "usage_in_every_chunk", "max_tokens",
        "seed", "stop", "n", "logprobs", "continuation", "cancel"}) {
    EXPECT_EQ(VerdictOf(report, name), "yes") << name << " in " << report.dump(1);
  }
  EXPECT_EQ(report["server"], "sextant-simulator");
  EXPECT_EQ(report["usable"], true);
  EXPECT_EQ(report["beam_search"], "steps");
  EXPECT_EQ(simulator_->Counts().streams_open, 0);
}

TEST_F(ProbeCommandTest, WritesAConfigurationThatTheServerTakes) {
  Simulate();

  const Ran ran = RunSextant({"probe", url_, "--prompt", "Count.", "--json"});

  const auto config = ParseConfig(json::parse(ran.out)["config"].get<std::string>(), "probe.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models.at(0).name, "recorded");
  EXPECT_EQ(config->models.at(0).backends.at(0).url, url_);
}

TEST_F(ProbeCommandTest, ShowsATableAndTheConfiguration) {
  Simulate();

  const Ran ran = RunSextant({"probe", url_, "--prompt", "Count."});

  EXPECT_THAT(ran.out, AllOf(HasSubstr("CHECK "), HasSubstr("VERDICT  SEEN\n"),
                             HasSubstr("\nstreaming             yes      "),
                             HasSubstr("\n      - url: \"" + url_ + "\"\n")));
}

TEST_F(ProbeCommandTest, ExitsWith1WhereSomethingIsMissing) {
  Simulate("faults:\n  - {no_usage: true}\n");

  const Ran ran = RunSextant({"probe", url_, "--prompt", "Count.", "--json"});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(VerdictOf(json::parse(ran.out), "usage"), "no");
  EXPECT_THAT(ran.err, HasSubstr("FAILED_PRECONDITION"));
}

TEST_F(ProbeCommandTest, ExitsWith1WhereThereIsNoServer) {
  Simulate();
  simulator_.reset();

  const Ran ran = RunSextant({"probe", url_});

  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.out, HasSubstr("reachable  no"));
}

TEST_F(ProbeCommandTest, ExitsWith2OnWrongUsage) {
  EXPECT_EQ(RunSextant({"probe"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"probe", "ftp://host/v1"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"probe", "http://user:pass@host/v1"}).code, ExitCode::kMisused);
  EXPECT_EQ(RunSextant({"probe", "http://host/v1", "--timeout", "0"}).code, ExitCode::kMisused);
  const Ran ran = RunSextant({"probe", "http://host/v1", "--api-key-env", "SEXTANT_NOT_SET"});
  EXPECT_EQ(ran.code, ExitCode::kMisused);
  EXPECT_THAT(ran.err, HasSubstr("SEXTANT_NOT_SET is not set"));
}

TEST(ConfigTextTest, IsWellFormedWhateverTheModelIsCalled) {
  const ProbeReport report{.url = "http://[::1]:8000/v1",
                           .model = "Org/\"model\": #1 \xc3\xa9",
                           .kind = BackendKind::kLlamaCpp,
                           .api = BackendApi::kCompletions,
                           .context_tokens = 2048,
                           .slots = 8};

  const auto config = ParseConfig(ConfigText(report, {}), "probe.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  const ModelConfig& model = config->models.at(0);
  EXPECT_EQ(model.name, report.model);
  EXPECT_EQ(model.sampling.max_trace_tokens, 1536);
  EXPECT_EQ(model.backends.at(0).kind, BackendKind::kLlamaCpp);
  EXPECT_EQ(model.backends.at(0).api, BackendApi::kCompletions);
  EXPECT_EQ(model.backends.at(0).max_traces, 8);
}

TEST(ConfigTextTest, NamesTheKeysVariableAndTheBeamSearch) {
  const ProbeReport report{.url = "https://host/v1",
                           .model = "m",
                           .kind = BackendKind::kVllm,
                           .beam_search = BeamSearchMode::kNative};

  const std::string text = ConfigText(report, {.api_key_env = "KEY", .ca_file = "ca.pem"});

  EXPECT_THAT(text, AllOf(HasSubstr("kind: vllm\n"), HasSubstr("beam_search: native\n"),
                          HasSubstr("api_key_env: \"KEY\"\n"), HasSubstr("ca_file: \"ca.pem\"\n")));
}

TEST(ReportTextTest, LetsNoServerWriteToTheTerminal) {
  const ProbeReport report{.checks = {{.name = "models", .seen = "\x1b[2Jevil"}}};

  EXPECT_THAT(ReportText(report), HasSubstr("\\x1b[2Jevil"));
}

}  // namespace
}  // namespace sextant
