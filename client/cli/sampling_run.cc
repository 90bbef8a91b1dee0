#include "client/cli/sampling_run.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/connect.h"
#include "client/cli/eval_report.h"
#include "client/cli/interrupt.h"
#include "client/cli/model_choice.h"
#include "client/cli/request_flags.h"
#include "client/cli/text.h"
#include "client/eval/rows.h"

namespace sextant {
namespace {

// Reaching the server and reading its models takes no longer, unless it hangs.
constexpr absl::Duration kModelsTimeout = absl::Seconds(10);

absl::StatusOr<EvalRun> RunOf(const SamplingRun& sampling) {
  EvalRun run;
  absl::StatusOr<std::vector<Problem>> problems = ReadProblems(sampling.problems);
  if (!problems.ok()) return problems.status();
  const std::string text = absl::StrCat("majority_vote(n=", sampling.samples, ",stop=all)");
  absl::StatusOr<v1::Strategy> strategy = StrategyOf(text);
  if (!strategy.ok()) return strategy.status();
  run.problems = *std::move(problems);
  run.strategies.push_back({.text = text, .strategy = *std::move(strategy)});
  run.base.set_include_traces(true);
  if (sampling.samples_from.has_value()) {
    run.base.mutable_sampling()->set_seed(*sampling.samples_from);
  }
  if (sampling.timeout_seconds.has_value()) {
    run.call.timeout = absl::Seconds(*sampling.timeout_seconds);
  }
  run.concurrency = sampling.concurrency;
  return run;
}

// Opened before anything is spent. Without a path, a stream that swallows everything.
absl::StatusOr<std::ofstream> OpenRows(const SamplingRun& sampling) {
  std::ofstream rows;
  if (sampling.rows.empty()) return rows;
  std::error_code ignored;
  if (std::filesystem::equivalent(sampling.rows, sampling.problems, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rows ", sampling.rows, " is the file of problems, expected another"));
  }
  rows.open(sampling.rows, std::ios::binary | std::ios::trunc);
  if (!rows) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rows ", sampling.rows, ": cannot be written"));
  }
  return rows;
}

// What a run left behind.
struct Sampled {
  TraceCollection traces;
  absl::Status row_error;  // The first row that could not be read.
  absl::Status first_failure;
  int64_t failures = 0;
  int64_t ended = 0;
};

Sampled Sample(const SextantClient& client, const EvalRun& run, std::ostream& rows,
               Console& console) {
  Sampled sampled{.traces = TraceCollection(run.base.model())};
  const Interrupt interrupt;
  EvalProgress progress(console, static_cast<int64_t>(run.problems.size()));
  RunEval(
      client, run,
      [&](const EvalSolve& solve) {
        const std::string row = RowJson(solve.strategy.text, solve.problem, solve.result);
        rows << row << "\n";
        sampled.row_error.Update(sampled.traces.AddRow(row));
        if (!solve.result.status.ok() && sampled.failures++ == 0) {
          sampled.first_failure = solve.result.status;
        }
        progress.Add(ScoreOf(solve.strategy.text, solve.problem, solve.result));
      },
      [&] { return interrupt.seen(); });
  sampled.ended = progress.ended();
  return sampled;
}

// Why the traces must not be used; OK when they may.
absl::Status Check(const Sampled& sampled, int64_t total) {
  if (sampled.ended < total) {
    return absl::CancelledError(absl::StrCat("interrupted after ", sampled.ended, " of ", total,
                                             " solves; nothing was calibrated"));
  }
  if (sampled.failures == total) return sampled.first_failure;
  if (!sampled.row_error.ok()) {
    return absl::InternalError(
        absl::StrCat("the server's traces cannot be used: ", sampled.row_error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

std::variant<TraceCollection, ExitCode> SampleTraces(const SamplingRun& sampling,
                                                     const GlobalFlags& global, Console& console) {
  absl::StatusOr<SextantClient> client = Connect(global);
  if (!client.ok()) return Misuse(console, client.status());
  absl::StatusOr<EvalRun> run = RunOf(sampling);
  if (!run.ok()) return Misuse(console, run.status());
  absl::StatusOr<v1::ListModelsResponse> models = client->ListModels({.timeout = kModelsTimeout});
  if (!models.ok()) return Fail(console, models.status());
  absl::StatusOr<std::string> model = ChooseModel(sampling.model, *models);
  if (absl::IsNotFound(model.status())) return Fail(console, model.status());
  if (!model.ok()) return Misuse(console, model.status());
  run->base.set_model(*model);
  absl::StatusOr<std::ofstream> rows = OpenRows(sampling);
  if (!rows.ok()) return Misuse(console, rows.status());

  Sampled sampled = Sample(*client, *run, *rows, console);
  if (!sampling.rows.empty() && !rows->flush()) {
    return Fail(console,
                absl::DataLossError(absl::StrCat("--rows ", sampling.rows, ": writing failed")));
  }
  const auto total = static_cast<int64_t>(run->problems.size());
  if (absl::Status status = Check(sampled, total); !status.ok()) return Fail(console, status);
  if (sampled.failures > 0) {
    console.err << "the first of " << Count(sampled.failures, "failed solve") << ": "
                << Printable(sampled.first_failure.ToString()) << "\n";
  }
  return std::move(sampled.traces);
}

}  // namespace sextant
