// sextant-server: settings -> server -> signals -> drain.
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "server/endpoint.h"
#include "server/log.h"
#include "server/server.h"
#include "server/settings.h"

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

// gRPC's own errors, such as a handshake that failed.
void LogOfGrpc(gpr_log_func_args* event) {
  const bool is_error = event->severity == GPR_LOG_SEVERITY_ERROR;
  Log(is_error ? LogLevel::kError : LogLevel::kInfo, absl::StrCat("grpc: ", event->message));
}

// Protobuf's: of messages that are not what they should be, which every caller can send.
void LogOfProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  Log(LogLevel::kDebug, absl::StrCat("protobuf: ", message));
}

// What is served, and what is not as it should be but may be meant.
void Announce(const Server& server) {
  const std::shared_ptr<const Settings> settings = server.settings();
  const Config& config = settings->config;
  Log(absl::StrCat("serving ", config.models.size(), " model(s) on ", server.address(), ", policy ",
                   settings->policy.name));
  if (!config.server.tls && !IsLoopback(config.server.listen)) {
    Log(LogLevel::kWarning,
        absl::StrCat(config.server.listen,
                     " is no loopback address and there is no server.tls: prompts and answers ",
                     config.callers.empty() ? "" : "and tokens ", "travel in the clear",
                     config.callers.empty() ? ", and there are no callers: anybody may call" : ""));
  }
  if (config.receipts.key.empty()) {
    Log("receipts are signed by a random key: no other process takes them, and none after a "
        "restart; receipts.key_file or receipts.key_env in the configuration names a lasting one");
  }
}

// Reads everything again and lets it take effect, or keeps all as it is and says why in one line.
void Reload(const std::string& path, Server& server) {
  if (absl::Status status = server.Reload(LoadSettings(path)); !status.ok()) {
    return Log(LogLevel::kError,
               absl::StrCat("SIGHUP: ", path, " is not loaded and all stays as it is: ",
                            absl::StrReplaceAll(status.message(), {{"\n", "; "}})));
  }
  const std::shared_ptr<const Settings> settings = server.settings();
  Log(absl::StrCat("SIGHUP: ", path, " is loaded: policy ", settings->policy.name, ", ",
                   settings->config.models.size(), " model(s), ", settings->config.callers.size(),
                   " caller(s)"));
}

// Until every solve has ended, the time is up or another signal comes.
void Drain(const Signals& signals, Server& server) {
  const absl::Duration patience = server.settings()->config.server.drain_timeout;
  Log(absl::StrCat("draining: solves may finish within ", absl::FormatDuration(patience),
                   "; a second signal ends them"));
  server.BeginDrain(&Signals::SendDrained);
  const absl::Time end = absl::Now() + patience;
  int signal = signals.Await(patience);
  while (signal == SIGHUP) {
    Log("SIGHUP: not while draining");
    signal = signals.Await(std::max(end - absl::Now(), absl::ZeroDuration()));
  }
  if (signal != Signals::kDrained) server.EndSolves();
}

int Serve(const std::string& path, Settings settings, const Signals& signals) {
  SetLog(settings.config.log);
  gpr_set_log_function(&LogOfGrpc);
  google::protobuf::SetLogHandler(&LogOfProtobuf);
  const auto started = Server::Start(std::move(settings));
  if (!started.ok()) return Fail(started.status());
  Server& server = **started;
  Announce(server);
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    signal = signals.Await(absl::Hours(1));
    if (signal == SIGHUP) Reload(path, server);
  }
  Drain(signals, server);
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
  auto settings = LoadSettings(path);
  if (!settings.ok()) return Fail(settings.status());
  if (check_only) {
    std::printf("%s is well-formed: %zu model(s), policy %s\n", path.c_str(),
                settings->config.models.size(), settings->policy.name.c_str());
    return kOk;
  }
  const int code = Serve(path, *std::move(settings), signals);
  if (code == kOk) Log("stopped");
  return code;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) { return sextant::Main(argc, argv); }
