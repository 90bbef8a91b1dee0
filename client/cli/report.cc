// `sextant report`: whether an earlier answer was right, for the server's metrics.
#include <memory>
#include <string>

#include "client/cli/command.h"
#include "client/cli/connect.h"
#include "client/cli/proto_json.h"
#include "client/cli/show.h"
#include "client/sextant_client.h"

namespace sextant {
namespace {

// Counting costs the server nothing: one that takes longer hangs.
constexpr absl::Duration kTimeout = absl::Seconds(10);

struct ReportFlags {
  std::string receipt;
  bool correct = false;
  bool incorrect = false;
};

ExitCode RunReport(const ReportFlags& flags, const GlobalFlags& global, Console& console) {
  absl::StatusOr<SextantClient> client = Connect(global);
  if (!client.ok()) return Misuse(console, client.status());
  v1::ReportOutcomeRequest request;
  request.set_receipt(flags.receipt);
  request.set_correct(flags.correct);
  const auto response = client->ReportOutcome(request, {.timeout = kTimeout});
  if (!response.ok()) return Fail(console, response.status());
  console.out << (global.json ? ToJson(*response) + "\n" : ShowReport(*response));
  return ExitCode::kOk;
}

}  // namespace

Command AddReport(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command =
      app.add_subcommand("report", "Tells the server whether an earlier answer was right");
  command->footer(
      "A receipt counts once: to report it again is no error and changes nothing.\n"
      "Example:\n  sextant report --receipt \"$(jq -r .receipt solved.json)\" --correct");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<ReportFlags>();
  command->add_option("--receipt", flags->receipt, "The receipt in the response of the solve")
      ->required();
  CLI::Option_group* verdict = command->add_option_group("verdict", "One of the two");
  verdict->add_flag("--correct", flags->correct, "The answer was right");
  verdict->add_flag("--incorrect", flags->incorrect, "It was not, or there was none");
  verdict->require_option(1);
  return {command, [flags, &global, &console] { return RunReport(*flags, global, console); }};
}

}  // namespace sextant
