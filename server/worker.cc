#include "server/worker.h"

#include <utility>

#include "server/backend/openai.h"

namespace sextant {
namespace {

// One event of a stream is at most one chunk, or the whole text of a server that does not stream.
constexpr size_t kMaxEventBytes = 8 << 20;

}  // namespace

Worker::Worker(const Config& config, PoolObserver& observer, Resolver::LookUp look_up) {
  thread_.RunAndWait([&] {
    connections_ = std::make_unique<Connections>(loop(), std::move(look_up));
    for (const ModelConfig& model : config.models) {
      std::vector<PoolMember> members;
      for (const BackendConfig& backend : model.backends) {
        members.push_back({.name = backend.name,
                           .max_traces = backend.max_traces,
                           .max_attempts = backend.max_attempts,
                           .backend = std::make_unique<OpenAiBackend>(connections_->http, backend,
                                                                      kMaxEventBytes)});
      }
      pools_[model.name] = std::make_unique<Pool>(loop(), std::move(members), observer);
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
