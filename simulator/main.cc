// sextant-simulator: a model server without a model, speaking the OpenAI streaming API.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "simulator/simulator.h"

namespace {

// Every stream is a file descriptor, and the usual limit of 1,024 is a soft one.
void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void AddFlags(CLI::App& app, sextant::SimulatorOptions& options) {
  app.add_option("--listen", options.listen, "HOST:PORT; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--problems", options.problems, "problems, JSON Lines")->required();
  app.add_option("--traces", options.traces, "recorded traces to replay, JSON Lines, .gz or not");
  app.add_option("--simulate", options.simulate, "simulated models, YAML");
  app.add_option("--faults", options.faults, "fault rules, YAML");
  app.add_option("--tokens-per-second", options.tokens_per_second,
                 "speed of every stream; 0: as fast as the client reads")
      ->capture_default_str();
  app.add_option("--chunk-tokens", options.chunk_tokens, "tokens in one chunk")
      ->capture_default_str();
  app.add_option("--ledger", options.ledger, "file for one JSON line per stream that ended");
  app.add_flag("--ledger-every-chunk", options.ledger_every_chunk,
               "in the ledger also one line per chunk, as it is sent");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A model server without a model: replays recorded traces or simulates models.");
  sextant::SimulatorOptions options;
  AddFlags(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  // Blocked before the first thread starts, so that only sigwait below receives them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  RaiseFileLimit();

  absl::StatusOr<std::unique_ptr<sextant::Simulator>> simulator =
      sextant::Simulator::Start(std::move(options));
  if (!simulator.ok()) {
    std::fprintf(stderr, "sextant-simulator: %s\n", simulator.status().ToString().c_str());
    return 1;
  }
  std::printf("sextant-simulator: listening on %s (%s)\n", (*simulator)->address().c_str(),
              (*simulator)->description().c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}
