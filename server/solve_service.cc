#include "server/solve_service.h"

#include <mutex>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/difficulty.h"
#include "server/planner.h"
#include "server/request_check.h"
#include "server/solve_reactors.h"

namespace sextant {
namespace {

absl::Duration TimeLeft(const grpc::CallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteDuration();
  return absl::FromChrono(deadline) - absl::Now();
}

std::string NewSolveId() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad16));
}

std::string Metadata(const grpc::CallbackServerContext& context, const char* name) {
  constexpr size_t kLongest = 256;
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end() || found->second.size() > kLongest) return "";
  return std::string(found->second.data(), found->second.size());
}

grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext* context,
                                   const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

ReplicaState StateNamed(absl::string_view name) {
  for (const ReplicaState state : kReplicaStates) {
    if (NameOf(state) == name) return state;
  }
  return ReplicaState::kServing;
}

// Of several event loops' views of a backend, the worst is shown.
void AddBackendStates(Worker& worker, v1::ListModelsResponse& response) {
  for (v1::Model& model : *response.mutable_models()) {
    const auto states = worker.BackendStates(model.name());
    for (size_t i = 0; i < states.size(); ++i) {
      v1::Backend& backend = *model.mutable_backends(static_cast<int>(i));
      backend.set_in_flight(backend.in_flight() + states[i].in_flight);
      if (states[i].state > StateNamed(backend.state()))
        backend.set_state(std::string(NameOf(states[i].state)));
    }
  }
}

// Ends a call that never starts a solve.
class RefusedStream : public grpc::ServerWriteReactor<v1::SolveEvent> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

SolveService::SolveService(const Config& config, Policy policy, Metrics& metrics,
                           std::vector<std::unique_ptr<Worker>>& workers)
    : config_(config), metrics_(metrics), workers_(workers) {
  SetPolicy(std::move(policy));
}

void SolveService::SetPolicy(Policy policy) {
  auto next = std::make_shared<const Policy>(std::move(policy));
  std::lock_guard lock(policy_mu_);
  policy_ = std::move(next);
}

std::shared_ptr<const Policy> SolveService::CurrentPolicy() const {
  std::lock_guard lock(policy_mu_);
  return policy_;
}

absl::StatusOr<const ModelConfig*> SolveService::FindModel(const std::string& name) const {
  for (const ModelConfig& model : config_.models) {
    if (model.name == name) return &model;
  }
  const std::string known = absl::StrJoin(
      config_.models, ", ", [](std::string* out, const ModelConfig& m) { out->append(m.name); });
  if (name.empty())
    return absl::InvalidArgumentError(absl::StrCat("model is empty, expected one of: ", known));
  return absl::NotFoundError(
      absl::StrCat("model \"", name.substr(0, 200), "\" is not served here; known: ", known));
}

absl::StatusOr<v1::Plan> SolveService::PlanFor(const v1::SolveRequest& request,
                                               absl::Duration time_left) const {
  const auto model = FindModel(request.model());
  if (!model.ok()) return model.status();
  if (absl::Status status = CheckRequest(request, **model); !status.ok()) return status;
  const std::shared_ptr<const Policy> policy = CurrentPolicy();
  return MakePlan(
      {.request = request, .model = **model, .policy = *policy, .time_left = time_left});
}

PlanWithDifficulty SolveService::PlannerWithJudge(const v1::SolveRequest& request,
                                                  const ModelConfig& model,
                                                  absl::Duration time_left) const {
  if (!AsksJudge(request, model.difficulty)) return nullptr;
  // The strategy has passed its check when the first plan was made, so this one is made too.
  return [policy = CurrentPolicy(), &model, deadline = absl::Now() + time_left](
             const v1::SolveRequest& asked, const v1::DifficultyEstimate& difficulty) {
    return *MakePlan({.request = asked,
                      .model = model,
                      .policy = *policy,
                      .time_left = deadline - absl::Now(),
                      .difficulty = &difficulty});
  };
}

Worker& SolveService::NextWorker() {
  return *workers_[next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

absl::StatusOr<SolveCall::Inputs> SolveService::InputsFor(
    const grpc::CallbackServerContext& context, const v1::SolveRequest& request) {
  if (draining_) {
    return absl::UnavailableError("the server is shutting down; send the request to another one");
  }
  const absl::Duration time_left = TimeLeft(context);
  auto plan = PlanFor(request, time_left);
  if (!plan.ok()) return plan.status();
  const ModelConfig& model = **FindModel(request.model());
  return SolveCall::Inputs{.config = config_,
                           .model = model,
                           .metrics = metrics_,
                           .worker = NextWorker(),
                           .request = request,
                           .plan = *std::move(plan),
                           .plan_with_judge = PlannerWithJudge(request, model, time_left),
                           .solve_id = NewSolveId(),
                           .traceparent = Metadata(context, "traceparent"),
                           .time_left = time_left};
}

grpc::ServerUnaryReactor* SolveService::Solve(grpc::CallbackServerContext* context,
                                              const v1::SolveRequest* request,
                                              v1::SolveResponse* response) {
  auto inputs = InputsFor(*context, *request);
  if (!inputs.ok()) return Answered(context, inputs.status());
  return StartSolve(*std::move(inputs), response);
}

grpc::ServerWriteReactor<v1::SolveEvent>* SolveService::SolveStream(
    grpc::CallbackServerContext* context, const v1::SolveRequest* request) {
  auto inputs = InputsFor(*context, *request);
  if (!inputs.ok()) return new RefusedStream(inputs.status());
  return StartSolveStream(*std::move(inputs));
}

grpc::ServerUnaryReactor* SolveService::Plan(grpc::CallbackServerContext* context,
                                             const v1::SolveRequest* request,
                                             v1::PlanResponse* response) {
  auto plan = PlanFor(*request, TimeLeft(*context));
  if (!plan.ok()) return Answered(context, plan.status());
  *response->mutable_plan() = *std::move(plan);
  return Answered(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* SolveService::ReportOutcome(grpc::CallbackServerContext* context,
                                                      const v1::ReportOutcomeRequest*,
                                                      v1::ReportOutcomeResponse*) {
  return Answered(
      context,
      absl::UnimplementedError(
          "ReportOutcome is not part of this version: send a reference_answer with the request"));
}

grpc::ServerUnaryReactor* SolveService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest*,
                                                   v1::ListModelsResponse* response) {
  for (const ModelConfig& model : config_.models) {
    v1::Model& m = *response->add_models();
    m.set_name(model.name);
    m.set_horizon(ToProto(model.horizon));
    m.set_typical_trace_tokens(model.typical_trace_tokens);
    m.set_max_traces(model.max_traces);
    for (const BackendConfig& backend : model.backends) {
      v1::Backend& b = *m.add_backends();
      b.set_name(backend.name);
      b.set_max_traces(backend.max_traces);
      b.set_state(std::string(NameOf(ReplicaState::kServing)));
    }
    if (!model.price) continue;
    m.mutable_price()->set_prompt_per_million(model.price->prompt_per_million);
    m.mutable_price()->set_completion_per_million(model.price->completion_per_million);
  }
  // Every worker adds what its pools know; the last one answers.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto left =
      std::make_shared<std::atomic<size_t>>(workers_.size());  // Shared by the workers' posts.
  auto adding = std::make_shared<std::mutex>();
  for (const auto& worker : workers_) {
    worker->loop().Post([&worker = *worker, response, reactor, left, adding] {
      {
        std::lock_guard lock(*adding);
        AddBackendStates(worker, *response);
      }
      if (left->fetch_sub(1) == 1) reactor->Finish(grpc::Status::OK);
    });
  }
  return reactor;
}

void SolveService::EndAll() {
  for (const auto& worker : workers_) {
    worker->loop().Post([&worker = *worker] { worker.EndAll(v1::DRAINING); });
  }
}

}  // namespace sextant
