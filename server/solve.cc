#include "server/solve.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

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

AnswerFormat FormatOf(const v1::AnswerFormat& requested) {
  AnswerFormat format;
  switch (requested.kind()) {
    case v1::ANSWER_KIND_INTEGER:
      format.kind = AnswerKind::kInteger;
      break;
    case v1::ANSWER_KIND_NUMBER:
      format.kind = AnswerKind::kNumber;
      break;
    case v1::ANSWER_KIND_CHOICE:
      format.kind = AnswerKind::kChoice;
      break;
    case v1::ANSWER_KIND_TEXT:
      format.kind = AnswerKind::kText;
      break;
    case v1::ANSWER_KIND_REGEX:
      format.kind = AnswerKind::kRegex;
      break;
    default:
      format.kind = AnswerKind::kAuto;
  }
  format.choices.assign(requested.choices().begin(), requested.choices().end());
  format.pattern = requested.pattern();
  return format;
}

v1::TraceOutcome OutcomeOf(Trace::State state) {
  switch (state) {
    case Trace::State::kFinished:
      return v1::FINISHED;
    case Trace::State::kFailed:
      return v1::FAILED;
    default:
      return v1::CANCELLED;
  }
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
        absl::StrCat("reference_answer is \"", reference, "\", expected an answer of kind ",
                     v1::AnswerKind_Name(inputs.request.answer().kind())));
  }
  std::unique_ptr<Solve> solve(
      new Solve(loop, server, model, std::move(inputs), *std::move(reader)));
  solve->traces_ = std::make_unique<Traces>(loop, backend, solve->ConfigOfTraces());
  return solve;
}

Solve::Solve(Loop& loop, const ServerConfig& server, const ModelConfig& model, SolveInputs inputs,
             AnswerReader reader)
    : loop_(loop),
      server_(server),
      model_(model),
      inputs_(std::move(inputs)),
      reader_(std::move(reader)),
      prompt_(PromptOf(inputs_.request, model.sampling, inputs_.traceparent)) {}

TracesConfig Solve::ConfigOfTraces() {
  const v1::Budget& asked = inputs_.request.budget();
  Budget budget;
  if (asked.max_tokens() > 0) budget.max_tokens = asked.max_tokens();
  if (asked.max_sequential_tokens() > 0)
    budget.max_sequential_tokens = asked.max_sequential_tokens();
  if (asked.max_cost_usd() > 0) budget.max_cost_usd = asked.max_cost_usd();
  // The plan has lowered n already. A beam search starts a trace for every step of every beam.
  constexpr int kMostBeamSteps = 10'000;
  budget.max_traces = inputs_.plan.strategy().has_beam_search() ? kMostBeamSteps : 256;
  budget.ends_at = inputs_.answer_by;

  const v1::Sampling& sampling = inputs_.request.sampling();
  TracesConfig config{
      .prompt = prompt_, .reader = reader_, .solve_id = inputs_.solve_id, .budget = budget};
  if (sampling.has_seed()) config.seed = sampling.seed();
  config.max_trace_tokens = sampling.has_max_trace_tokens() ? sampling.max_trace_tokens()
                                                            : model_.sampling.max_trace_tokens;
  config.max_trace_bytes = server_.max_trace_bytes;
  config.ties = model_.horizon == Horizon::kLong ? TieRule::kLonger : TieRule::kShorter;
  config.price = model_.price;
  if (inputs_.on_trace_ended) {
    config.on_ended = [this](const Trace& trace) {
      inputs_.on_trace_ended(ToProto(trace, inputs_.request.include_traces()));
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
    case v1::Strategy::kBeamSearch:
      return model_.backends.front().beam_search == BeamSearchMode::kNative
                 ? NativeBeamSearch(*traces_, strategy.beam_search())
                 : BeamSearch(*traces_, strategy.beam_search());
    default:
      return Simple(*traces_);
  }
}

Task<SolveOutcome> Solve::Run() {
  Task<Verdict> strategy = RunStrategy();
  Verdict verdict = co_await std::move(strategy);  // It has closed the streams it does not need.
  decided_at_ = loop_.Now();
  if (!verdict.vote.answer) {
    verdict.vote = traces_->ProvisionalVote();
    verdict.provisional = verdict.vote.answer.has_value();
  }
  // The usage of finished traces comes after their last text; it is not waited for beyond the time
  // budget.
  Task<bool> settle =
      traces_->Settle(std::min(decided_at_ + server_.usage_grace, inputs_.answer_by));
  co_await std::move(settle);

  SolveOutcome outcome;
  v1::SolveResponse& response = outcome.response;
  response.set_solve_id(inputs_.solve_id);
  response.set_stop_reason(StopReasonOf());
  *response.mutable_usage() = Bill();
  *response.mutable_plan() = inputs_.plan;
  response.set_provisional(verdict.provisional);
  const VoteResult& vote = verdict.vote;
  if (vote.answer) {
    response.set_answer(vote.answer->canonical);
    response.set_agreement(vote.agreement);
    const Trace& shown = *traces_->all()[vote.representative];
    response.set_text(std::string(
        FinalPart(shown.reasoning(), verdict.text.empty() ? shown.content() : verdict.text)));
  } else if (response.usage().traces_finished() == 0) {
    outcome.status = FailureOf(response.stop_reason());
  }
  for (const Candidate& c : vote.candidates) {
    v1::Candidate& candidate = *response.add_candidates();
    candidate.set_answer(c.canonical);
    candidate.set_shown(c.shown);
    candidate.set_votes(c.votes);
    candidate.set_weight(c.weight);
    candidate.set_mean_tokens(c.mean_tokens);
  }
  Grade(response);
  if (inputs_.request.include_traces()) {
    for (const auto& trace : traces_->all())
      *response.add_traces() = ToProto(*trace, /*with_text=*/true);
  }
  co_return outcome;
}

v1::StopReason Solve::StopReasonOf() const {
  if (traces_->stop_reason()) return *traces_->stop_reason();
  bool cancelled = false, cut = false, finished = false;
  for (const auto& trace : traces_->all()) {
    finished |= trace->state == Trace::State::kFinished;
    cut |= trace->cut_by_budget;
    cancelled |= trace->state == Trace::State::kCancelled && !trace->cut_by_budget;
  }
  if (cancelled) return v1::DECIDED;
  // No budget over all traces is used up, so what cut a trace is the one on its clock.
  if (cut || traces_->all().empty()) return v1::SEQUENTIAL_BUDGET;
  return finished ? v1::ALL_FINISHED : v1::BACKENDS_FAILED;
}

absl::Status Solve::FailureOf(v1::StopReason reason) const {
  const v1::Budget& budget = inputs_.request.budget();
  const absl::Status* error = nullptr;
  for (const auto& trace : traces_->all()) {
    if (trace->state == Trace::State::kFailed) error = &trace->error;
  }
  const std::string also =
      error == nullptr ? "" : absl::StrCat("; a trace failed: ", error->message());
  switch (reason) {
    case v1::TIME_BUDGET:
      return absl::DeadlineExceededError(absl::StrCat(
          "no trace finished or stated an answer before the deadline; give more time", also));
    case v1::TOKEN_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_tokens (", budget.max_tokens(),
                       ") was used up before any trace stated an answer", also));
    case v1::SEQUENTIAL_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_sequential_tokens (", budget.max_sequential_tokens(),
                       ") was reached before any trace stated an answer", also));
    case v1::COST_BUDGET:
      return absl::ResourceExhaustedError(
          absl::StrCat("budget.max_cost_usd (", budget.max_cost_usd(),
                       ") was used up before any trace stated an answer", also));
    case v1::DRAINING:
      return absl::UnavailableError("the server is shutting down; send the request to another one");
    default:
      if (error == nullptr) return absl::InternalError("the solve ended without a trace");
      return absl::Status(error->code(), absl::StrCat("every trace failed: ", error->message()));
  }
}

void Solve::Grade(v1::SolveResponse& response) const {
  const std::string& reference = inputs_.request.reference_answer();
  if (reference.empty()) return;
  const auto truth = reader_.Canonicalise(reference);
  response.mutable_verdict()->set_reference(truth->canonical);
  response.mutable_verdict()->set_correct(response.has_answer() &&
                                          response.answer() == truth->canonical);
}

v1::Usage Solve::Bill() const {
  v1::Usage usage;
  int64_t cached = 0, finished = 0, cancelled = 0, estimated = 0;
  for (const auto& trace : traces_->all()) {
    cached += trace->usage().cached;
    estimated += trace->estimated_tokens();
    (trace->state == Trace::State::kFinished ? finished : cancelled) += trace->tokens();
    usage.set_retries(usage.retries() + trace->retries());
    switch (trace->state) {
      case Trace::State::kFinished:
        usage.set_traces_finished(usage.traces_finished() + 1);
        break;
      case Trace::State::kFailed:
        usage.set_traces_failed(usage.traces_failed() + 1);
        break;
      default:
        usage.set_traces_cancelled(usage.traces_cancelled() + 1);
    }
  }
  usage.set_prompt_tokens(traces_->spending().prompt_tokens());
  usage.set_cached_tokens(cached);
  usage.set_finished_tokens(finished);
  usage.set_cancelled_tokens(cancelled);
  usage.set_billed_tokens(finished + cancelled);
  usage.set_estimated_tokens(estimated);
  usage.set_sequential_tokens(traces_->decided_clock());
  usage.set_traces_started(static_cast<int>(traces_->all().size()));
  if (const auto cost = traces_->spending().cost()) usage.set_cost_usd(*cost);
  if (const auto first = traces_->first_token_at()) {
    usage.set_seconds_to_first_token(absl::ToDoubleSeconds(*first - inputs_.arrived));
  }
  const absl::Time end = decided_at_ == absl::InfinitePast() ? loop_.Now() : decided_at_;
  usage.set_seconds_to_decision(absl::ToDoubleSeconds(end - inputs_.arrived));
  return usage;
}

v1::Progress Solve::Progress() const {
  v1::Progress progress;
  Ballot ballot;
  int64_t clock = 0;
  for (const auto& trace : traces_->all()) {
    clock = std::max(clock, trace->clock());
    if (trace->answer) ballot.Add(VoteOf(*trace));
    if (trace->state == Trace::State::kRunning) {
      progress.set_traces_running(progress.traces_running() + 1);
    } else {
      progress.set_traces_ended(progress.traces_ended() + 1);
    }
  }
  progress.set_billed_tokens(traces_->spending().completion_tokens());
  progress.set_clock_tokens(clock);
  progress.set_seconds(absl::ToDoubleSeconds(loop_.Now() - inputs_.arrived));
  const VoteResult leader = ballot.Decide(traces_->ties());
  if (leader.answer) {
    progress.set_leader(leader.answer->canonical);
    progress.set_leader_votes(leader.candidates.front().votes);
  }
  return progress;
}

v1::Trace Solve::ToProto(const Trace& trace, bool with_text) const {
  v1::Trace result;
  result.set_index(trace.index());
  result.set_outcome(OutcomeOf(trace.state));
  result.set_finish_reason(trace.finish_reason());
  if (with_text) {
    result.set_text(trace.content());
    result.set_reasoning(trace.reasoning());
  }
  if (trace.answer) result.set_answer(trace.answer->canonical);
  result.set_completion_tokens(trace.tokens());
  result.set_clock_tokens(trace.clock());
  result.set_estimated(trace.estimated_tokens() > 0);
  result.set_backend(trace.backend());
  result.set_error(std::string(trace.error.message()));
  if (trace.request.seed) result.set_seed(*trace.request.seed);
  return result;
}

}  // namespace sextant
