#include "simulator/simulator.h"

#include <cmath>
#include <future>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "simulator/api.h"
#include "simulator/http_server.h"

namespace sextant {
namespace {

constexpr int kMaxChunkTokens = 100'000;
constexpr double kMaxTokensPerSecond = 1e9;

absl::Status CheckOptions(const SimulatorOptions& options) {
  if (options.problems.empty()) {
    return absl::InvalidArgumentError("problems is empty, expected a file");
  }
  if (!(options.tokens_per_second >= 0 && options.tokens_per_second <= kMaxTokensPerSecond)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tokens_per_second is ", options.tokens_per_second,
                     ", expected 0 (no limit) to ", kMaxTokensPerSecond));
  }
  if (options.chunk_tokens < 1 || options.chunk_tokens > kMaxChunkTokens) {
    return absl::InvalidArgumentError(absl::StrCat("chunk_tokens is ", options.chunk_tokens,
                                                   ", expected 1 to ", kMaxChunkTokens));
  }
  return absl::OkStatus();
}

std::string Describe(const Catalog& catalog, size_t fault_rules) {
  std::vector<std::string> replayed, simulated;
  for (const ModelEntry& model : catalog.models()) {
    (model.simulated ? simulated : replayed).push_back(model.name);
  }
  std::vector<std::string> parts = {absl::StrCat(catalog.problems().size(), " problems")};
  if (!replayed.empty()) {
    parts.push_back(absl::StrCat("replayed: ", absl::StrJoin(replayed, " "), ", ",
                                 catalog.recorded().traces(), " traces"));
  }
  if (catalog.recorded().rows_passed_over() > 0) {
    parts.push_back(
        absl::StrCat(catalog.recorded().rows_passed_over(), " rows of other problems passed over"));
  }
  if (!simulated.empty()) {
    parts.push_back(
        absl::StrCat("simulated: true, no model runs: ", absl::StrJoin(simulated, " ")));
  }
  if (fault_rules > 0) parts.push_back(absl::StrCat(fault_rules, " fault rules"));
  return absl::StrJoin(parts, "; ");
}

}  // namespace

Simulator::Simulator(std::unique_ptr<Api> api, std::unique_ptr<HttpServer> server,
                     std::string description)
    : api_(std::move(api)), server_(std::move(server)), description_(std::move(description)) {
  thread_ = std::thread([this] { server_->Run(); });
}

Simulator::~Simulator() {
  server_->Stop();
  thread_.join();
}

absl::StatusOr<std::unique_ptr<Simulator>> Simulator::Start(SimulatorOptions options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  absl::StatusOr<Catalog> catalog =
      Catalog::Load({options.problems, options.traces, options.simulate});
  if (!catalog.ok()) return catalog.status();
  FaultRules faults;
  if (!options.faults.empty()) {
    absl::StatusOr<FaultRules> loaded = FaultRules::Load(options.faults);
    if (!loaded.ok()) return loaded.status();
    faults = *std::move(loaded);
  }
  absl::StatusOr<Ledger> ledger = Ledger::Open(options.ledger);
  if (!ledger.ok()) return ledger.status();

  std::string description = Describe(*catalog, faults.size());
  const Pace pace{options.tokens_per_second, options.chunk_tokens};
  Api::Accounts accounts{*std::move(ledger), options.ledger_every_chunk
                                                 ? Api::LedgerLines::kEveryChunk
                                                 : Api::LedgerLines::kAtTheEnd};
  auto api =
      std::make_unique<Api>(*std::move(catalog), std::move(faults), std::move(accounts), pace);
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Listen(options.listen, *api);
  if (!server.ok()) return server.status();
  return std::unique_ptr<Simulator>(
      new Simulator(std::move(api), *std::move(server), std::move(description)));
}

int Simulator::port() const { return server_->port(); }

std::string Simulator::address() const {
  const bool is_v6 = server_->host().find(':') != std::string::npos;
  return absl::StrCat(is_v6 ? "[" : "", server_->host(), is_v6 ? "]:" : ":", server_->port());
}

SimulatorCounts Simulator::Counts() const {
  std::promise<SimulatorCounts> counts;
  server_->Post([&] { counts.set_value(api_->counts()); });
  return counts.get_future().get();
}

std::vector<LedgerEntry> Simulator::LedgerEntries() const {
  std::promise<std::vector<LedgerEntry>> entries;
  server_->Post([&] {
    const auto& kept = api_->ledger().entries();
    entries.set_value(std::vector<LedgerEntry>(kept.begin(), kept.end()));
  });
  return entries.get_future().get();
}

}  // namespace sextant
