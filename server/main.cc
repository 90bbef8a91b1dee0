// The only wiring: configuration -> metrics -> workers -> service -> run -> drain.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/config.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/policy.h"
#include "server/solve_service.h"
#include "server/worker.h"

namespace sextant {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;
// Largest request: the prompt's limit and some room for everything else.
constexpr int kMaxRequestBytes = 4 << 20;
// After the drain's end, for answers to reach their callers.
constexpr absl::Duration kLastWords = absl::Seconds(2);

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return kFailed;
}

// Blocks the signals that end the server in every thread, so that WaitForSignal() gets them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// False when no signal came in time.
bool WaitForSignal(const sigset_t& signals, absl::Duration timeout = absl::InfiniteDuration()) {
  if (timeout == absl::InfiniteDuration()) {
    int signal = 0;
    return sigwait(&signals, &signal) == 0;
  }
  const timespec wait = absl::ToTimespec(timeout);
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

// New calls are refused at once; running solves may finish until the drain's end or a second signal, and are then answered
// with what they have.
void Drain(grpc::Server& server, SolveService& service, absl::Duration drain_timeout, const sigset_t& signals) {
  server.GetHealthCheckService()->SetServingStatus(false);
  Log(absl::StrCat("draining: solves may finish for ", absl::FormatDuration(drain_timeout)));
  std::atomic<bool> drained = false;
  std::thread shutdown([&] {
    server.Shutdown(absl::ToChronoTime(absl::Now() + drain_timeout + kLastWords));
    drained = true;
    kill(getpid(), SIGTERM);  // Ends the wait below when every solve has finished by itself.
  });
  WaitForSignal(signals, drain_timeout);
  if (!drained) service.EndAll();
  shutdown.join();
}

int Run(const Config& config, const Policy& policy, const sigset_t& signals) {
  Metrics metrics(config);
  if (!config.server.metrics.empty()) {
    if (absl::Status status = metrics.Serve(config.server.metrics); !status.ok()) return Fail(status);
  }
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < config.server.loops; ++i) workers.push_back(std::make_unique<Worker>(config, metrics));
  SolveService service(config, policy, metrics, workers);

  grpc::EnableDefaultHealthCheckService(true);
  if (config.server.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config.server.listen, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return Fail(absl::UnavailableError(absl::StrCat("server.listen: cannot listen on ", config.server.listen)));
  const std::string host = config.server.listen.substr(0, config.server.listen.rfind(':'));
  Log(absl::StrCat("serving ", config.models.size(), " model(s) on ", host, ":", port, ", policy ", policy.name));

  WaitForSignal(signals);
  Drain(*server, service, config.server.drain_timeout, signals);
  Log("stopped");
  return kOk;
}

int Main(int argc, char** argv) {
  CLI::App app("Test-time scaling of reasoning models as a service.", "sextant-server");
  std::string path;
  bool check_only = false;
  app.add_option("--config", path, "Configuration file (YAML)")->required();
  app.add_flag("--check-config", check_only, "Check the configuration and the policy, then exit");
  app.set_version_flag("--version", SEXTANT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  }
  const sigset_t signals = BlockSignals();
  const auto config = LoadConfig(path);
  if (!config.ok()) return Fail(config.status());
  const auto policy = config->policy.empty() ? absl::StatusOr<Policy>(BuiltInPolicy()) : LoadPolicy(config->policy);
  if (!policy.ok()) return Fail(policy.status());
  if (check_only) {
    std::printf("%s is well-formed: %zu model(s), policy %s\n", path.c_str(), config->models.size(), policy->name.c_str());
    return kOk;
  }
  return Run(*config, *policy, signals);
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) { return sextant::Main(argc, argv); }
