// `sextant grade`: reads answers from recorded texts and compares them, offline.
#include "client/grade.h"

#include <memory>

#include "client/cli/command.h"
#include "client/cli/number_check.h"

namespace sextant {
namespace {

ExitCode RunGrade(GradeOptions options, const GlobalFlags& global, Console& console) {
  options.json = global.json;
  const absl::Status status = Grade(options, console.out);
  if (status.ok()) return ExitCode::kOk;
  // What is wrong with the files is the caller's to fix, as with flags.
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) return Misuse(console, status);
  return Fail(console, status);
}

}  // namespace

Command AddGrade(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command =
      app.add_subcommand("grade", "Grades recorded texts by their true answers; needs no server");
  command->footer("Example:\n  sextant grade --out read.jsonl traces.jsonl.gz");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto options = std::make_shared<GradeOptions>();
  command
      ->add_option("files", options->files,
                   "JSON lines, also gzipped, with output, tail or text, answer and answer_kind")
      ->required()
      ->type_name("FILE");
  command->add_option("--show", options->show, "How many disagreements to show")
      ->check(Within(0, 1'000'000, "0 to 1000000"))
      ->type_name("N");
  command->add_option("--out", options->out, "File for the rows with what was read added");
  return {command, [options, &global, &console] { return RunGrade(*options, global, console); }};
}

}  // namespace sextant
