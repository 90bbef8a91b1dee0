#include "server/worker.h"

#include <utility>

#include "server/backend/http_health_check.h"
#include "server/backend/openai.h"

namespace sextant {
namespace {

// One event of a stream is at most one chunk, or the whole text of a server that does not stream.
constexpr size_t kMaxEventBytes = 8 << 20;

}  // namespace

PoolMember Worker::MemberOf(const BackendConfig& backend) {
  PoolMember member{
      .name = backend.name,
      .max_traces = backend.max_traces,
      .weight = backend.weight,
      .max_attempts = backend.max_attempts,
      .shares_prefixes = SharesPrefixes(backend.kind),
      .backend = std::make_unique<OpenAiBackend>(connections_->http, backend, kMaxEventBytes)};
  if (backend.health_interval > absl::ZeroDuration()) {
    member.health = std::make_unique<HttpHealthCheck>(connections_->http, backend);
    member.health_interval = backend.health_interval;
  }
  return member;
}

Worker::Worker(const Config& config, PoolObserver& observer, Resolver::LookUp look_up) {
  thread_.RunAndWait([&] {
    connections_ = std::make_unique<Connections>(loop(), std::move(look_up));
    for (const ModelConfig& model : config.models) {
      std::vector<PoolMember> members;
      for (const BackendConfig& backend : model.backends) {
        members.push_back(MemberOf(backend));
      }
      pools_[model.name] = std::make_unique<Pool>(loop(), std::move(members), observer,
                                                  PoolOptions{.retry_share = model.retry_share});
    }
  });
}

Worker::~Worker() {
  thread_.RunAndWait([&] {
    pools_.clear();
    connections_.reset();
  });
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
