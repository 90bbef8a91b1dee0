// sextant-server: configuration -> server -> signals -> drain.
#include <grpc/support/log.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "server/config.h"
#include "server/endpoint.h"
#include "server/log.h"
#include "server/policy.h"
#include "server/server.h"

namespace sextant {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return kFailed;
}

// SIGTERM, SIGINT and SIGHUP, blocked in every thread so that they can be awaited. SIGUSR1 is the
// drain's own: every solve has ended.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int s : {SIGTERM, SIGINT, SIGHUP, kDrained}) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  // The signal that came, or 0 when none did in time.
  int Await(absl::Duration timeout) const {
    const timespec wait = absl::ToTimespec(timeout);
    return std::max(sigtimedwait(&set_, nullptr, &wait), 0);
  }
  static void SendDrained() { kill(getpid(), kDrained); }
  static constexpr int kDrained = SIGUSR1;

 private:
  sigset_t set_;
};

absl::StatusOr<Policy> PolicyOf(const Config& config) {
  if (config.policy.empty()) return BuiltInPolicy();
  return LoadPolicy(config.policy);
}

// gRPC's own errors, such as a handshake that failed.
void LogOfGrpc(gpr_log_func_args* event) {
  const bool is_error = event->severity == GPR_LOG_SEVERITY_ERROR;
  Log(is_error ? LogLevel::kError : LogLevel::kInfo, absl::StrCat("grpc: ", event->message));
}

// What is not as it should be, but may be meant.
void Warn(const Config& config) {
  if (config.server.tls || IsLoopback(config.server.listen)) return;
  Log(LogLevel::kWarning,
      absl::StrCat(config.server.listen,
                   " is no loopback address and there is no server.tls: prompts and answers ",
                   config.callers.empty() ? "" : "and tokens ", "travel in the clear",
                   config.callers.empty() ? ", and there are no callers: anybody may call" : ""));
}

void ReloadPolicy(const Config& config, Server& server) {
  absl::StatusOr<Policy> policy = PolicyOf(config);
  if (!policy.ok()) {
    Log(LogLevel::kError,
        absl::StrCat("SIGHUP: the policy stays as it is: ", policy.status().message()));
    return;
  }
  Log(absl::StrCat("SIGHUP: policy ", policy->name, " is loaded"));
  server.SetPolicy(*std::move(policy));
}

// The callers of the file now, checked against how the server listens.
absl::StatusOr<std::vector<CallerConfig>> CallersNow(const std::string& path,
                                                     const Config& config) {
  auto next = LoadConfig(path);
  if (!next.ok()) return next.status();
  if (next->callers.empty()) {
    return absl::InvalidArgumentError(
        "the file has none any more; to let everybody call takes a restart");
  }
  if (next->server.listen != config.server.listen ||
      next->server.tls.has_value() != config.server.tls.has_value()) {
    return absl::InvalidArgumentError(
        "server.listen or server.tls has changed too, which takes a restart");
  }
  return std::move(next->callers);
}

void ReloadCallers(const std::string& path, const Config& config, Server& server) {
  auto callers = CallersNow(path, config);
  if (!callers.ok()) {
    Log(LogLevel::kError,
        absl::StrCat("SIGHUP: the callers stay as they are: ", callers.status().message()));
    return;
  }
  Log(absl::StrCat("SIGHUP: ", callers->size(), " caller(s) are loaded"));
  server.SetCallers(*std::move(callers));
}

// The policy and, where there are any, the callers are read again; the rest of the configuration
// takes a restart. A wrong file changes nothing.
void Reload(const std::string& path, const Config& config, Server& server) {
  ReloadPolicy(config, server);
  if (!config.callers.empty()) ReloadCallers(path, config, server);
}

int Serve(const std::string& path, const Config& config, const Policy& policy,
          const Signals& signals) {
  SetLog(config.log);
  gpr_set_log_function(&LogOfGrpc);
  auto server = Server::Start(config, policy);
  if (!server.ok()) return Fail(server.status());
  Log(absl::StrCat("serving ", config.models.size(), " model(s) on ", (*server)->address(),
                   ", policy ", policy.name));
  Warn(config);
  if (config.receipts.key.empty()) {
    Log("receipts are signed by a random key: no other process takes them, and none after a "
        "restart; receipts.key_file or receipts.key_env in the configuration names a lasting one");
  }
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    signal = signals.Await(absl::Hours(1));
    if (signal == SIGHUP) Reload(path, config, **server);
  }

  Log(absl::StrCat("draining: solves may finish within ",
                   absl::FormatDuration(config.server.drain_timeout),
                   "; a second signal ends them"));
  (*server)->BeginDrain(&Signals::SendDrained);
  if (signals.Await(config.server.drain_timeout) != Signals::kDrained) (*server)->EndSolves();
  server->reset();
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

  const Signals signals;
  const auto config = LoadConfig(path);
  if (!config.ok()) return Fail(config.status());
  const auto policy = PolicyOf(*config);
  if (!policy.ok()) return Fail(policy.status());
  if (check_only) {
    std::printf("%s is well-formed: %zu model(s), policy %s\n", path.c_str(), config->models.size(),
                policy->name.c_str());
    return kOk;
  }
  return Serve(path, *config, *policy, signals);
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) { return sextant::Main(argc, argv); }
