// The subcommands of `sextant`: each adds its flags to the command line and runs when it was named.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "client/cli/console.h"
#include "client/sextant_client.h"

namespace sextant {

// Flags that every subcommand takes.
struct GlobalFlags {
  std::string server = "127.0.0.1:50051";  // HOST:PORT.
  ConnectOptions connect;                  // Without the token, which is no flag.
  std::string token_file;                  // Holds the token. Empty: $SEXTANT_TOKEN, if it is set.
  bool json = false;                       // Results as JSON.
};

struct Command {
  CLI::App* parsed;  // Owned by the command line; tells whether it was named.
  std::function<ExitCode()> run;
};

// `app`, `global` and `console` must outlive the command. `global` is read when the command runs.
Command AddSolve(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddPlan(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddModels(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddEval(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddCalibrate(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddGrade(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddReport(CLI::App& app, const GlobalFlags& global, Console& console);
Command AddProbe(CLI::App& app, const GlobalFlags& global, Console& console);

}  // namespace sextant
