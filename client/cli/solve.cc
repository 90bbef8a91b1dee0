// `sextant solve`: one problem, with progress while it runs and a readable result.
#include <memory>

#include "client/cli/command.h"
#include "client/cli/prepare.h"
#include "client/cli/proto_json.h"
#include "client/cli/show.h"
#include "client/cli/solve_progress.h"
#include "client/cli/text.h"

namespace sextant {
namespace {

struct SolveFlags {
  RequestFlags request;
  bool include_traces = false;
};

// With JSON for a program and no terminal there is nobody to show progress to, and the plain call
// is cheaper: a stream sends the texts of traces twice.
SolveResult Call(const PreparedCall& call, const GlobalFlags& global, Console& console) {
  if (global.json && console.err_columns == 0) return call.client.Solve(call.request, call.options);
  SolveProgress progress(console);
  return call.client.SolveStream(call.request, call.options,
                                 [&](const v1::SolveEvent& event) { progress.Show(event); });
}

ExitCode RunSolve(const SolveFlags& flags, const GlobalFlags& global, Console& console) {
  std::variant<PreparedCall, ExitCode> prepared = Prepare(flags.request, global, console);
  if (const ExitCode* code = std::get_if<ExitCode>(&prepared)) return *code;
  auto& call = std::get<PreparedCall>(prepared);
  call.request.set_include_traces(flags.include_traces);

  const SolveResult result = Call(call, global, console);
  if (!result.status.ok()) {
    const ExitCode code = Fail(console, result.status);
    if (result.retry_delay.has_value()) {
      console.err << "try again in " << Seconds(absl::ToDoubleSeconds(*result.retry_delay)) << "\n";
    }
    if (result.usage.has_value()) console.err << ShowBill(*result.usage) << std::flush;
    return code;
  }
  console.out << (global.json ? ToJson(result.response) + "\n" : ShowResponse(result.response));
  return ExitCode::kOk;
}

}  // namespace

Command AddSolve(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command = app.add_subcommand("solve", "Solves a problem and shows answer and bill");
  command->footer(
      "Example:\n  sextant solve --model qwen3-32b --kind integer "
      "--prompt \"How many primes are below 100?\" --strategy \"first_finish(k=3,n=8)\"");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<SolveFlags>();
  AddRequestFlags(*command, flags->request);
  command->add_flag("--include-traces", flags->include_traces, "Show every trace with its text");
  return {command, [flags, &global, &console] { return RunSolve(*flags, global, console); }};
}

}  // namespace sextant
