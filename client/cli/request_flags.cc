#include "client/cli/request_flags.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/number_check.h"
#include "client/enum_names.h"
#include "client/read_text.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

constexpr size_t kMaxPromptBytes = size_t{1} << 20;  // The server's own limit.
constexpr char kWholeNumber[] = "a whole number from 1 on";
constexpr double kMaxTimeoutSeconds = 24 * 60 * 60;

// One value each time the flag is given. CLI11's default for lists would cut a value like "[0,1]"
// apart.
CLI::Option* AddRepeated(CLI::App& command, const char* name, std::vector<std::string>& values,
                         const char* description) {
  return command.add_option(name, values, description)->allow_extra_args(false);
}

void AddSamplingFlags(CLI::App& command, SamplingFlags& flags) {
  const char* group = "Sampling";
  command.add_option("--temperature", flags.temperature, "0 to 2")
      ->group(group)
      ->check(Within(0.0, 2.0, "a number from 0 to 2"));
  command.add_option("--top-p", flags.top_p, "Above 0, up to 1")
      ->group(group)
      ->check(Within(std::numeric_limits<double>::min(), 1.0, "a number above 0, up to 1"));
  command.add_option("--top-k", flags.top_k, "At least 1")
      ->group(group)
      ->check(Positive<int32_t>(kWholeNumber));
  command.add_option("--min-p", flags.min_p, "0 to 1")
      ->group(group)
      ->check(Within(0.0, 1.0, "a number from 0 to 1"));
  command.add_option("--seed", flags.seed, "Trace i is sampled with seed + i")
      ->group(group)
      ->check(Within<int64_t>(0, int64_t{1} << 62, "a whole number from 0 to 2^62"));
  AddRepeated(command, "--stop", flags.stop, "A text that ends a trace; may be repeated")
      ->group(group)
      ->type_name("TEXT");
  command.add_option("--max-trace-tokens", flags.max_trace_tokens, "Longest single trace")
      ->group(group)
      ->check(Positive<int32_t>(kWholeNumber));
}

v1::Sampling SamplingOf(const SamplingFlags& flags) {
  v1::Sampling sampling;
  if (flags.temperature.has_value()) sampling.set_temperature(*flags.temperature);
  if (flags.top_p.has_value()) sampling.set_top_p(*flags.top_p);
  if (flags.top_k.has_value()) sampling.set_top_k(*flags.top_k);
  if (flags.min_p.has_value()) sampling.set_min_p(*flags.min_p);
  if (flags.seed.has_value()) sampling.set_seed(*flags.seed);
  for (const std::string& stop : flags.stop) sampling.add_stop(stop);
  if (flags.max_trace_tokens.has_value()) sampling.set_max_trace_tokens(*flags.max_trace_tokens);
  return sampling;
}

// --choice, --pattern and --pointer each belong to one kind, so they may stand for it.
absl::StatusOr<v1::AnswerFormat> AnswerFormatOf(const RequestFlags& flags) {
  std::string kind = flags.kind;
  if (kind.empty())
    kind = !flags.choices.empty()   ? "choice"
           : !flags.pattern.empty() ? "regex"
           : !flags.pointer.empty() ? "json"
                                    : "auto";
  if (!flags.choices.empty() && kind != "choice") {
    return absl::InvalidArgumentError(
        absl::StrCat("--choice is given with --kind ", kind, ", expected --kind choice"));
  }
  if (flags.pattern.empty() != (kind != "regex")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--kind regex and --pattern RE need each other; the kind is ", kind,
                     flags.pattern.empty() ? " and there is no pattern" : ""));
  }
  if (!flags.pointer.empty() && kind != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("--pointer is given with --kind ", kind, ", expected --kind json"));
  }
  v1::AnswerFormat format;
  format.set_kind(FindByShortName<v1::AnswerKind>(kind).value_or(v1::ANSWER_KIND_AUTO));
  for (const std::string& choice : flags.choices) format.add_choices(choice);
  format.set_pattern(flags.pattern);
  format.set_pointer(flags.pointer);
  return format;
}

// The line break at the end of a file is the editor's, not the problem's.
std::string WithoutLastLineBreak(absl::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  absl::ConsumeSuffix(&text, "\r");
  return std::string(text);
}

absl::StatusOr<std::string> PromptOf(const RequestFlags& flags, Console& console) {
  if (flags.prompt.has_value()) return *flags.prompt;
  const bool from_input = flags.prompt_file.empty() || flags.prompt_file == "-";
  if (flags.prompt_file.empty() && console.in_is_terminal) {
    return absl::InvalidArgumentError(
        "no problem to solve: expected --prompt TEXT, --prompt-file FILE or a text on standard "
        "input");
  }
  absl::StatusOr<std::string> text = from_input
                                         ? ReadText(console.in, "standard input", kMaxPromptBytes)
                                         : ReadTextFile(flags.prompt_file, kMaxPromptBytes);
  if (!text.ok()) return text.status();
  return WithoutLastLineBreak(*text);
}

}  // namespace

void AddBudgetFlags(CLI::App& command, BudgetFlags& flags) {
  const char* group = "Budget";
  command.add_option("--max-tokens", flags.max_tokens, "Completion tokens billed over all traces")
      ->group(group)
      ->check(Positive<int64_t>(kWholeNumber));
  command
      .add_option("--max-sequential-tokens", flags.max_sequential_tokens,
                  "Latency in tokens that no trace may pass")
      ->group(group)
      ->check(Positive<int64_t>(kWholeNumber));
  command.add_option("--max-traces", flags.max_traces, "Traces of one solve")
      ->group(group)
      ->check(Positive<int32_t>(kWholeNumber));
  command.add_option("--max-cost", flags.max_cost_usd, "Cost in USD by the model's price")
      ->group(group)
      ->check(Positive<double>("a number above 0"));
  command.add_option("--goal", flags.goal, "What matters most")
      ->group(group)
      ->check(CLI::IsMember(ShortNames<v1::Goal>()));
  command
      .add_option("--timeout", flags.timeout, "Seconds; the best answer so far comes just before")
      ->group(group)
      ->check(Within(0.001, kMaxTimeoutSeconds, "0.001 to 86400 seconds"));
}

void AddRequestFlags(CLI::App& command, RequestFlags& flags) {
  command.add_option("--model", flags.model, "May be left out when the server has one model");
  CLI::Option* prompt = command.add_option("--prompt", flags.prompt, "The problem");
  command
      .add_option("--prompt-file", flags.prompt_file,
                  "File with the problem; \"-\", or no prompt flag: standard input")
      ->excludes(prompt);
  command.add_option("--kind", flags.kind, "What an answer looks like. Default: auto")
      ->check(CLI::IsMember(ShortNames<v1::AnswerKind>()));
  AddRepeated(command, "--choice", flags.choices,
              "Text of an option (A, B, C, ...); may be repeated")
      ->type_name("TEXT");
  command.add_option("--pattern", flags.pattern, "RE2 pattern whose first group is the answer");
  command.add_option("--pointer", flags.pointer, "JSON pointer to the answer in a JSON value");
  command
      .add_option("--strategy", flags.strategy,
                  "auto, simple, majority_vote(n=8), first_finish(k=3,n=8), last_finish(k=3,n=8), "
                  "beam_search(width=4), adaptive(n=8)")
      ->capture_default_str();
  command.add_option("--difficulty", flags.difficulty, "A hint. Default: estimated by the server")
      ->check(CLI::IsMember(ShortNames<v1::Difficulty>()));
  command.add_option("--reference", flags.reference, "The true answer: grades the result");
  AddBudgetFlags(command, flags.budget);
  AddSamplingFlags(command, flags.sampling);
}

CallOptions CallOptionsOf(const BudgetFlags& flags) {
  CallOptions options;
  if (flags.timeout.has_value()) options.timeout = absl::Seconds(*flags.timeout);
  return options;
}

v1::Budget BudgetOf(const BudgetFlags& flags) {
  v1::Budget budget;
  budget.set_max_tokens(flags.max_tokens.value_or(0));
  budget.set_max_sequential_tokens(flags.max_sequential_tokens.value_or(0));
  budget.set_max_traces(flags.max_traces.value_or(0));
  budget.set_max_cost_usd(flags.max_cost_usd.value_or(0));
  budget.set_goal(FindByShortName<v1::Goal>(flags.goal).value_or(v1::GOAL_UNSPECIFIED));
  return budget;
}

absl::StatusOr<v1::Strategy> StrategyOf(const std::string& text) {
  absl::StatusOr<v1::Strategy> strategy = ParseStrategy(text);
  if (strategy.ok()) return strategy;
  return absl::InvalidArgumentError(absl::StrCat("--strategy: ", strategy.status().message()));
}

absl::StatusOr<v1::SolveRequest> RequestOf(const RequestFlags& flags, Console& console) {
  absl::StatusOr<v1::AnswerFormat> format = AnswerFormatOf(flags);
  if (!format.ok()) return format.status();
  absl::StatusOr<v1::Strategy> strategy = StrategyOf(flags.strategy);
  if (!strategy.ok()) return strategy.status();
  absl::StatusOr<std::string> prompt = PromptOf(flags, console);
  if (!prompt.ok()) return prompt.status();
  if (prompt->empty()) return absl::InvalidArgumentError("the problem is empty, expected a text");

  v1::SolveRequest request;
  request.set_model(flags.model);
  request.set_prompt(*std::move(prompt));
  *request.mutable_answer() = *std::move(format);
  *request.mutable_budget() = BudgetOf(flags.budget);
  request.set_difficulty(
      FindByShortName<v1::Difficulty>(flags.difficulty).value_or(v1::DIFFICULTY_UNSPECIFIED));
  if (strategy->kind_case() != v1::Strategy::KIND_NOT_SET) {
    *request.mutable_strategy() = *std::move(strategy);
  }
  *request.mutable_sampling() = SamplingOf(flags.sampling);
  request.set_reference_answer(flags.reference);
  return request;
}

}  // namespace sextant
