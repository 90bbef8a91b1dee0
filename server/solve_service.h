// The RPCs of sextant.v1: checks a request, plans it, puts it on an event loop, writes what
// happens.
//
// gRPC's threads validate, plan and post; everything else happens on the loop of the worker that
// the solve is given to.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "server/config.h"
#include "server/metrics.h"
#include "server/policy.h"
#include "server/solve_call.h"
#include "server/worker.h"
#include "sextant/v1/sextant.grpc.pb.h"

namespace sextant {

// Any thread. What it is given outlives it; it outlives its calls.
class SolveService : public v1::Sextant::CallbackService {
 public:
  SolveService(const Config& config, Policy policy, Metrics& metrics,
               std::vector<std::unique_ptr<Worker>>& workers);

  grpc::ServerUnaryReactor* Solve(grpc::CallbackServerContext* context,
                                  const v1::SolveRequest* request,
                                  v1::SolveResponse* response) override;
  grpc::ServerWriteReactor<v1::SolveEvent>* SolveStream(grpc::CallbackServerContext* context,
                                                        const v1::SolveRequest* request) override;
  grpc::ServerUnaryReactor* Plan(grpc::CallbackServerContext* context,
                                 const v1::SolveRequest* request,
                                 v1::PlanResponse* response) override;
  grpc::ServerUnaryReactor* ReportOutcome(grpc::CallbackServerContext* context,
                                          const v1::ReportOutcomeRequest* request,
                                          v1::ReportOutcomeResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;

  void SetPolicy(Policy policy);  // For plans made from now on.
  // Refuses new solves with UNAVAILABLE from now on.
  void BeginDrain() { draining_ = true; }
  // Ends every running solve with what it has; stop_reason DRAINING.
  void EndAll();

 private:
  std::shared_ptr<const Policy> CurrentPolicy() const;
  absl::StatusOr<const ModelConfig*> FindModel(const std::string& name) const;
  absl::StatusOr<v1::Plan> PlanFor(const v1::SolveRequest& request, absl::Duration time_left) const;
  absl::StatusOr<SolveCall::Inputs> InputsFor(const grpc::CallbackServerContext& context,
                                              const v1::SolveRequest& request);
  // Plans with what a judge says; empty where none is asked.
  PlanWithDifficulty PlannerWithJudge(const v1::SolveRequest& request, const ModelConfig& model,
                                      absl::Duration time_left) const;
  Worker& NextWorker();

  const Config& config_;
  mutable std::mutex policy_mu_;
  // Guarded by policy_mu_. Shared: a plan that is being made keeps the policy that it began with.
  std::shared_ptr<const Policy> policy_;
  Metrics& metrics_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  std::atomic<unsigned> next_worker_ = 0;
  std::atomic<bool> draining_ = false;
};

}  // namespace sextant
