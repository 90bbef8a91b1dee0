// The RPCs of sextant.v1. gRPC's threads check a request and bring it to the front desk; everything
// else happens on the loop of the worker that the solve is given to.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "server/callers.h"
#include "server/config.h"
#include "server/front_desk.h"
#include "server/metrics.h"
#include "server/policy.h"
#include "server/receipt.h"
#include "server/report_window.h"
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
  // Who may call, and within which limits, from now on; solves that run go on.
  void SetCallers(std::vector<CallerConfig> callers);
  // Refuses waiting and new solves with UNAVAILABLE from now on.
  void BeginDrain() { desk_.BeginDrain(); }
  // Ends every running solve with what it has; stop_reason DRAINING.
  void EndAll() { desk_.EndAll(); }

 private:
  // Who calls; null: anybody may. Every call begins with it.
  absl::StatusOr<std::shared_ptr<const CallerConfig>> Identify(const CallMetadata& metadata) const;
  absl::StatusOr<const ModelConfig*> FindModel(const std::string& name,
                                               const CallerConfig* caller) const;
  // The model that the request names, once everything in the request is right.
  absl::StatusOr<const ModelConfig*> Check(const v1::SolveRequest& request,
                                           const CallerConfig* caller) const;
  absl::StatusOr<FrontDesk::Arrival> ArrivalOf(const grpc::CallbackServerContext& context,
                                               const v1::SolveRequest& request) const;
  // What the receipt holds, once it is one that this server can count.
  absl::StatusOr<internal::Receipt> CheckReport(const v1::ReportOutcomeRequest& request,
                                                const CallerConfig* caller) const;
  v1::ReportOutcomeResponse CountReport(const internal::Receipt& receipt, bool correct);

  const Config& config_;
  Metrics& metrics_;
  const Receipts receipts_;
  ReportWindow reported_;  // Desk's loop only.
  std::vector<std::unique_ptr<Worker>>& workers_;
  // Shared with the calls that are being checked when others take their place.
  std::atomic<std::shared_ptr<const Callers>> callers_;
  FrontDesk desk_;
};

}  // namespace sextant
