// `sextant probe`: what a model server does of what Sextant needs. Talks to the model server
// itself, not to sextant-server.
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/number_check.h"
#include "client/cli/status_line.h"
#include "client/probe/probe.h"
#include "client/probe/show.h"
#include "server/async/fan.h"
#include "server/async/resolver.h"

namespace sextant {
namespace {

struct ProbeFlags {
  ProbeOptions options;
  std::string api_key_env;
  double timeout_seconds = 60;
};

Task<int> RunAndStop(Task<ProbeReport> probe, ProbeReport& report, Loop& loop) {
  report = co_await std::move(probe);
  loop.Stop();
  co_return 0;
}

ProbeReport ProbeOnItsOwnLoop(const ProbeOptions& options, Console& console) {
  Loop loop;
  Resolver resolver(loop);
  HttpClient http(loop, resolver);
  ProbeReport report;
  StatusLine progress(console);
  // The table repeats every check, so progress is for a terminal only.
  const auto show = [&](const Check& check) {
    if (progress.is_terminal()) progress.Show(CheckLine(check));
  };
  Fan<int> fan;
  fan.Launch(RunAndStop(Probe(http, options, show), report, loop));
  loop.Run();
  return report;
}

ExitCode RunProbe(const ProbeFlags& flags, const GlobalFlags& global, Console& console) {
  ProbeOptions options = flags.options;
  options.timeout = absl::Seconds(flags.timeout_seconds);
  if (absl::Status status = CheckOptions(options); !status.ok()) return Misuse(console, status);
  if (!flags.api_key_env.empty()) {
    const char* key = std::getenv(flags.api_key_env.c_str());
    if (key == nullptr || *key == 0) {
      return Misuse(console, absl::InvalidArgumentError(
                                 absl::StrCat("--api-key-env: the environment variable ",
                                              flags.api_key_env, " is not set")));
    }
    options.api_key = key;
  }
  const ProbeReport report = ProbeOnItsOwnLoop(options, console);
  const std::string config =
      ConfigText(report, {.api_key_env = flags.api_key_env, .ca_file = flags.options.ca_file});
  if (global.json) {
    console.out << ReportJson(report, config);
  } else {
    console.out << ReportText(report);
    if (report.usable()) {
      console.out << "\nAs a configuration, for sextant-server --config FILE:\n\n" << config;
    }
  }
  if (report.usable()) return ExitCode::kOk;
  return Fail(console, absl::FailedPreconditionError(
                           absl::StrCat(options.url, " does not do all that Sextant needs")));
}

}  // namespace

Command AddProbe(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command = app.add_subcommand(
      "probe", "Checks what a model server does of what Sextant needs; writes its configuration");
  command->footer(
      "Example:\n  sextant probe http://127.0.0.1:8000/v1\n"
      "Talks to the model server itself and makes about twenty short completions. Exit code 1 when "
      "something\nis missing that Sextant needs.");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<ProbeFlags>();
  command->add_option("url", flags->options.url, "Base URL, such as http://127.0.0.1:8000/v1")
      ->required()
      ->type_name("URL");
  command->add_option("--model", flags->options.model,
                      "The model's name on that server. Default: the first that it lists");
  command->add_option("--api-key-env", flags->api_key_env,
                      "Environment variable with the bearer token");
  command
      ->add_option("--ca-file", flags->options.ca_file,
                   "PEM file of authorities to trust instead of the system's")
      ->check(CLI::ExistingFile);
  command->add_option("--timeout", flags->timeout_seconds, "Seconds for each request")
      ->check(Within(0.1, 3600.0, "0.1 to 3600 seconds"))
      ->capture_default_str();
  command->add_option("--prompt", flags->options.prompt,
                      "What to ask, for servers that know only their own problems. Default: to "
                      "count to 500");
  return {command, [flags, &global, &console] { return RunProbe(*flags, global, console); }};
}

}  // namespace sextant
