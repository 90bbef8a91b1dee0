// A simulator that replays made-up traces, a server in front of it and a client, in one process and
// over real sockets: what the end-to-end tests act on.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/sextant_client.h"
#include "server/config.h"
#include "server/server.h"
#include "simulator/simulator.h"

namespace sextant {

// One recorded trace: the text it ends in and its length.
struct Sample {
  std::string ending;  // Such as "\\boxed{4}".
  int tokens = 10;
};

struct WorldOptions {
  std::vector<Sample> samples;  // Of the one problem; sample i is what seed i gets.
  // Instead of samples: what a simulated model has beside its name, as in `horizon: short`.
  std::string simulated_model;
  double tokens_per_second = 2000;
  int chunk_tokens = 1;
  std::string faults;    // YAML of the simulator; empty: none.
  std::string simulate;  // YAML of simulated models beside the recorded one; empty: none.
  int backends = 1;      // That many simulators; the faults are those of the first.
  std::function<void(Config&)> edit = [](Config&) {};
  Resolver::LookUp look_up = Resolver::SystemLookUp;
};

// Threads: the test's own.
class World {
 public:
  static constexpr char kModel[] = "recorded";
  static constexpr char kPrompt[] = "What is two and two?";

  explicit World(WorldOptions options);
  ~World();

  // A request for the one problem, kind integer, whose trace i replays sample i.
  v1::SolveRequest Request(const std::string& strategy) const;
  SolveResult Solve(const v1::SolveRequest& request,
                    absl::Duration timeout = absl::Seconds(60)) const;
  SolveResult Solve(const std::string& strategy) const { return Solve(Request(strategy)); }

  const SextantClient& client() const { return *client_; }
  Simulator& simulator(int i = 0) { return *simulators_[i]; }
  Server& server() { return *server_; }
  const Config& config() const { return config_; }

  // Blocks until `holds` is true of the first simulator's counts.
  void Await(const std::function<bool(const SimulatorCounts&)>& holds);
  // Blocks until no stream is open; then returns the tokens in the first simulator's ledger.
  int64_t LedgerTokens();

 private:
  std::string folder_;
  std::vector<std::unique_ptr<Simulator>> simulators_;
  Config config_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<SextantClient> client_;
};

}  // namespace sextant
