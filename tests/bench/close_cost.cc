// How fast a decision closes its losers: solves of first_finish(k=1) of which one trace ends,
// through the service, in turns with a bare loop that closes the other sockets. Times are those of
// the model server, from the write of the end; that of the answer is the caller's.
//
//   close_cost [--rounds 30] [--n 64] [--tokens-per-second 50] [--json FILE]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/sextant_client.h"
#include "server/log.h"
#include "tests/bench/bare_reader.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/paced_server.h"
#include "tests/bench/statistics.h"

namespace sextant {
namespace {

struct Options {
  int rounds = 30;
  int n = 64;
  double tokens_per_second = 50;
  std::string json;
};

void SolveBare(const PacedServer& server, int round, int n) {
  BareReader reader;
  for (int i = 0; i < n; ++i)
    reader.Ask(reader.Connect(server.port()), absl::StrCat("bare", round));
  while (reader.events().stopped_fd < 0) reader.ReadReady(absl::Seconds(1));
  reader.CloseAll();
  while (server.streams() > 0) absl::SleepFor(absl::Milliseconds(1));
}

// When the answer was there.
absl::Time SolveBySextant(const SextantClient& client, const PacedServer& server, int n) {
  v1::SolveRequest request = BenchRequest(1);
  request.mutable_strategy()->mutable_first_finish()->set_k(1);
  request.mutable_strategy()->mutable_first_finish()->set_n(n);
  const SolveResult result = client.Solve(request);
  const absl::Time answered = PacedServer::Now();
  if (!result.status.ok()) {
    std::fprintf(stderr, "close_cost: %s\n", result.status.ToString().c_str());
    std::exit(1);
  }
  while (server.streams() > 0) absl::SleepFor(absl::Milliseconds(1));
  return answered;
}

int Run(const Options& options) {
  PacedServer model({.tokens_per_second = options.tokens_per_second, .endings_per_second = 100});
  const Config config = BenchConfig(model.port());
  SetLog({.level = LogLevel::kWarning});
  const auto server = Server::Start(MakeSettings(config, BuiltInPolicy()));
  if (!server.ok()) return 1;
  const auto client = SextantClient::Connect((*server)->address());
  std::vector<absl::Time> answered;
  for (int round = 0; round < options.rounds; ++round) {
    SolveBare(model, round, options.n);
    answered.push_back(SolveBySextant(*client, model, options.n));
  }
  model.Stop();
  std::vector<double> bare_ms, closed_ms, answer_ms;
  double late = 0;
  size_t next = 0;
  for (const PacedServer::Ending& ending : model.endings()) {
    const double ms = absl::ToDoubleMilliseconds(ending.until_last_closed);
    if (ending.solve.rfind("bare", 0) == 0) {
      bare_ms.push_back(ms);
      continue;
    }
    closed_ms.push_back(ms);
    answer_ms.push_back(absl::ToDoubleMilliseconds(answered.at(next++) - ending.at));
    late += static_cast<double>(ending.tokens_of_losers) / ending.losers;
  }
  const double ratio = Median(closed_ms) / Median(bare_ms);
  std::printf(
      "first_finish(k=1,n=%d), %d rounds; ms from the end of a trace\n"
      "last loser closed, bare loop  p50 %.2f  p99 %.2f\n"
      "last loser closed, Sextant    p50 %.2f  p99 %.2f  %.2f of the bare loop\n"
      "answer at the caller          p50 %.2f  p99 %.2f\n"
      "tokens a loser afterwards     %.3f\n",
      options.n, options.rounds, Median(bare_ms), Quantile(bare_ms, 0.99), Median(closed_ms),
      Quantile(closed_ms, 0.99), ratio, Median(answer_ms), Quantile(answer_ms, 0.99),
      late / static_cast<double>(closed_ms.size()));
  const nlohmann::json json = {{"bare_ms_p50", Median(bare_ms)},
                               {"bare_ms_p99", Quantile(bare_ms, 0.99)},
                               {"closed_ms_p50", Median(closed_ms)},
                               {"closed_ms_p99", Quantile(closed_ms, 0.99)},
                               {"closed_over_bare", ratio},
                               {"answer_ms_p50", Median(answer_ms)},
                               {"answer_ms_p99", Quantile(answer_ms, 0.99)}};
  if (!options.json.empty()) std::ofstream(options.json) << json.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Options options;
  CLI::App app{"Measures how fast a decision closes its losers."};
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 10'000));
  app.add_option("--n", options.n)->check(CLI::Range(2, 256));
  app.add_option("--tokens-per-second", options.tokens_per_second)->check(CLI::Range(0.1, 1000.0));
  app.add_option("--json", options.json, "file for the figures");
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(options);
}
