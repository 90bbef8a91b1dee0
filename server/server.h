// The running service: workers, gRPC server, health. Everything but configuration and signals.
#pragma once
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/config.h"
#include "server/metrics.h"
#include "server/policy.h"
#include "server/solve_service.h"
#include "server/worker.h"

namespace sextant {

// Any thread. Start, then drain, once each; destruction drains without waiting for solves.
class Server {
 public:
  // `config` outlives the server. `look_up` replaces the system's name look-up.
  // UNAVAILABLE when an address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const Config& config, Policy policy, Resolver::LookUp look_up = Resolver::SystemLookUp);
  ~Server();

  // Plans made from now on ask this policy; running solves keep their plans.
  void SetPolicy(Policy policy) { service_->SetPolicy(std::move(policy)); }

  // Who may call from now on, and within which limits.
  void SetCallers(std::vector<CallerConfig> callers) { service_->SetCallers(std::move(callers)); }

  // HOST:PORT of the gRPC service, with the port that was chosen where the configuration says 0.
  const std::string& address() const { return address_; }

  // Refuses new calls and lets running solves finish. Calls `on_drained` on a thread of its own
  // once the last has; those that still run at `config.server.drain_timeout`, or when EndSolves()
  // is called, are answered with what they have.
  void BeginDrain(std::function<void()> on_drained);
  void EndSolves() { service_->EndAll(); }

 private:
  explicit Server(const Config& config);

  const Config& config_;
  Metrics metrics_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<SolveService> service_;
  std::unique_ptr<grpc::Server> grpc_;
  std::string address_;
  std::thread drain_;
};

}  // namespace sextant
