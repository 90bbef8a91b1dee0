// `sextant calibrate`: a model's profile from recorded traces, or from traces that it samples.
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calibrate/profile.h"
#include "client/calibrate/report.h"
#include "client/cli/command.h"
#include "client/cli/number_check.h"
#include "client/cli/sampling_run.h"

namespace sextant {
namespace {

struct CalibrateFlags {
  std::vector<std::string> files;
  SamplingRun sampling;
  bool reasoning = false;
  bool non_reasoning = false;
  std::string out;
  std::string out_dir;
  std::string report;
};

// What is wrong with the files is the caller's to fix, as with flags.
ExitCode Explain(const absl::Status& status, Console& console) {
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) return Misuse(console, status);
  return Fail(console, status);
}

absl::Status CheckFlags(const CalibrateFlags& flags) {
  const bool samples = !flags.sampling.problems.empty();
  if (samples == !flags.files.empty()) {
    return absl::InvalidArgumentError(
        "expected either files of recorded traces, or --problems to sample the model on");
  }
  if (!samples && !flags.sampling.rows.empty()) {
    return absl::InvalidArgumentError("--rows keeps what is sampled, expected with --problems");
  }
  return absl::OkStatus();
}

Reasoning ReasoningOf(const CalibrateFlags& flags) {
  if (flags.reasoning) return Reasoning::kYes;
  return flags.non_reasoning ? Reasoning::kNo : Reasoning::kAsTextsShow;
}

// A model's name may hold what a file's must not.
std::string FileNameOf(absl::string_view model) {
  std::string name;
  for (const char c : model) {
    const bool is_safe =
        absl::ascii_isalnum(c) || c == '-' || c == '_' || (c == '.' && !name.empty());
    name.push_back(is_safe ? c : '_');
  }
  return absl::StrCat(name, ".yaml");
}

struct TextFile {
  std::string path;
  std::string text;
};

// A slip of the command line must not cost the traces.
absl::Status CheckIsNoInput(const std::string& path, const CalibrateFlags& flags) {
  std::vector<std::string> inputs = flags.files;
  inputs.push_back(flags.sampling.problems);
  inputs.push_back(flags.sampling.rows);
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (input.empty() || !std::filesystem::equivalent(path, input, ignored)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds the traces or the problems, expected another file to write"));
  }
  return absl::OkStatus();
}

absl::Status Write(const TextFile& file) {
  std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
  out << file.text;
  out.close();
  if (out.fail()) return absl::DataLossError(absl::StrCat(file.path, ": cannot be written"));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TextFile>> ProfileFiles(const std::vector<Calibration>& calibrations,
                                                   const CalibrateFlags& flags) {
  std::vector<std::string> sources = flags.files;
  if (sources.empty()) sources = {flags.sampling.problems};
  std::vector<TextFile> files;
  std::set<std::string> paths;
  for (const Calibration& one : calibrations) {
    const std::filesystem::path folder(flags.out_dir);
    TextFile file{.path = flags.out.empty() ? (folder / FileNameOf(one.model)).string() : flags.out,
                  .text = ProfileFileText(one, sources, absl::Now())};
    if (!paths.insert(file.path).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.path, " would hold the profiles of two models; choose with --model"));
    }
    files.push_back(std::move(file));
  }
  return files;
}

std::string TextOf(const std::vector<Calibration>& calibrations) {
  std::string text = absl::StrJoin(
      calibrations, "\n",
      [](std::string* out, const Calibration& one) { absl::StrAppend(out, CalibrationText(one)); });
  if (calibrations.size() > 1) absl::StrAppend(&text, "\n", ComparisonText(calibrations));
  return text;
}

std::string JsonOf(const std::vector<Calibration>& calibrations) {
  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  for (const Calibration& one : calibrations) models.push_back(CalibrationJson(one));
  const nlohmann::ordered_json object = {{"models", std::move(models)}};
  return absl::StrCat(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
                      "\n");
}

ExitCode Finish(const TraceCollection& traces, const CalibrateFlags& flags,
                const GlobalFlags& global, Console& console) {
  console.err << LeftOutText(traces.left_out()) << std::flush;
  std::vector<Calibration> calibrations;
  for (const ModelTraces& model : traces.Models()) {
    calibrations.push_back(Calibrate(model, ReasoningOf(flags)));
  }
  if (calibrations.empty()) {
    return Misuse(
        console,
        absl::InvalidArgumentError(absl::StrCat(
            "no traces to calibrate on",
            flags.sampling.model.empty() ? "" : absl::StrCat(" of model ", flags.sampling.model))));
  }
  if (calibrations.size() > 1 && !flags.out.empty()) {
    return Misuse(console, absl::InvalidArgumentError(absl::StrCat(
                               "--out is one profile and there are ", calibrations.size(),
                               " models, expected --model or --out-dir")));
  }
  std::vector<TextFile> files;
  if (!flags.out.empty() || !flags.out_dir.empty()) {
    absl::StatusOr<std::vector<TextFile>> profiles = ProfileFiles(calibrations, flags);
    if (!profiles.ok()) return Misuse(console, profiles.status());
    files = *std::move(profiles);
  }
  if (!flags.report.empty()) files.push_back({flags.report, TextOf(calibrations)});
  for (const TextFile& file : files) {
    if (absl::Status status = CheckIsNoInput(file.path, flags); !status.ok()) {
      return Misuse(console, status);
    }
    if (absl::Status status = Write(file); !status.ok()) return Fail(console, status);
  }
  console.out << (global.json ? JsonOf(calibrations) : TextOf(calibrations));
  return ExitCode::kOk;
}

ExitCode RunCalibrate(const CalibrateFlags& flags, const GlobalFlags& global, Console& console) {
  if (absl::Status status = CheckFlags(flags); !status.ok()) return Misuse(console, status);
  if (!flags.files.empty()) {
    TraceCollection traces(flags.sampling.model);
    for (const std::string& path : flags.files) {
      if (absl::Status status = traces.AddFile(path); !status.ok()) return Explain(status, console);
    }
    return Finish(traces, flags, global, console);
  }
  std::variant<TraceCollection, ExitCode> sampled = SampleTraces(flags.sampling, global, console);
  if (const ExitCode* code = std::get_if<ExitCode>(&sampled)) return *code;
  return Finish(std::get<TraceCollection>(sampled), flags, global, console);
}

void AddSamplingFlags(CLI::App& command, SamplingRun& run) {
  const char* group = "Sampling a model on the server";
  command.add_option("--problems", run.problems, "JSON lines, as for eval")->group(group);
  command.add_option("--samples", run.samples, "Traces of each problem")
      ->check(Within(2, 64, "2 to 64"))
      ->group(group)
      ->capture_default_str();
  command
      .add_option("--samples-from", run.samples_from,
                  "Seed of each problem's first trace. Default: random seeds")
      ->check(Within<int64_t>(0, int64_t{1} << 62, "a whole number from 0 to 2^62"))
      ->group(group);
  command.add_option("--concurrency", run.concurrency, "Solves at once")
      ->check(Within(1, 1024, "1 to 1024"))
      ->group(group)
      ->capture_default_str();
  command.add_option("--timeout", run.timeout_seconds, "Seconds for all traces of a problem")
      ->check(Within(0.001, 86400.0, "0.001 to 86400 seconds"))
      ->group(group);
  command.add_option("--rows", run.rows, "File that keeps the traces, to calibrate on again")
      ->group(group);
}

}  // namespace

Command AddCalibrate(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command = app.add_subcommand(
      "calibrate",
      "Finds a model's horizon, lengths and parameters; writes the profile that the server loads");
  command->footer(
      "Examples:\n  sextant calibrate --out my-model.yaml traces.jsonl.gz\n"
      "  sextant calibrate --model my-model --problems problems.jsonl --out my-model.yaml\n"
      "Rows are recorded traces (model, dataset, problem_id, sample_id, completion_tokens, "
      "answer,\n"
      "answer_kind, output or tail), or those of sextant eval --include-traces with the strategy\n"
      "majority_vote(n=8,stop=all).");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<CalibrateFlags>();
  command->add_option("files", flags->files, "JSON lines, also gzipped; needs no server")
      ->type_name("FILE");
  command->add_option(
      "--model", flags->sampling.model,
      "The model to calibrate. Default: all in the files, or the server's only one");
  CLI::Option* out = command->add_option("--out", flags->out, "File for the profile");
  command->add_option("--out-dir", flags->out_dir, "Folder for one profile per model, MODEL.yaml")
      ->check(CLI::ExistingDirectory)
      ->excludes(out);
  command->add_option("--report", flags->report, "File for the report that is printed");
  CLI::Option* reasoning =
      command->add_flag("--reasoning", flags->reasoning,
                        "The model thinks before it answers, even if its texts do not mark it");
  command->add_flag("--non-reasoning", flags->non_reasoning, "It does not")->excludes(reasoning);
  AddSamplingFlags(*command, flags->sampling);
  return {command, [flags, &global, &console] { return RunCalibrate(*flags, global, console); }};
}

}  // namespace sextant
