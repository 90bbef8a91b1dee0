// Many running traces in one process: memory and CPU of the service while they run, and how long
// the streams of abandoned solves take to close.
//
//   scale [--traces 100,1000,10000] [--loops 1,2] [--tokens-per-second 2] [--seconds 5] [--json
//   FILE]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/child_process.h"
#include "tests/bench/paced_server.h"

namespace sextant {
namespace {

constexpr int kTracesOfSolve = 64;

struct Options {
  std::vector<int> traces = {100, 1000, 10'000};
  std::vector<int> loops = {1, 2};
  double tokens_per_second = 2;
  double seconds = 5;
  std::string json;
};

void AwaitStreams(const PacedServer& model, int streams) {
  const absl::Time give_up_at = absl::Now() + absl::Seconds(60);
  while (model.streams() != streams) {
    if (absl::Now() > give_up_at) {
      std::fprintf(stderr, "scale: %d streams, expected %d\n", model.streams(), streams);
      std::exit(1);
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
}

nlohmann::json Measure(const Options& options, int traces, int loops) {
  PacedServer model({.tokens_per_second = options.tokens_per_second});
  const ChildProcess sextant({"--role", "sextant", "--model-port", absl::StrCat(model.port()),
                              "--serve-loops", absl::StrCat(loops)});
  auto client = SextantClient::Connect(absl::StrCat("127.0.0.1:", sextant.port()));
  const auto solve_all = [&](int count, SolveFan& fan) {
    for (int id = 0; count > 0; ++id, count -= kTracesOfSolve) {
      fan.Start(id, BenchRequest(std::min(count, kTracesOfSolve)));
    }
  };
  {
    // What the first solves cost once is not what a trace costs.
    SolveFan warm_up(*client);
    solve_all(kTracesOfSolve, warm_up);
    AwaitStreams(model, kTracesOfSolve);
  }
  AwaitStreams(model, 0);
  const double idle_kib = sextant.ResidentKib();
  SolveFan fan(*client);
  const absl::Time begin = absl::Now();
  solve_all(traces, fan);
  AwaitStreams(model, traces);
  const double started_s = absl::ToDoubleSeconds(absl::Now() - begin);
  absl::SleepFor(absl::Seconds(1));
  const double cpu = sextant.CpuSeconds();
  const int64_t chunks = model.chunks_sent();
  absl::SleepFor(absl::Seconds(options.seconds));
  const double cpu_s = sextant.CpuSeconds() - cpu;
  const double us_a_chunk = cpu_s * 1e6 / static_cast<double>(model.chunks_sent() - chunks);
  const double kib_a_trace = (sextant.ResidentKib() - idle_kib) / traces;
  const absl::Time leave = absl::Now();
  fan.CancelAll();
  AwaitStreams(model, 0);
  const double closed_s = absl::ToDoubleSeconds(absl::Now() - leave);
  std::printf("%7d %6d %10.1f %12.1f %14.1f %12.1f %10.2f %10.2f\n", traces, loops, idle_kib / 1024,
              kib_a_trace, 100 * cpu_s / options.seconds, us_a_chunk, started_s, closed_s);
  std::fflush(stdout);
  return {{"traces", traces},
          {"loops", loops},
          {"idle_mib", idle_kib / 1024},
          {"kib_per_trace", kib_a_trace},
          {"cpu_percent", 100 * cpu_s / options.seconds},
          {"cpu_us_per_chunk", us_a_chunk},
          {"started_s", started_s},
          {"closed_s", closed_s}};
}

int Run(const Options& options) {
  std::printf(
      " traces  loops  idle MiB  KiB a trace  %% of one core  us a chunk  started s   closed s\n");
  nlohmann::json rows = nlohmann::json::array();
  for (const int loops : options.loops) {
    for (const int traces : options.traces) rows.push_back(Measure(options, traces, loops));
  }
  if (!options.json.empty()) std::ofstream(options.json) << rows.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Options options;
  std::string role;
  int model_port = 0, serve_loops = 1;
  CLI::App app{"Measures what many running traces take."};
  app.add_option("--traces", options.traces)->delimiter(',')->check(CLI::Range(1, 100'000));
  app.add_option("--loops", options.loops)->delimiter(',')->check(CLI::Range(1, 64));
  app.add_option("--tokens-per-second", options.tokens_per_second)->check(CLI::Range(0.1, 1000.0));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1.0, 600.0));
  app.add_option("--json", options.json, "file for the figures");
  app.add_option("--role", role, "what this process is; started by the program itself")
      ->check(CLI::IsMember({"sextant"}));
  app.add_option("--model-port", model_port);
  app.add_option("--serve-loops", serve_loops);
  CLI11_PARSE(app, argc, argv);
  if (role == "sextant") sextant::ServeSextant(model_port, serve_loops);
  return sextant::Run(options);
}
