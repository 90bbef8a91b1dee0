// The simulator as a whole: a model server without a model on a thread of its own. The program
// sextant-simulator is this class and its flags; tests run it in their own process.
#pragma once
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "simulator/counts.h"
#include "simulator/ledger.h"

namespace sextant {

class Api;
class HttpServer;

struct SimulatorOptions {
  std::string listen = "127.0.0.1:0";  // HOST:PORT; port 0: any free one.
  std::string problems;                // JSON Lines, required.
  std::vector<std::string> traces;     // JSON Lines of recorded traces, gzip or not.
  std::string simulate;                // YAML of simulated models; this or traces is required.
  std::string faults;                  // YAML of fault rules, optional.
  double tokens_per_second = 0;        // Of every stream; 0: as fast as the client reads.
  int chunk_tokens = 1;                // Tokens in one chunk, 1 to 100,000.
  std::string ledger;                  // Where to write the ledger, optional.
  bool ledger_every_chunk = false;     // With a line for every chunk.
};

// Serves from Start() until it is destroyed, which cuts the streams that are open then.
class Simulator {
 public:
  // Reads the files and listens. INVALID_ARGUMENT names flag, or file and line; UNAVAILABLE when
  // the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Simulator>> Start(SimulatorOptions options);
  ~Simulator();

  int port() const;
  std::string address() const;  // HOST:PORT
  // What is served, for one line of a log; says what is simulated.
  const std::string& description() const { return description_; }

  // Any thread.
  SimulatorCounts Counts() const;
  std::vector<LedgerEntry> LedgerEntries() const;  // The latest 65,536, oldest first.

 private:
  Simulator(std::unique_ptr<Api> api, std::unique_ptr<HttpServer> server, std::string description);

  std::unique_ptr<Api> api_;  // Of the thread alone, once that runs.
  std::unique_ptr<HttpServer> server_;
  std::string description_;
  std::thread thread_;
};

}  // namespace sextant
