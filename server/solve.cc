#include "server/solve.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/answer/trace_parts.h"
#include "server/answer_format.h"
#include "server/did_you_mean.h"
#include "server/prompt_tokens.h"
#include "server/solve_report.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

const char* RoleName(v1::Message::Role role) {
  switch (role) {
    case v1::Message::ROLE_SYSTEM:
      return "system";
    case v1::Message::ROLE_ASSISTANT:
      return "assistant";
    default:
      return "user";
  }
}

template <typename T, typename U>
std::optional<T> Either(bool has, U requested, const std::optional<T>& configured) {
  return has ? std::optional<T>(requested) : configured;
}

Prompt PromptOf(const v1::SolveRequest& request, const SamplingConfig& configured,
                std::string traceparent) {
  Prompt prompt;
  if (request.messages().empty()) prompt.messages.push_back({"user", request.prompt()});
  for (const v1::Message& m : request.messages())
    prompt.messages.push_back({RoleName(m.role()), m.content()});
  const v1::Sampling& s = request.sampling();
  prompt.temperature = Either(s.has_temperature(), s.temperature(), configured.temperature);
  prompt.top_p = Either(s.has_top_p(), s.top_p(), configured.top_p);
  prompt.top_k = Either(s.has_top_k(), s.top_k(), configured.top_k);
  prompt.min_p = Either(s.has_min_p(), s.min_p(), configured.min_p);
  prompt.stop.assign(s.stop().begin(), s.stop().end());
  prompt.traceparent = std::move(traceparent);
  return prompt;
}

// Twice as long, 1.4 times the weight, or less by that: where the request asks for weights by
// length.
constexpr double kLengthExponent = 0.5;

double LengthExponentOf(const v1::Strategy& strategy, Horizon horizon) {
  if (strategy.has_adaptive()) return strategy.adaptive().length_exponent();
  return horizon == Horizon::kLong ? -kLengthExponent : kLengthExponent;
}

Weighting WeightingOf(const v1::Strategy& strategy) {
  switch (WeightsOf(strategy)) {
    case v1::WEIGHTS_LENGTH:
      return Weighting::kLength;
    case v1::WEIGHTS_CONFIDENCE:
      return Weighting::kConfidence;
    default:
      return strategy.has_adaptive() ? Weighting::kLength : Weighting::kUniform;
  }
}

AdaptiveModel AdaptiveModelOf(const ModelConfig& model) {
  // Without a profile: what the models of arXiv 2512.02008 have in common. A length that nobody has
  // measured is no reason to drop a trace.
  constexpr double kAnswerRate = 0.92, kAnswerRateNonReasoning = 0.75, kDropAfterLengths = 3;
  AdaptiveModel facts;
  facts.mean_tokens = model.typical_trace_tokens;
  facts.answer_rate =
      model.horizon == Horizon::kNonReasoning ? kAnswerRateNonReasoning : kAnswerRate;
  if (model.typical_is_measured) facts.drop_after = kDropAfterLengths * facts.mean_tokens;
  if (!model.profile) return facts;
  facts.answer_rate = model.profile->answer_rate.value_or(facts.answer_rate);
  facts.drop_after = model.profile->drop_after.value_or(facts.drop_after);
  return facts;
}

// Nothing where the caller knows better, or the configuration says so.
std::optional<Pilot> PilotOf(const ModelConfig& model, const v1::SolveRequest& request) {
  if (model.difficulty.during == DifficultyDuring::kNone) return std::nullopt;
  if (request.difficulty() != v1::DIFFICULTY_UNSPECIFIED) return std::nullopt;
  Pilot pilot;
  if (model.profile && model.profile->pilot) pilot.model = *model.profile->pilot;
  if (model.typical_is_measured) pilot.mean_tokens = model.typical_trace_tokens;
  return pilot;
}

std::optional<Pilot::Rows> RowsOf(const v1::Plan& plan) {
  if (!plan.has_other_difficulty()) return std::nullopt;
  Pilot::Row planned{plan.row(), plan.strategy().adaptive()};
  Pilot::Row other{plan.other_difficulty().row(), plan.other_difficulty().adaptive()};
  if (plan.difficulty().difficulty() == v1::DIFFICULTY_HARD) std::swap(planned, other);
  return Pilot::Rows{.easy = std::move(planned), .hard = std::move(other)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Solve>> Solve::Create(Loop& loop, Backend& backend,
                                                     const ServerConfig& server,
                                                     const ModelConfig& model, SolveInputs inputs) {
  auto reader = AnswerReader::Create(FormatOf(inputs.request.answer()));
  if (!reader.ok()) return reader.status();
  const std::string& reference = inputs.request.reference_answer();
  if (!reference.empty() && !reader->Canonicalise(reference)) {
    return absl::InvalidArgumentError(
        absl::StrCat("reference_answer is ", Quoted(reference), ", expected an answer of kind ",
                     v1::AnswerKind_Name(inputs.request.answer().kind())));
  }
  std::unique_ptr<Solve> solve(
      new Solve(loop, backend, server, model, std::move(inputs), *std::move(reader)));
  solve->traces_ = std::make_unique<Traces>(loop, backend, solve->ConfigOfTraces());
  return solve;
}

Solve::Solve(Loop& loop, Backend& backend, const ServerConfig& server, const ModelConfig& model,
             SolveInputs inputs, AnswerReader reader)
    : loop_(loop),
      backend_(backend),
      server_(server),
      model_(model),
      inputs_(std::move(inputs)),
      reader_(std::move(reader)),
      adaptive_model_(AdaptiveModelOf(model)),
      pilot_(PilotOf(model, inputs_.request)),
      prompt_(PromptOf(inputs_.request, model.sampling, inputs_.traceparent)) {}

TracesConfig Solve::ConfigOfTraces() {
  const v1::Budget& asked = inputs_.request.budget();
  Budget budget;
  const v1::Usage judge = JudgeBill();
  if (asked.max_tokens() > 0) budget.max_tokens = asked.max_tokens() - judge.billed_tokens();
  if (asked.max_sequential_tokens() > 0)
    budget.max_sequential_tokens = asked.max_sequential_tokens();
  if (asked.max_cost_usd() > 0) budget.max_cost_usd = asked.max_cost_usd() - judge.cost_usd();
  // The plan has lowered n already. A beam search starts a trace for every step of every beam.
  constexpr int kMostBeamSteps = 10'000;
  budget.max_traces = inputs_.plan.strategy().has_beam_search() ? kMostBeamSteps : 256;
  budget.ends_at = inputs_.answer_by;

  const v1::Sampling& sampling = inputs_.request.sampling();
  TracesConfig config{
      .prompt = prompt_, .reader = reader_, .solve_id = inputs_.solve_id, .budget = budget};
  if (sampling.has_seed()) config.seed = sampling.seed();
  config.max_trace_tokens = LongestTraceTokens(inputs_.request, model_);
  config.max_trace_bytes = server_.max_trace_bytes;
  config.text_room = inputs_.text_room;
  config.choices = std::max(1, inputs_.plan.choices_per_request());
  if (const double seconds = inputs_.plan.hedge_after_seconds(); seconds > 0)
    config.hedge_after = absl::Seconds(seconds);
  config.start_clock = judge.billed_tokens();
  config.vote = {.ties = model_.horizon == Horizon::kLong ? TieRule::kLonger : TieRule::kShorter,
                 .weighting = WeightingOf(inputs_.plan.strategy()),
                 .typical_tokens = static_cast<double>(model_.typical_trace_tokens),
                 .length_exponent = LengthExponentOf(inputs_.plan.strategy(), model_.horizon)};
  const ConfidenceUse confidence = ConfidenceUseOf(inputs_.plan.strategy());
  config.confidence_window = confidence.window;
  config.confidence_bar = {.keep = confidence.keep, .warmup = confidence.warmup};
  config.price = model_.price;
  if (inputs_.on_trace_ended) {
    config.on_ended = [this](const Trace& trace) {
      const bool with_text = inputs_.request.include_traces();
      inputs_.on_trace_ended(
          ReportOf(trace, with_text ? ReportTexts::kIncluded : ReportTexts::kLeftOut));
    };
  }
  return config;
}

Task<Verdict> Solve::RunStrategy() {
  const v1::Strategy& strategy = inputs_.plan.strategy();
  switch (strategy.kind_case()) {
    case v1::Strategy::kMajorityVote:
      return MajorityVote(*traces_, strategy.majority_vote());
    case v1::Strategy::kFirstFinish:
      return FirstFinish(*traces_, strategy.first_finish());
    case v1::Strategy::kLastFinish:
      return LastFinish(*traces_, strategy.last_finish());
    case v1::Strategy::kAdaptive:
      if (pilot_) pilot_->rows = RowsOf(inputs_.plan);
      return Adaptive(*traces_, strategy.adaptive(), adaptive_model_, pilot_ ? &*pilot_ : nullptr);
    case v1::Strategy::kBeamSearch:
      return model_.backends.front().beam_search == BeamSearchMode::kNative
                 ? NativeBeamSearch(*traces_, strategy.beam_search())
                 : BeamSearch(*traces_, strategy.beam_search());
    default:
      return Simple(*traces_);
  }
}

Task<bool> Solve::AskJudge() {
  judge_ = std::make_unique<Judge>(Judge::Inputs{.loop = loop_,
                                                 .backend = inputs_.judge->backend,
                                                 .model = inputs_.judge->model,
                                                 .server = server_,
                                                 .text_room = inputs_.text_room,
                                                 .config = model_.difficulty.judge,
                                                 .request = inputs_.request,
                                                 .reader = reader_,
                                                 .solve_id = inputs_.solve_id,
                                                 .traceparent = inputs_.traceparent,
                                                 .answer_by = inputs_.answer_by});
  Task<v1::DifficultyEstimate> ask = judge_->Ask();
  const v1::DifficultyEstimate estimate = co_await std::move(ask);
  inputs_.plan = inputs_.judge->plan(inputs_.request, estimate);
  // No trace has started yet; what ended the solve meanwhile holds for those of the new plan.
  const std::optional<v1::StopReason> ended = traces_->stop_reason();
  traces_ = std::make_unique<Traces>(loop_, backend_, ConfigOfTraces());
  if (ended) traces_->End(*ended);
  co_return true;
}

Task<SolveOutcome> Solve::Run() {
  if (inputs_.judge) {
    Task<bool> judge = AskJudge();
    co_await std::move(judge);
  }
  if (inputs_.on_planned) inputs_.on_planned(inputs_.plan);
  Task<Verdict> strategy = RunStrategy();
  Verdict verdict = co_await std::move(strategy);  // It has closed the streams it does not need.
  if (!verdict.vote.answer) {
    verdict.vote = traces_->ProvisionalVote();
    verdict.provisional = verdict.vote.answer.has_value();
  }
  // The usage of finished traces comes after their last text; it is not waited for beyond the time
  // budget.
  Task<bool> settle =
      traces_->Settle(std::min(loop_.Now() + server_.usage_grace, inputs_.answer_by));
  co_await std::move(settle);

  SolveOutcome outcome;
  v1::SolveResponse& response = outcome.response;
  response.set_solve_id(inputs_.solve_id);
  response.set_stop_reason(StopReasonOf(*traces_));
  *response.mutable_usage() = Bill();
  *response.mutable_plan() = inputs_.plan;
  *response.mutable_difficulty() = verdict.difficulty.value_or(inputs_.plan.difficulty());
  response.set_provisional(verdict.provisional);
  const VoteResult& vote = verdict.vote;
  if (vote.answer) {
    response.set_answer(vote.answer->canonical);
    response.set_answer_kind(ToProto(vote.answer->kind));
    response.set_agreement(vote.agreement);
    response.set_margin(vote.margin);
    response.set_majority_probability(vote.majority_probability);
    response.set_tie(vote.tie);
    const Trace& shown = *traces_->all()[vote.representative];
    const absl::string_view content = verdict.text.empty() ? shown.content() : verdict.text;
    response.set_text(std::string(SplitTrace(shown.reasoning(), content).final));
  } else if (response.usage().traces_finished() == 0) {
    outcome.status = FailureOf(*traces_, inputs_.request.budget(), response.stop_reason());
  }
  for (std::string& decision : verdict.decisions) response.add_decisions(std::move(decision));
  if (auto missing = MissingConfidence(*traces_)) response.add_decisions(*std::move(missing));
  for (const Candidate& c : vote.candidates) {
    v1::Candidate& candidate = *response.add_candidates();
    candidate.set_answer(c.answer.canonical);
    candidate.set_shown(c.answer.shown);
    candidate.set_votes(c.votes);
    candidate.set_weight(c.weight);
    candidate.set_mean_tokens(c.mean_tokens);
  }
  if (outcome.status.ok()) Grade(vote.answer, response);
  if (inputs_.request.include_traces()) {
    for (const auto& trace : traces_->all())
      *response.add_traces() = ReportOf(*trace, ReportTexts::kIncluded);
  }
  co_return outcome;
}

void Solve::Grade(const std::optional<Answer>& answer, v1::SolveResponse& response) const {
  const std::string& reference = inputs_.request.reference_answer();
  if (reference.empty()) return;
  const auto truth = reader_.Canonicalise(reference);
  response.mutable_verdict()->set_reference(truth->canonical);
  response.mutable_verdict()->set_correct(answer && SameAnswer(*answer, *truth));
}

void Solve::End(v1::StopReason reason) {
  // First what is to come: the judge's end may start it.
  traces_->End(reason);
  if (judge_) judge_->End(reason);
}

void Solve::Abandon() {
  if (judge_) judge_->Abandon();
  traces_->CancelRest();
}

absl::Duration Solve::overhead() const {
  const absl::Duration judged = judge_ ? judge_->waited() : absl::ZeroDuration();
  return loop_.Now() - inputs_.arrived - inputs_.queued - judged - traces_->waited();
}

v1::Usage Solve::Bill() const {
  const v1::Usage bill =
      BillOf(*traces_, inputs_.arrived, traces_->decided_at().value_or(loop_.Now()));
  return judge_ ? WithJudge(bill, judge_->Bill()) : bill;
}

v1::Progress Solve::Progress() const {
  v1::Progress progress = ProgressOf(*traces_, loop_.Now() - inputs_.arrived);
  progress.set_billed_tokens(progress.billed_tokens() + JudgeBill().billed_tokens());
  return progress;
}

}  // namespace sextant
