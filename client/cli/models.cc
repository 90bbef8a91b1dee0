// `sextant models`: what the server can use.
#include "client/cli/command.h"
#include "client/cli/connect.h"
#include "client/cli/proto_json.h"
#include "client/cli/show.h"
#include "client/sextant_client.h"

namespace sextant {
namespace {

// Asking costs the server nothing: one that takes longer hangs.
constexpr absl::Duration kTimeout = absl::Seconds(10);

ExitCode RunModels(const GlobalFlags& global, Console& console) {
  absl::StatusOr<SextantClient> client = Connect(global);
  if (!client.ok()) return Misuse(console, client.status());
  absl::StatusOr<v1::ListModelsResponse> models = client->ListModels({.timeout = kTimeout});
  if (!models.ok()) return Fail(console, models.status());
  console.out << (global.json ? ToJson(*models) + "\n" : ShowModels(*models));
  return ExitCode::kOk;
}

}  // namespace

Command AddModels(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command = app.add_subcommand("models", "Lists the models that the server can use");
  command->footer("Example:\n  sextant models --server 127.0.0.1:50051");
  return {command, [&global, &console] { return RunModels(global, console); }};
}

}  // namespace sextant
