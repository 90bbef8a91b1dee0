// What the simulator answers to an HTTP request, without HTTP: routes, errors, models, metrics.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/string_view.h"
#include "simulator/catalog.h"
#include "simulator/counts.h"
#include "simulator/faults.h"
#include "simulator/ledger.h"
#include "simulator/reply.h"

namespace sextant {

struct ApiRequest {
  std::string method;
  std::string path;        // Without a query.
  std::string request_id;  // X-Request-Id, may be empty.
  std::string fault;       // X-Simulator-Fault, may be empty.
  std::string body;
};

// An answer that is there at once.
struct ApiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Close the connection without a word.
struct Refusal {};

using ApiAnswer = std::variant<ApiResponse, std::unique_ptr<Reply>, Refusal>;

struct Pace {
  double tokens_per_second = 0;  // Of every choice; 0: as fast as the connection takes it.
  int chunk_tokens = 1;
};

// An error object with an HTTP status.
ApiResponse ErrorResponse(int status, absl::string_view message);

// Not thread-safe: lives on the server's thread.
class Api {
 public:
  // Where the ledger has lines: for every choice that ended, or also for every chunk as it is sent,
  // so that what was generated is known of a simulator that was killed.
  enum class LedgerLines { kAtTheEnd, kEveryChunk };
  struct Accounts {
    Ledger ledger;
    LedgerLines lines = LedgerLines::kAtTheEnd;
  };

  Api(Catalog catalog, FaultRules faults, Accounts accounts, Pace pace);

  ApiAnswer Handle(const ApiRequest& request);

  // A part of a reply that Handle() gave is about to be sent, and more will follow.
  void Progressed(const Reply& reply);
  // A reply that Handle() gave has ended; its choices that had not finished did so as `outcome`.
  void Ended(const Reply& reply, StreamOutcome outcome);

  const Catalog& catalog() const { return catalog_; }
  const Ledger& ledger() const { return accounts_.ledger; }
  SimulatorCounts& counts() { return counts_; }

 private:
  ApiAnswer Complete(Endpoint endpoint, const ApiRequest& request);
  static LedgerEntry EntryOf(const Reply& reply, size_t choice);
  ApiResponse Models() const;
  std::string NewId(Endpoint endpoint);

  Catalog catalog_;
  FaultRules faults_;
  Accounts accounts_;
  Pace pace_;
  SimulatorCounts counts_;
  absl::BitGen random_;  // Seeds for requests without one.
  int64_t started_at_;   // Unix seconds.
  int64_t answers_ = 0;
};

}  // namespace sextant
