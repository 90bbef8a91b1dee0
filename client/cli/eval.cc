// `sextant eval`: a file of problems through one or more strategies, with accuracy and cost.
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/connect.h"
#include "client/cli/eval_outputs.h"
#include "client/cli/eval_report.h"
#include "client/cli/interrupt.h"
#include "client/cli/model_choice.h"
#include "client/cli/number_check.h"
#include "client/cli/request_flags.h"
#include "client/eval/ordered_rows.h"
#include "client/eval/rows.h"

namespace sextant {
namespace {

// Reaching the server and reading its models takes no longer, unless it hangs.
constexpr absl::Duration kModelsTimeout = absl::Seconds(10);

struct EvalFlags {
  std::string model;
  std::vector<std::string> strategies;
  std::optional<int64_t> samples_from;
  BudgetFlags budget;
  bool include_traces = false;
  int concurrency = 8;
  EvalPaths paths;
};

absl::StatusOr<std::vector<EvalStrategy>> ReadStrategies(const std::vector<std::string>& texts) {
  std::vector<EvalStrategy> strategies;
  for (const std::string& text : texts) {
    EvalStrategy entry;
    entry.text = std::string(absl::StripAsciiWhitespace(text));
    for (const EvalStrategy& other : strategies) {
      // Two results of one name could not be told apart.
      if (other.text != entry.text) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("--strategy ", entry.text, " is given twice, expected each once"));
    }
    absl::StatusOr<v1::Strategy> strategy = StrategyOf(entry.text);
    if (!strategy.ok()) return strategy.status();
    entry.strategy = *std::move(strategy);
    strategies.push_back(std::move(entry));
  }
  return strategies;
}

absl::StatusOr<EvalRun> RunOf(const EvalFlags& flags) {
  EvalRun run;
  absl::StatusOr<std::vector<EvalStrategy>> strategies = ReadStrategies(flags.strategies);
  if (!strategies.ok()) return strategies.status();
  absl::StatusOr<std::vector<Problem>> problems = ReadProblems(flags.paths.problems);
  if (!problems.ok()) return problems.status();
  run.strategies = *std::move(strategies);
  run.problems = *std::move(problems);
  *run.base.mutable_budget() = BudgetOf(flags.budget);
  // Without the flag no seed is sent: each trace then draws its own.
  if (flags.samples_from.has_value()) run.base.mutable_sampling()->set_seed(*flags.samples_from);
  run.base.set_include_traces(flags.include_traces);
  run.call = CallOptionsOf(flags.budget);
  run.concurrency = flags.concurrency;
  return run;
}

// What a run left behind.
struct EvalOutcome {
  std::vector<Observation> observations;  // In the order of the rows.
  EvalFailures failures;
  Completeness completeness = Completeness::kComplete;
  int64_t total = 0;
};

EvalOutcome Measure(const SextantClient& client, const EvalRun& run, std::ostream& rows_file,
                    Console& console) {
  EvalOutcome outcome;
  outcome.total = static_cast<int64_t>(run.problems.size() * run.strategies.size());
  std::map<int64_t, Observation> observations;
  OrderedRows rows(rows_file);
  const Interrupt interrupt;
  EvalProgress progress(console, outcome.total);
  RunEval(
      client, run,
      [&](const EvalSolve& solve) {
        rows.Add(solve.index, RowJson(solve.strategy.text, solve.problem, solve.result));
        const auto [entry, added] = observations.emplace(
            solve.index, ObservationOf(solve.strategy.text, solve.problem, solve.result));
        outcome.failures.Add(solve);
        progress.Add(entry->second.score);
      },
      [&] { return interrupt.seen(); });
  rows.Finish();
  if (progress.ended() < outcome.total) outcome.completeness = Completeness::kInterrupted;
  for (auto& [index, observation] : observations) {
    outcome.observations.push_back(std::move(observation));
  }
  return outcome;
}

ExitCode Show(const EvalOutcome& outcome, const std::string& model, const GlobalFlags& global,
              Console& console) {
  const std::vector<StrategyFigures> results = Summarise(ScoresOf(outcome.observations));
  console.out << (global.json ? SummaryJson(model, results, outcome.completeness) + "\n"
                              : ShowSummary(model, results))
              << std::flush;
  console.err << outcome.failures.Text() << std::flush;
  const auto ended = static_cast<int64_t>(outcome.observations.size());
  if (outcome.completeness == Completeness::kInterrupted) {
    return Fail(console, absl::CancelledError(
                             absl::StrCat("interrupted after ", ended, " of ", outcome.total,
                                          " solves; figures and rows are of those alone")));
  }
  if (outcome.failures.count() == ended) return Fail(console, outcome.failures.first());
  return ExitCode::kOk;
}

// Those that change the figures.
std::vector<std::pair<std::string, std::string>> FlagsOf(const EvalFlags& flags) {
  std::vector<std::pair<std::string, std::string>> given;
  const auto add = [&given](const char* flag, const auto& value) {
    if (value.has_value()) given.emplace_back(flag, absl::StrCat(*value));
  };
  add("--samples-from", flags.samples_from);
  add("--max-tokens", flags.budget.max_tokens);
  add("--max-sequential-tokens", flags.budget.max_sequential_tokens);
  add("--max-traces", flags.budget.max_traces);
  add("--max-cost", flags.budget.max_cost_usd);
  if (!flags.budget.goal.empty()) given.emplace_back("--goal", flags.budget.goal);
  add("--timeout", flags.budget.timeout);
  given.emplace_back("--concurrency", absl::StrCat(flags.concurrency));
  return given;
}

ExitCode RunEvalCommand(const EvalFlags& flags, const GlobalFlags& global, Console& console) {
  absl::StatusOr<SextantClient> client = Connect(global);
  if (!client.ok()) return Misuse(console, client.status());
  absl::StatusOr<EvalRun> run = RunOf(flags);
  if (!run.ok()) return Misuse(console, run.status());
  // Asked first, so that a wrong address or model shows at once and not as many failed solves.
  absl::StatusOr<v1::ListModelsResponse> models = client->ListModels({.timeout = kModelsTimeout});
  if (!models.ok()) return Fail(console, models.status());
  absl::StatusOr<std::string> model = ChooseModel(flags.model, *models);
  if (absl::IsNotFound(model.status())) return Fail(console, model.status());
  if (!model.ok()) return Misuse(console, model.status());
  run->base.set_model(*model);
  absl::StatusOr<EvalOutputs> outputs = OpenOutputs(flags.paths);
  if (!outputs.ok()) return Misuse(console, outputs.status());

  const EvalOutcome outcome = Measure(*client, *run, outputs->rows, console);
  const ExitCode code = Show(outcome, *model, global, console);
  const ReportContext context = {.model = *model,
                                 .time = absl::Now(),
                                 .version = SEXTANT_VERSION,
                                 .flags = FlagsOf(flags),
                                 .completeness = outcome.completeness,
                                 .planned_solves = outcome.total};
  const absl::Status written = WriteOutputs(context, outcome.observations, *outputs);
  return written.ok() ? code : Fail(console, written);
}

}  // namespace

Command AddEval(CLI::App& app, const GlobalFlags& global, Console& console) {
  CLI::App* command =
      app.add_subcommand("eval", "Measures strategies on a file of problems with known answers");
  command->footer(
      "Example:\n  sextant eval --model qwen3-32b --problems problems.jsonl --strategy simple "
      "--strategy \"first_finish(k=1,n=8)\" --out rows.jsonl --report report.html\n"
      "A line of the file: {\"dataset\": \"sums\", \"problem_id\": 1, \"prompt\": \"2 + 2?\", "
      "\"answer\": \"4\", \"answer_kind\": \"integer\"}");
  // Shared: the flags live as long as the parsed options that write to them and the function that
  // reads them.
  auto flags = std::make_shared<EvalFlags>();
  command->add_option("--model", flags->model, "May be left out when the server has one model");
  command->add_option("--problems", flags->paths.problems, "JSON lines")->required();
  command->add_option("--strategy", flags->strategies, "As in solve; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->type_name("SPEC");
  command
      ->add_option("--samples-from", flags->samples_from,
                   "Seed of each solve's first trace. Default: random seeds")
      ->check(Within<int64_t>(0, int64_t{1} << 62, "a whole number from 0 to 2^62"));
  AddBudgetFlags(*command, flags->budget);
  command->add_flag("--include-traces", flags->include_traces,
                    "Keep the traces' texts in the rows");
  command->add_option("--concurrency", flags->concurrency, "Solves at once")
      ->check(Within(1, 1024, "1 to 1024"))
      ->capture_default_str();
  command->add_option("--out", flags->paths.rows,
                      "File for one JSON line per problem and strategy");
  command->add_option("--report", flags->paths.report,
                      "File for a web page with charts, intervals and reasons");
  command->add_option("--csv", flags->paths.csv, "File for the figures as CSV");
  return {command, [flags, &global, &console] { return RunEvalCommand(*flags, global, console); }};
}

}  // namespace sextant
