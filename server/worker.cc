#include "server/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/backend/http_health_check.h"
#include "server/backend/openai.h"
#include "server/endpoint.h"

namespace sextant {
namespace {

// One event of a stream is at most one chunk, or the whole text of a server that does not stream.
constexpr size_t kMaxEventBytes = 8 << 20;
// A look-up is asked for again that often; the resolver keeps its results about as long.
constexpr absl::Duration kLookUpAgain = absl::Seconds(31);
// Servers behind one name; what a look-up has beyond is not used.
constexpr size_t kMostAddresses = 64;

// The host of a base URL, IPv6 without brackets. Empty where it has none.
std::string HostOf(const std::string& url) {
  const absl::StatusOr<std::string> authority = UrlAuthority(url);
  if (!authority.ok()) return "";
  absl::string_view host = absl::string_view(*authority).substr(0, authority->rfind(':'));
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return std::string(host);
}

// A server has one address of each family, so those of one are counted: IPv4 where there are any.
// Where that leaves one, the name stands for it, and libcurl may try all that it has.
std::vector<std::string> ServersAt(Resolver::Addresses addresses) {
  const auto is_v6 = [](const std::string& address) { return absl::StrContains(address, ":"); };
  if (!std::all_of(addresses.begin(), addresses.end(), is_v6)) {
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_v6), addresses.end());
  }
  std::sort(addresses.begin(), addresses.end());
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  if (addresses.size() == 1) return {""};
  return addresses;
}

}  // namespace

PoolMember Worker::MemberOf(const BackendConfig& backend, const std::string& address) {
  PoolMember member{.name = backend.name,
                    .address = address,
                    .max_traces = backend.max_traces,
                    .weight = backend.weight,
                    .max_attempts = backend.max_attempts,
                    .shares_prefixes = SharesPrefixes(backend.kind),
                    .backend = std::make_unique<OpenAiBackend>(connections_->http, backend,
                                                               kMaxEventBytes, address)};
  if (backend.health_interval > absl::ZeroDuration()) {
    member.health = std::make_unique<HttpHealthCheck>(connections_->http, backend, address);
    member.health_interval = backend.health_interval;
  }
  return member;
}

Worker::Worker(const Config& config, PoolObserver& observer, std::function<void(bool)> on_pace,
               Resolver::LookUp look_up)
    : text_room_(config.server.max_text_bytes / config.server.loops),
      thread_({.pace = {.interval = config.server.read_interval}, .on_pace = std::move(on_pace)}) {
  thread_.RunAndWait([&] {
    connections_ = std::make_unique<Connections>(loop(), std::move(look_up));
    for (const ModelConfig& model : config.models) {
      std::vector<PoolMember> members;
      for (const BackendConfig& backend : model.backends) {
        members.push_back(MemberOf(backend, ""));
      }
      Pool& pool = *(pools_[model.name] =
                         std::make_unique<Pool>(loop(), std::move(members), observer,
                                                PoolOptions{.retry_share = model.retry_share}));
      for (const BackendConfig& backend : model.backends) {
        // Hosted services balance by themselves.
        if (backend.kind != BackendKind::kOpenAi) watches_.Launch(WatchAddresses(pool, backend));
      }
    }
  });
}

Worker::~Worker() {
  thread_.RunAndWait([&] {
    watches_.Clear();
    pools_.clear();
    connections_.reset();
  });
}

Task<int> Worker::WatchAddresses(Pool& pool, const BackendConfig& backend) {
  const std::string host = HostOf(backend.url);
  const auto make = [&](const std::string& address) { return MemberOf(backend, address); };
  while (true) {
    auto look_up = connections_->resolver.Resolve(host);
    const absl::StatusOr<Resolver::Addresses> found = co_await look_up;
    // A look-up that fails changes nothing: the servers may be there all the same.
    if (found.ok()) {
      if (found->front() == host) co_return 0;  // It is an address.
      pool.SetAddresses(backend.name, ServersAt(*found), make);
    }
    co_await loop().Sleep(kLookUpAgain);
  }
}

void Worker::EndAll(v1::StopReason reason) {
  const std::set<Running*> running = running_;  // A solve that ends takes itself out.
  for (Running* r : running) {
    if (running_.count(r) > 0) r->solve().End(reason);
  }
}

Worker::Running::Running(Worker& worker, std::unique_ptr<Solve> solve,
                         std::function<void(SolveOutcome)> on_done)
    : worker_(worker), solve_(std::move(solve)), on_done_(std::move(on_done)) {
  worker_.running_.insert(this);
  task_.Launch(Run(*this));
}

Worker::Running::~Running() { worker_.running_.erase(this); }

Task<int> Worker::Running::Run(Running& self) {
  Task<SolveOutcome> run = self.solve_->Run();
  SolveOutcome outcome = co_await std::move(run);
  self.on_done_(std::move(outcome));
  co_return 0;
}

}  // namespace sextant
