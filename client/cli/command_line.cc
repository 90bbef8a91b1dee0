#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/connect.h"
#include "client/read_text.h"

namespace sextant {
namespace {

void Describe(CLI::App& app, GlobalFlags& global) {
  app.description("sextant: solves problems with several traces of a reasoning model.");
  app.footer(
      "Exit codes: 0 ok, 1 the call failed, 2 wrong usage.\n"
      "Each subcommand has its own help: sextant solve --help");
  app.set_version_flag("--version", absl::StrCat("sextant ", SEXTANT_VERSION));
  AddConnectFlags(app, global);
  app.add_flag("--json", global.json, "Print the result as JSON");
  app.require_subcommand(1);
  // `sextant solve --json` reads as naturally as `sextant --json solve`.
  app.fallthrough();
}

// CLI11 prints help and the version by way of exceptions too; they are no errors.
ExitCode ExplainParseError(const CLI::App& app, const CLI::ParseError& error, Console& console) {
  if (error.get_exit_code() == 0) {
    app.exit(error, console.out, console.err);
    return ExitCode::kOk;
  }
  const std::vector<CLI::App*> named = app.get_subcommands();
  const std::vector<std::string> unknown = app.remaining();
  // CLI11 would only say that there is no subcommand, not that it does not know this one.
  const std::string message = named.empty() && !unknown.empty()
                                  ? absl::StrCat("unknown subcommand or flag: ", unknown.front())
                                  : error.what();
  return Misuse(console, absl::InvalidArgumentError(absl::StrCat(
                             message, "\nRun sextant ", named.empty() ? "" : named[0]->get_name(),
                             named.empty() ? "" : " ", "--help for more.")));
}

ExitCode RunNamed(const std::vector<Command>& commands) {
  const auto named = std::find_if(commands.begin(), commands.end(),
                                  [](const Command& command) { return command.parsed->parsed(); });
  return named->run();
}

}  // namespace

ExitCode RunCommandLine(const std::vector<std::string>& arguments, Console& console) {
  for (const std::string& argument : arguments) {
    if (absl::Status status = CheckUtf8(argument, absl::StrCat("argument '", argument, "'"));
        !status.ok()) {
      return Misuse(console, status);
    }
  }
  CLI::App app("", "sextant");
  GlobalFlags global;
  Describe(app, global);
  const std::vector<Command> commands = {
      AddSolve(app, global, console),     AddPlan(app, global, console),
      AddModels(app, global, console),    AddEval(app, global, console),
      AddCalibrate(app, global, console), AddGrade(app, global, console),
      AddReport(app, global, console),    AddProbe(app, global, console)};
  try {
    // CLI11 takes a vector from its end.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ExplainParseError(app, error, console);
  }
  const ExitCode code = RunNamed(commands);
  // A result that a full disk or a closed pipe swallowed must not look like success.
  if (code == ExitCode::kOk && !console.out.flush()) {
    return Fail(console, absl::DataLossError("standard output cannot be written"));
  }
  return code;
}

}  // namespace sextant
