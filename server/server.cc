#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/grpc_credentials.h"

namespace sextant {
namespace {

// Largest request: the prompt's limit, and room for everything else.
constexpr int kMaxRequestBytes = 4 << 20;
// After the drain's end, for answers to reach their callers.
constexpr absl::Duration kLastWords = absl::Seconds(2);

// gRPC's health and reflection services are switched on for the process, not for a server.
void InitGrpcPlugins(const ServerConfig& config) {
  static std::once_flag health, reflection;
  std::call_once(health, [] { grpc::EnableDefaultHealthCheckService(true); });
  if (config.reflection) {
    std::call_once(reflection, [] { grpc::reflection::InitProtoReflectionServerBuilderPlugin(); });
  }
}

}  // namespace

Server::Server(const Config& config) : config_(config), metrics_(config) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config, Policy policy,
                                                      Resolver::LookUp look_up) {
  std::unique_ptr<Server> server(new Server(config));
  if (!config.server.metrics.empty()) {
    absl::Status status = server->metrics_.Serve(config.server.metrics);
    if (!status.ok()) return status;
  }
  for (int i = 0; i < config.server.loops; ++i) {
    const auto on_pace = [&metrics = server->metrics_](bool sweeping) { metrics.OnPace(sweeping); };
    server->workers_.push_back(
        std::make_unique<Worker>(config, server->metrics_, on_pace, look_up));
  }
  server->service_ =
      std::make_unique<SolveService>(config, std::move(policy), server->metrics_, server->workers_);

  InitGrpcPlugins(config.server);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config.server.listen, CredentialsOf(config.server.tls), &port);
  // A second server on the same port is an error, not a silent half of the traffic.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.RegisterService(server->service_.get());
  server->grpc_ = builder.BuildAndStart();
  if (server->grpc_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("server.listen: cannot listen on ", config.server.listen,
                     "; expected a free port of an address of this machine"));
  }
  const std::string& listen = config.server.listen;
  server->address_ = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
  return server;
}

void Server::BeginDrain(std::function<void()> on_drained) {
  if (drain_.joinable()) return;
  service_->BeginDrain();
  grpc_->GetHealthCheckService()->SetServingStatus(false);
  drain_ = std::thread([this, on_drained = std::move(on_drained)] {
    // The deadline cancels only what EndSolves() could not end.
    grpc_->Shutdown(absl::ToChronoTime(absl::Now() + config_.server.drain_timeout + kLastWords));
    on_drained();
  });
}

Server::~Server() {
  if (grpc_ == nullptr) return;
  service_->EndAll();
  BeginDrain([] {});
  drain_.join();
}

}  // namespace sextant
