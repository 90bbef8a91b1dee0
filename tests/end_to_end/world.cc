#include "tests/end_to_end/world.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

using Json = nlohmann::json;

std::string NewFolder() {
  std::string path = testing::TempDir() + "/sextant-world-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "cannot make a folder in " << path;
  return path;
}

void WriteTraces(const std::string& path, const std::vector<Sample>& samples) {
  std::ofstream out(path);
  for (size_t i = 0; i < samples.size(); ++i) {
    // Four characters a token, the answer in the last few.
    std::string text;
    while (text.size() + samples[i].ending.size() < static_cast<size_t>(4 * samples[i].tokens)) {
      text += "Hm. ";
    }
    text += samples[i].ending;
    out << Json{{"model", World::kModel},
                {"dataset", "test"},
                {"problem_id", 0},
                {"sample_id", i},
                {"completion_tokens", samples[i].tokens},
                {"answer", "4"},
                {"answer_kind", "integer"},
                {"output_chars", text.size()},
                {"output", text}}
               .dump()
        << "\n";
  }
}

}  // namespace

World::World(WorldOptions options) : folder_(NewFolder()) {
  std::ofstream(folder_ + "/problems.jsonl")
      << Json{{"dataset", "test"}, {"problem_id", 0},          {"prompt", kPrompt},
              {"answer", "4"},     {"answer_kind", "integer"}, {"difficulty", 0.8}};
  const bool is_simulated = !options.simulated_model.empty();
  WriteTraces(folder_ + "/traces.jsonl", options.samples);
  std::ofstream(folder_ + "/models.yaml")
      << "models: [{name: " << kModel << ", " << options.simulated_model << "}]";
  std::ofstream(folder_ + "/faults.yaml") << options.faults;
  std::ofstream(folder_ + "/simulate.yaml") << options.simulate;

  ModelConfig model{.name = kModel, .typical_trace_tokens = 100};
  for (int i = 0; i < options.backends; ++i) {
    SimulatorOptions simulate{.problems = folder_ + "/problems.jsonl",
                              .tokens_per_second = options.tokens_per_second,
                              .chunk_tokens = options.chunk_tokens};
    if (is_simulated) simulate.simulate = folder_ + "/models.yaml";
    if (!is_simulated) simulate.traces = {folder_ + "/traces.jsonl"};
    if (!options.simulate.empty()) simulate.simulate = folder_ + "/simulate.yaml";
    if (i == 0 && !options.faults.empty()) simulate.faults = folder_ + "/faults.yaml";
    auto simulator = Simulator::Start(simulate);
    EXPECT_TRUE(simulator.ok()) << simulator.status();
    model.backends.push_back({.url = absl::StrCat("http://", (*simulator)->address(), "/v1"),
                              .name = absl::StrCat("backend-", i),
                              .model = kModel});
    simulators_.push_back(*std::move(simulator));
  }
  config_.server.listen = "127.0.0.1:0";
  // Exact bills and times, however busy the machine makes the loop.
  config_.server.read_interval = absl::ZeroDuration();
  // So much later may an answer come that is due at a deadline.
  config_.server.deadline_reserve = absl::Seconds(1);
  config_.models = {model};
  options.edit(config_);
  auto server = Server::Start(MakeSettings(config_, BuiltInPolicy()), options.look_up);
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  client_ = std::make_unique<SextantClient>(*SextantClient::Connect(server_->address()));
}

World::~World() {
  client_.reset();
  server_.reset();
  simulators_.clear();
  std::filesystem::remove_all(folder_);
}

v1::SolveRequest World::Request(const std::string& strategy) const {
  v1::SolveRequest request;
  request.set_model(kModel);
  request.set_prompt(kPrompt);
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
  request.mutable_sampling()->set_seed(0);
  *request.mutable_strategy() = *ParseStrategy(strategy);
  return request;
}

SolveResult World::Solve(const v1::SolveRequest& request, absl::Duration timeout) const {
  return client_->Solve(request, {.timeout = timeout});
}

void World::Await(const std::function<bool(const SimulatorCounts&)>& holds) {
  while (!holds(simulators_[0]->Counts())) std::this_thread::yield();
}

int64_t World::LedgerTokens() {
  Await([](const SimulatorCounts& counts) { return counts.streams_open == 0; });
  int64_t tokens = 0;
  for (const LedgerEntry& entry : simulators_[0]->LedgerEntries()) tokens += entry.tokens;
  return tokens;
}

}  // namespace sextant
