#include "server/solve_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log.h"

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

}  // namespace

absl::Duration TimeToAnswer(absl::Duration time_left, const ServerConfig& server) {
  if (time_left > server.max_solve_time) return server.max_solve_time;
  return std::max(time_left - server.deadline_reserve - RoundingOf(time_left), time_left / 2);
}

void SolveCall::Start() {
  if (ended_) return;  // The caller left before the loop came to it.
  Worker& worker = inputs_.worker;
  arrived_ = worker.loop().Now();
  inputs_.metrics.OnSolveStarted(1);
  SolveInputs solve_inputs{
      .request = std::move(inputs_.request),
      .plan = inputs_.plan,
      .judge = JudgeOf(),
      .solve_id = inputs_.solve_id,
      .traceparent = inputs_.traceparent,
      .arrived = arrived_,
      .answer_by = arrived_ + TimeToAnswer(inputs_.time_left, inputs_.config.server),
      .on_planned = [this](const v1::Plan& plan) { Planned(plan); },
      .on_trace_ended = [this](const v1::Trace& trace) { door_.OnTraceEnded(trace); }};
  auto solve = Solve::Create(worker.loop(), worker.pool(inputs_.model.name), inputs_.config.server,
                             inputs_.model, std::move(solve_inputs));
  if (!solve.ok()) {
    ended_ = true;
    inputs_.metrics.OnSolveStarted(-1);
    return door_.OnOutcome(solve.status(), {});
  }
  running_ = std::make_unique<Worker::Running>(
      worker, *std::move(solve), [this](SolveOutcome outcome) { Done(std::move(outcome)); });
}

std::optional<SolveJudge> SolveCall::JudgeOf() const {
  if (!inputs_.plan_with_judge) return std::nullopt;
  const std::string& name = inputs_.model.difficulty.judge.model;
  for (const ModelConfig& model : inputs_.config.models) {
    if (model.name == name)
      return SolveJudge{inputs_.worker.pool(name), model, inputs_.plan_with_judge};
  }
  return std::nullopt;  // A configuration without it is refused when it is read.
}

void SolveCall::Planned(const v1::Plan& plan) {
  planned_ = true;
  inputs_.plan = plan;
  door_.OnStarted(inputs_.plan);
}

void SolveCall::Done(SolveOutcome outcome) {
  ended_ = true;
  Observe(outcome.status.code(), outcome.response);
  if (!outcome.status.ok()) {
    Log(absl::StrCat("solve ", inputs_.solve_id, " failed: ", outcome.status.ToString(),
                     "; billed ", outcome.response.usage().billed_tokens(), " tokens"));
  }
  door_.OnOutcome(outcome.status, std::move(outcome.response));
}

void SolveCall::Abandon() {
  if (std::exchange(ended_, true) || running_ == nullptr) return;
  running_->solve().Abandon();
  v1::SolveResponse response;
  *response.mutable_usage() = running_->solve().Bill();
  Observe(absl::StatusCode::kCancelled, response);
  Log(absl::StrCat("solve ", inputs_.solve_id, " was abandoned by its caller; billed ",
                   response.usage().finished_tokens(), " finished and ",
                   response.usage().cancelled_tokens(), " cancelled tokens"));
}

void SolveCall::Observe(absl::StatusCode code, const v1::SolveResponse& response) const {
  inputs_.metrics.OnSolveStarted(-1);
  // A solve that ended as it was launched has no running_ yet, and took no time to speak of.
  const Solve* solve = running_ == nullptr ? nullptr : &running_->solve();
  inputs_.metrics.OnSolve({.plan = inputs_.plan,
                           .response = response,
                           .model = inputs_.model.name,
                           .code = code,
                           .duration = inputs_.worker.loop().Now() - arrived_,
                           .overhead = solve ? solve->overhead() : absl::ZeroDuration(),
                           .cancel_time = solve ? solve->cancel_time() : absl::ZeroDuration()});
}

std::optional<v1::Progress> SolveCall::Progress() const {
  if (running_ == nullptr || !planned_ || ended_) return std::nullopt;
  return running_->solve().Progress();
}

}  // namespace sextant
