// `sextant plan`: what a solve would do and why, without doing it.
#include <memory>

#include "client/cli/command.h"
#include "client/cli/prepare.h"
#include "client/cli/proto_json.h"
#include "client/cli/show.h"

namespace sextant {
namespace {

ExitCode RunPlan(const RequestFlags& flags, const GlobalFlags& global, Console& console) {
  std::variant<PreparedCall, ExitCode> prepared = Prepare(flags, global, console);
  if (const ExitCode* code = std::get_if<ExitCode>(&prepared)) return *code;
  const auto& call = std::get<PreparedCall>(prepared);
  absl::StatusOr<v1::PlanResponse> response = call.client.Plan(call.request, call.options);
  if (!response.ok()) return Fail(console, response.status());
  console.out << (global.json ? ToJson(*response) + "\n" : ShowPlan(response->plan()));
  return ExitCode::kOk;
}

}  // namespace

Command AddPlan(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command =
      app.add_subcommand("plan", "Shows what solve would do and why; starts no trace");
  command->footer(
      "Example:\n  sextant plan --model qwen3-32b --prompt \"How many primes are below 100?\" "
      "--max-tokens 40000");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<RequestFlags>();
  AddRequestFlags(*command, *flags);
  return {command, [flags, &global, &console] { return RunPlan(*flags, global, console); }};
}

}  // namespace sextant
