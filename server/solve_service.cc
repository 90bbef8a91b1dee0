#include "server/solve_service.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/planner.h"
#include "server/prompt_tokens.h"
#include "server/request_check.h"
#include "server/solve_log.h"
#include "server/solve_reactors.h"
#include "server/strategies/spec.h"

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

CallMetadata MetadataOf(const grpc::CallbackServerContext& context) {
  CallMetadata metadata;
  for (const auto& [name, value] : context.client_metadata()) {
    metadata.emplace(std::string(name.data(), name.size()),
                     std::string(value.data(), value.size()));
  }
  return metadata;
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

SolveService::SolveService(std::shared_ptr<const Settings> settings, Metrics& metrics,
                           std::vector<std::unique_ptr<Worker>>& workers)
    : metrics_(metrics),
      workers_(workers),
      settings_(settings),
      desk_(settings->config, metrics, workers) {
  metrics_.OnSettings(*settings);
}

void SolveService::SetSettings(std::shared_ptr<const Settings> settings) {
  metrics_.OnSettings(*settings);
  // The desk first: it knows a caller's limits before the caller is let in.
  desk_.SetCallers(settings->config.callers);
  settings_.store(std::move(settings));
}

absl::StatusOr<const CallerConfig*> SolveService::Identify(const Settings& settings,
                                                           const CallMetadata& metadata) const {
  const auto caller = settings.callers.Identify(metadata);
  if (!caller.ok()) metrics_.OnDenied(caller.status().code());
  return caller;
}

absl::StatusOr<const ModelConfig*> SolveService::FindModel(const Settings& settings,
                                                           const std::string& name,
                                                           const CallerConfig* caller) const {
  std::vector<absl::string_view> models;
  for (const ModelConfig& model : settings.config.models) {
    const bool may_use = MayUse(caller, model.name);
    if (may_use) models.push_back(model.name);
    if (model.name != name) continue;
    if (may_use) return &model;
    absl::Status denied = absl::PermissionDeniedError(
        absl::StrCat("caller ", caller->name, " may not use model ", model.name));
    metrics_.OnDenied(denied.code());
    return denied;
  }
  const std::string known = absl::StrJoin(models, ", ");
  if (name.empty())
    return absl::InvalidArgumentError(absl::StrCat("model is empty, expected one of: ", known));
  return absl::NotFoundError(
      absl::StrCat("model \"", name.substr(0, 200), "\" is not served here; known: ", known));
}

absl::StatusOr<const ModelConfig*> SolveService::Check(const Settings& settings,
                                                       const v1::SolveRequest& request,
                                                       const CallerConfig* caller) const {
  const auto model = FindModel(settings, request.model(), caller);
  if (!model.ok()) return model.status();
  if (absl::Status status = CheckRequest(request, **model); !status.ok()) return status;
  if (absl::Status status = CheckContext(request, **model); !status.ok()) return status;
  return model;
}

absl::StatusOr<FrontDesk::Arrival> SolveService::ArrivalOf(
    const grpc::CallbackServerContext& context, const v1::SolveRequest& request) const {
  const CallMetadata metadata = MetadataOf(context);
  std::shared_ptr<const Settings> settings = settings_.load();
  const auto caller = Identify(*settings, metadata);
  if (!caller.ok()) return caller.status();
  const auto model = Check(*settings, request, *caller);
  if (!model.ok()) return model.status();
  auto facts = ReadCallFacts(metadata, context.peer(), *caller == nullptr ? "" : (*caller)->name);
  if (!facts.ok()) return facts.status();
  return FrontDesk::Arrival{.settings = std::move(settings),
                            .model = **model,
                            .request = request,
                            .facts = *std::move(facts),
                            .solve_id = NewSolveId(),
                            .time_left = TimeLeft(context),
                            .at = Clock::Monotonic().Now()};
}

grpc::ServerUnaryReactor* SolveService::Solve(grpc::CallbackServerContext* context,
                                              const v1::SolveRequest* request,
                                              v1::SolveResponse* response) {
  auto arrival = ArrivalOf(*context, *request);
  if (!arrival.ok()) return Answered(context, arrival.status());
  return StartSolve(desk_, *std::move(arrival), response);
}

grpc::ServerWriteReactor<v1::SolveEvent>* SolveService::SolveStream(
    grpc::CallbackServerContext* context, const v1::SolveRequest* request) {
  auto arrival = ArrivalOf(*context, *request);
  if (!arrival.ok()) return new RefusedStream(arrival.status());
  return StartSolveStream(desk_, *std::move(arrival));
}

grpc::ServerUnaryReactor* SolveService::Plan(grpc::CallbackServerContext* context,
                                             const v1::SolveRequest* request,
                                             v1::PlanResponse* response) {
  const std::shared_ptr<const Settings> settings = settings_.load();
  const auto caller = Identify(*settings, MetadataOf(*context));
  if (!caller.ok()) return Answered(context, caller.status());
  const auto model = Check(*settings, *request, *caller);
  if (!model.ok()) return Answered(context, model.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // The request and the response live until Finish().
  const PlanQuestion question{.request = *request,
                              .model = **model,
                              .policy = settings->policy,
                              .time_left = TimeLeft(*context)};
  // It keeps the settings, which the question refers to.
  desk_.AskLoad((*model)->name,
                [settings, question, response, reactor](Worker& worker, double load) {
                  auto plan = PlanOn(worker, question, load);
                  if (plan.ok()) *response->mutable_plan() = *std::move(plan);
                  reactor->Finish(ToGrpc(plan.status()));
                });
  return reactor;
}

absl::StatusOr<internal::Receipt> SolveService::CheckReport(const Settings& settings,
                                                            const v1::ReportOutcomeRequest& request,
                                                            const CallerConfig* caller) const {
  if (!request.has_correct())
    return absl::InvalidArgumentError("correct is not set, expected true or false");
  auto receipt = settings.receipts->Read(request.receipt(), absl::Now());
  if (!receipt.ok()) return receipt.status();
  if (const auto model = FindModel(settings, receipt->model(), caller); !model.ok())
    return absl::Status(
        model.status().code(),
        absl::StrCat("receipt of solve ", receipt->solve_id(), ": ", model.status().message()));
  const std::vector<std::string>& strategies = StrategyNames();
  // Labels of metrics come from a closed set, even where a later version has signed.
  if (std::find(strategies.begin(), strategies.end(), receipt->strategy()) == strategies.end())
    return absl::FailedPreconditionError(absl::StrCat("receipt of solve ", receipt->solve_id(),
                                                      ": strategy ", receipt->strategy(),
                                                      " is not known to this version"));
  if (receipt->has_graded())
    return absl::AlreadyExistsError(
        absl::StrCat("solve ", receipt->solve_id(), " was graded at once by its reference_answer, ",
                     "as ", VerdictLabel(receipt->graded()), "; that counts"));
  return receipt;
}

v1::ReportOutcomeResponse SolveService::CountReport(const internal::Receipt& receipt,
                                                    bool correct) {
  const std::optional<bool> before = reported_.Remember(receipt.solve_id(), correct);
  if (!before)
    metrics_.OnGrade({receipt.model(), receipt.strategy(), receipt.difficulty(), correct});
  v1::ReportOutcomeResponse response;
  response.set_counted(!before);
  response.set_correct(before.value_or(correct));
  response.set_solve_id(receipt.solve_id());
  response.set_model(receipt.model());
  response.set_strategy(receipt.strategy());
  response.set_difficulty(receipt.difficulty());
  response.set_billed_tokens(receipt.billed_tokens());
  LogReport(response);
  return response;
}

grpc::ServerUnaryReactor* SolveService::ReportOutcome(grpc::CallbackServerContext* context,
                                                      const v1::ReportOutcomeRequest* request,
                                                      v1::ReportOutcomeResponse* response) {
  const std::shared_ptr<const Settings> settings = settings_.load();
  const auto caller = Identify(*settings, MetadataOf(*context));
  if (!caller.ok()) return Answered(context, caller.status());
  auto receipt = CheckReport(*settings, *request, *caller);
  if (!receipt.ok()) return Answered(context, receipt.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // The response lives until Finish().
  desk_.loop().Post(
      [this, receipt = *std::move(receipt), correct = request->correct(), response, reactor] {
        *response = CountReport(receipt, correct);
        reactor->Finish(grpc::Status::OK);
      });
  return reactor;
}

grpc::ServerUnaryReactor* SolveService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest*,
                                                   v1::ListModelsResponse* response) {
  const std::shared_ptr<const Settings> settings = settings_.load();
  const auto caller = Identify(*settings, MetadataOf(*context));
  if (!caller.ok()) return Answered(context, caller.status());
  for (const ModelConfig& model : settings->config.models) {
    if (!MayUse(*caller, model.name)) continue;
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

}  // namespace sextant
