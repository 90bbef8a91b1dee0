// The running service: workers, gRPC server, health. Everything but configuration and signals.
#pragma once
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics.h"
#include "server/settings.h"
#include "server/solve_service.h"
#include "server/worker.h"

namespace sextant {

// Any thread. Start, then drain, once each; destruction drains without waiting for solves.
class Server {
 public:
  // `look_up` replaces the system's name look-up. UNAVAILABLE when an address cannot be listened
  // on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      Settings settings, Resolver::LookUp look_up = Resolver::SystemLookUp);
  ~Server();

  // Calls from now on come under `next`; solves that run or wait keep what they came under. Where
  // it has an error, or Succeed() refuses it, nothing changes and that is returned. Not from two
  // threads at once.
  absl::Status Reload(absl::StatusOr<Settings> next);
  std::shared_ptr<const Settings> settings() const { return service_->settings(); }

  // HOST:PORT of the gRPC service, with the port that was chosen where the configuration says 0.
  const std::string& address() const { return address_; }

  // Refuses new calls and lets running solves finish. Calls `on_drained` on a thread of its own
  // once the last has; those that still run at `server.drain_timeout`, or when EndSolves()
  // is called, are answered with what they have.
  void BeginDrain(std::function<void()> on_drained);
  void EndSolves() { service_->EndAll(); }

 private:
  explicit Server(Settings settings);

  // Backends and limits of solves are of these to the end. Shared with calls.
  const std::shared_ptr<const Settings> first_;
  Metrics metrics_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<SolveService> service_;
  std::unique_ptr<grpc::Server> grpc_;
  std::string address_;
  std::thread drain_;
};

}  // namespace sextant
