// What a decision costs after it was taken: many solves of first_finish(k=1) at once against
// simulated models, every bill held against the simulator's own account.
//
//   cancel_cost [--solves 1000] [--concurrency 16] [--n 16] [--tokens-per-second 50] [--json FILE]
//
// Prints the figures. Exits 1 when a stream stays open, a loser generates more than half a token on
// average after its solve was decided, a finished trace's bill is not exact, or a cut trace's is
// off by more than one chunk (of one token).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "server/log.h"
#include "server/server.h"
#include "server/strategies/spec.h"
#include "simulator/simulator.h"

namespace sextant {
namespace {

constexpr char kModels[] = R"(models:
  - name: simulated
    horizon: short
    tokens: {mean: 60, sigma: 0.4, min: 16, max: 400, by_difficulty: 0.5}
    accuracy: {easy: 0.9, hard: 0.5, length_effect: 0.5}
)";
constexpr char kProblem[] =
    R"({"dataset": "bench", "problem_id": 0, "prompt": "What is two and two?", "answer": "4", "answer_kind": "integer"})";

struct Options {
  int solves = 1000;
  int concurrency = 16;
  int n = 16;
  double tokens_per_second = 50;
  std::string json;
};

struct Figures {
  int failed_solves = 0;
  int finished = 0, finished_not_exact = 0;
  int cut = 0, cut_beyond_a_chunk = 0;
  int64_t after_decision = 0;  // Tokens that cut traces generated and that are not on their bill.
};

std::string WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

v1::SolveRequest RequestFor(const Options& options) {
  v1::SolveRequest request;
  request.set_model("simulated");
  request.set_prompt("What is two and two?");
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
  request.set_include_traces(true);
  v1::FirstFinish& strategy = *request.mutable_strategy()->mutable_first_finish();
  strategy.set_k(1);
  strategy.set_n(options.n);
  return request;
}

// Runs the solves and keeps every trace's bill by the request id that the ledger knows it under.
std::map<std::string, v1::Trace> RunSolves(const SextantClient& client, const Options& options,
                                           Figures& figures) {
  std::map<std::string, v1::Trace> billed;
  SolveFan fan(client);
  int started = 0, ended = 0;
  while (ended < options.solves) {
    while (started < options.solves && fan.running() < options.concurrency) {
      fan.Start(started++, RequestFor(options));
    }
    const auto solve = fan.Next(absl::Seconds(60));
    ++ended;
    if (!solve || !solve->result.status.ok()) {
      ++figures.failed_solves;
      continue;
    }
    const v1::SolveResponse& response = solve->result.response;
    for (const v1::Trace& trace : response.traces()) {
      billed[absl::StrCat(response.solve_id(), "/", trace.index())] = trace;
    }
  }
  return billed;
}

void Compare(const std::vector<LedgerEntry>& ledger, const std::map<std::string, v1::Trace>& billed,
             Figures& figures) {
  for (const LedgerEntry& entry : ledger) {
    const auto trace = billed.find(entry.request_id);
    const int64_t on_bill = trace == billed.end() ? 0 : trace->second.completion_tokens();
    if (trace != billed.end() && trace->second.outcome() == v1::FINISHED) {
      ++figures.finished;
      figures.finished_not_exact += on_bill != entry.tokens;
    } else {
      ++figures.cut;
      figures.cut_beyond_a_chunk += std::abs(entry.tokens - on_bill) > 1;
      figures.after_decision += entry.tokens - on_bill;
    }
  }
}

int Run(const Options& options) {
  std::string folder = "/tmp/sextant-cancel-cost-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  auto simulator = Simulator::Start({.problems = WriteFile(folder + "/problems.jsonl", kProblem),
                                     .simulate = WriteFile(folder + "/models.yaml", kModels),
                                     .tokens_per_second = options.tokens_per_second});
  if (!simulator.ok()) {
    std::fprintf(stderr, "%s\n", simulator.status().ToString().c_str());
    return 1;
  }
  Config config;
  config.server.listen = "127.0.0.1:0";
  config.server.read_interval = absl::ZeroDuration();  // stream_cost measures what it changes.
  config.models = {{.name = "simulated", .horizon = Horizon::kShort}};
  config.models[0].backends = {{.url = absl::StrCat("http://", (*simulator)->address(), "/v1"),
                                .name = "simulator",
                                .model = "simulated"}};
  SetLog({.level = LogLevel::kWarning});
  auto server = Server::Start(MakeSettings(config, BuiltInPolicy()));
  if (!server.ok()) return 1;
  const auto client = SextantClient::Connect((*server)->address());

  Figures figures;
  const auto billed = RunSolves(*client, options, figures);
  while ((*simulator)->Counts().streams_open > 0) std::this_thread::yield();
  Compare((*simulator)->LedgerEntries(), billed, figures);

  const double per_loser =
      figures.cut == 0 ? 0 : static_cast<double>(figures.after_decision) / figures.cut;
  std::printf(
      "%d solves of first_finish(k=1,n=%d), %d at a time, %g tokens/s, one token a chunk\n"
      "solves failed                          %d\n"
      "traces finished / not billed exactly   %d / %d\n"
      "traces cut / off by more than a chunk  %d / %d\n"
      "tokens a loser after the decision      %.3f\n"
      "streams open at the end                %lld\n",
      options.solves, options.n, options.concurrency, options.tokens_per_second,
      figures.failed_solves, figures.finished, figures.finished_not_exact, figures.cut,
      figures.cut_beyond_a_chunk, per_loser,
      static_cast<long long>((*simulator)->Counts().streams_open));
  if (!options.json.empty()) {
    std::ofstream(options.json) << absl::StrCat("{\"tokens_per_loser\": ", per_loser, "}\n");
  }
  const bool well = figures.failed_solves == 0 && figures.finished_not_exact == 0 &&
                    figures.cut_beyond_a_chunk == 0 && per_loser <= 0.5 &&
                    figures.finished + figures.cut == options.solves * options.n;
  std::printf("%s\n", well ? "within the limits" : "BEYOND THE LIMITS");
  return well ? 0 : 1;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Options options;
  CLI::App app("Holds bills against the simulator's ledger while losers are cancelled.");
  app.add_option("--solves", options.solves)->check(CLI::Range(1, 4000));
  app.add_option("--concurrency", options.concurrency)->check(CLI::Range(1, 1000));
  app.add_option("--n", options.n)->check(CLI::Range(2, 16));
  app.add_option("--tokens-per-second", options.tokens_per_second);
  app.add_option("--json", options.json, "file for the tokens a loser");
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(options);
}
