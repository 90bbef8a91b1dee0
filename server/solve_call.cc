#include "server/solve_call.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/difficulty.h"
#include "server/planner.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

// How much sooner than the server sees it a caller's deadline may be. gRPC's C core (C++, Python,
// Ruby and others) sends a deadline as the time left, rounded up to two or three digits.
absl::Duration RoundingOf(absl::Duration left) {
  if (left < absl::Seconds(1)) return absl::Milliseconds(1);
  if (left <= absl::Seconds(10)) return absl::Milliseconds(10);
  if (left <= absl::Seconds(100)) return absl::Milliseconds(100);
  if (left <= absl::Seconds(1000)) return absl::Seconds(1);
  return absl::Seconds(60);
}

// Traces on the backends for those that they may run; 0 where one has no limit.
double BackendLoad(Worker& worker, const ModelConfig& model) {
  double traces = 0, capacity = 0;
  for (const Pool::MemberState& state : worker.BackendStates(model.name)) {
    if (state.max_traces == 0) return 0;
    traces += state.in_flight;
    capacity += state.max_traces;
  }
  return capacity > 0 ? traces / capacity : 0;
}

}  // namespace

absl::Duration TimeToAnswer(absl::Duration time_left, const ServerConfig& server) {
  if (time_left > server.max_solve_time) return server.max_solve_time;
  return std::max(time_left - server.deadline_reserve - RoundingOf(time_left), time_left / 2);
}

absl::StatusOr<v1::Plan> PlanOn(Worker& worker, const PlanQuestion& question, double load) {
  return MakePlan({.request = question.request,
                   .model = question.model,
                   .policy = question.policy,
                   .time_left = question.time_left,
                   .load = std::max(load, BackendLoad(worker, question.model)),
                   .difficulty = question.difficulty});
}

void SolveCall::Join(Door& door) {
  if (ended_) return door.OnOutcome(outcome_.status, outcome_.response);
  doors_.push_back(&door);
  if (planned_) door.OnStarted(plan_);
}

void SolveCall::Leave(Door& door) {
  doors_.erase(std::remove(doors_.begin(), doors_.end(), &door), doors_.end());
  if (doors_.empty()) Abandon();
}

void SolveCall::Start(const Terms& terms) {
  Worker& worker = inputs_.worker;
  inputs_.metrics.OnSolveStarted(1);
  queued_ = terms.queued;
  if (inputs_.settings->config.log.texts)
    texts_ =
        SolveTexts{std::string(ProblemText(inputs_.request)), inputs_.request.reference_answer()};
  auto plan = PlanOn(worker, QuestionAbout(inputs_.request, nullptr), terms.load);
  if (!plan.ok()) return Fail(plan.status());
  plan_ = *std::move(plan);
  auto judge = JudgeOf(terms.load);
  SolveInputs solve_inputs{
      .request = std::move(inputs_.request),
      .plan = plan_,
      .judge = std::move(judge),
      .text_room = &worker.text_room(),
      .solve_id = inputs_.solve_id,
      .traceparent = inputs_.facts.traceparent,
      .arrived = inputs_.arrived,
      .queued = terms.queued,
      .answer_by =
          inputs_.arrived + TimeToAnswer(inputs_.time_left, inputs_.settings->config.server),
      .on_planned = [this](const v1::Plan& plan) { Planned(plan); },
      .on_trace_ended =
          [this](const v1::Trace& trace) {
            LogTrace(names(), trace);
            for (Door* door : doors_) door->OnTraceEnded(trace);
          }};
  auto solve =
      Solve::Create(worker.loop(), worker.pool(inputs_.model.name), inputs_.settings->config.server,
                    inputs_.model, std::move(solve_inputs));
  if (!solve.ok()) return Fail(solve.status());
  running_ = std::make_unique<Worker::Running>(
      worker, *std::move(solve), [this](SolveOutcome outcome) { Done(std::move(outcome)); });
}

std::optional<SolveJudge> SolveCall::JudgeOf(double load) {
  if (!AsksJudge(inputs_.request, inputs_.model.difficulty)) return std::nullopt;
  const std::string& name = inputs_.model.difficulty.judge.model;
  for (const ModelConfig& model : inputs_.settings->config.models) {
    if (model.name != name) continue;
    // The strategy has passed its check when the first plan was made, so this one is made too.
    return SolveJudge{
        inputs_.worker.pool(name), model,
        [this, load](const v1::SolveRequest& request, const v1::DifficultyEstimate& difficulty) {
          return *PlanOn(inputs_.worker, QuestionAbout(request, &difficulty), load);
        }};
  }
  return std::nullopt;  // A configuration without it is refused when it is read.
}

PlanQuestion SolveCall::QuestionAbout(const v1::SolveRequest& request,
                                      const v1::DifficultyEstimate* difficulty) const {
  return {.request = request,
          .model = inputs_.model,
          .policy = inputs_.settings->policy,
          .time_left = inputs_.arrived + inputs_.time_left - inputs_.worker.loop().Now(),
          .difficulty = difficulty};
}

void SolveCall::Planned(const v1::Plan& plan) {
  planned_ = true;
  plan_ = plan;
  for (Door* door : doors_) door->OnStarted(plan_);
}

// It never came to a solve, so there is nothing to count.
void SolveCall::Fail(const absl::Status& status) {
  inputs_.metrics.OnSolveStarted(-1);
  inputs_.on_ended({});
  Refuse(status);
}

void SolveCall::Refuse(const absl::Status& status) { Tell({.status = status}); }

void SolveCall::Done(SolveOutcome outcome) {
  Observe(outcome.status, outcome.response);
  if (outcome.status.ok()) outcome.response.set_receipt(ReceiptOf(outcome.response));
  inputs_.on_ended(outcome.response.usage());
  Tell(std::move(outcome));
}

void SolveCall::Tell(SolveOutcome outcome) {
  ended_ = true;
  outcome_ = std::move(outcome);
  const std::vector<Door*> doors = std::exchange(doors_, {});
  for (Door* door : doors) {
    // With its traces a response may be large: it is copied only for those who share it.
    if (inputs_.facts.request_id.empty() && door == doors.back()) {
      door->OnOutcome(outcome_.status, std::move(outcome_.response));
    } else {
      door->OnOutcome(outcome_.status, outcome_.response);
    }
  }
}

void SolveCall::Abandon() {
  if (std::exchange(ended_, true) || running_ == nullptr) return;
  running_->solve().Abandon();
  v1::SolveResponse response;
  *response.mutable_usage() = running_->solve().Bill();
  Observe(absl::CancelledError("the caller has left"), response);
  // What it may still await, such as the usage of a finished trace, must not end it once more.
  running_.reset();
  inputs_.on_ended(response.usage());
}

std::string SolveCall::ReceiptOf(const v1::SolveResponse& response) const {
  internal::Receipt receipt;
  receipt.set_solve_id(inputs_.solve_id);
  receipt.set_model(inputs_.model.name);
  receipt.set_strategy(std::string(StrategyName(plan_.strategy())));
  receipt.set_difficulty(response.difficulty().difficulty());
  receipt.set_billed_tokens(response.usage().billed_tokens());
  if (response.has_verdict()) receipt.set_graded(response.verdict().correct());
  return inputs_.settings->receipts->Sign(std::move(receipt), absl::Now());
}

void SolveCall::Observe(const absl::Status& status, const v1::SolveResponse& response) const {
  inputs_.metrics.OnSolveStarted(-1);
  // A solve that ended as it was launched has no running_ yet, and took no time to speak of.
  const Solve* solve = running_ == nullptr ? nullptr : &running_->solve();
  const SolveObservation observation{
      .plan = plan_,
      .response = response,
      .model = inputs_.model.name,
      .code = status.code(),
      .duration = inputs_.worker.loop().Now() - inputs_.arrived,
      .queued = queued_,
      .overhead = solve ? solve->overhead() : absl::ZeroDuration(),
      .cancel_time = solve ? solve->cancel_time() : absl::ZeroDuration()};
  inputs_.metrics.OnSolve(observation);
  LogSolve(names(), observation, status, texts_ ? &*texts_ : nullptr);
}

std::optional<v1::Progress> SolveCall::Progress() const {
  if (running_ == nullptr || !planned_ || ended_) return std::nullopt;
  return running_->solve().Progress();
}

}  // namespace sextant
