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
// Names and values of a call's metadata; docs/threat-model.md.
constexpr int kMaxMetadataBytes = 16 << 10;
// A caller's end that is gone without a word is noticed, and its solves end with it.
constexpr absl::Duration kPingQuietCallers = absl::Minutes(2);
constexpr absl::Duration kPingAnswered = absl::Seconds(20);
// Callers may ping that often, between calls too; who does so more often is cut off. gRPC's own
// limit, of five minutes, is below what proxies on the way demand of a Solve that says nothing.
constexpr absl::Duration kPingedAtMost = absl::Seconds(10);
constexpr int kPingStrikes = 2;
// Callers connect again by themselves, and to all replicas then; calls end where they began.
constexpr absl::Duration kConnectionIdle = absl::Minutes(15);
constexpr absl::Duration kConnectionAge = absl::Hours(1);
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

void LimitConnections(const ServerConfig& config, grpc::ServerBuilder& builder) {
  const auto limit = [&](const char* name, absl::Duration time) {
    builder.AddChannelArgument(name, static_cast<int>(absl::ToInt64Milliseconds(time)));
  };
  limit(GRPC_ARG_KEEPALIVE_TIME_MS, kPingQuietCallers);
  limit(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingAnswered);
  limit(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingedAtMost);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kPingStrikes);
  limit(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdle);
  limit(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAge);
  // No call takes longer; who is still there then does not read its answer.
  limit(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, config.max_solve_time + absl::Minutes(1));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config.max_calls_per_connection);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
}

}  // namespace

Server::Server(Settings settings)
    : first_(std::make_shared<const Settings>(std::move(settings))), metrics_(first_->config) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Settings settings, Resolver::LookUp look_up) {
  std::unique_ptr<Server> server(new Server(std::move(settings)));
  const Config& config = server->first_->config;
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
      std::make_unique<SolveService>(server->first_, server->metrics_, server->workers_);

  InitGrpcPlugins(config.server);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config.server.listen, CredentialsOf(config.server.tls), &port);
  // A second server on the same port is an error, not a silent half of the traffic.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  LimitConnections(config.server, builder);
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

absl::Status Server::Reload(absl::StatusOr<Settings> next) {
  if (next.ok()) next = Succeed(*settings(), *std::move(next));
  if (!next.ok()) {
    metrics_.OnReloadRefused();
    return next.status();
  }
  service_->SetSettings(std::make_shared<const Settings>(*std::move(next)));
  return absl::OkStatus();
}

void Server::BeginDrain(std::function<void()> on_drained) {
  if (drain_.joinable()) return;
  service_->BeginDrain();
  grpc_->GetHealthCheckService()->SetServingStatus(false);
  drain_ = std::thread([this, on_drained = std::move(on_drained)] {
    // The deadline cancels only what EndSolves() could not end.
    grpc_->Shutdown(
        absl::ToChronoTime(absl::Now() + settings()->config.server.drain_timeout + kLastWords));
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
