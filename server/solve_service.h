// The RPCs of sextant.v1. gRPC's threads check a request and bring it to the front desk; everything
// else happens on the loop of the worker that the solve is given to.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "server/front_desk.h"
#include "server/metrics.h"
#include "server/report_window.h"
#include "server/settings.h"
#include "server/worker.h"
#include "sextant/v1/sextant.grpc.pb.h"

namespace sextant {

// Any thread. What it is given outlives it, the first settings included; it outlives its calls.
class SolveService : public v1::Sextant::CallbackService {
 public:
  SolveService(std::shared_ptr<const Settings> settings, Metrics& metrics,
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

  // For calls from now on; solves that run or wait keep theirs. They may follow the present ones:
  // see Succeed().
  void SetSettings(std::shared_ptr<const Settings> settings);
  std::shared_ptr<const Settings> settings() const { return settings_.load(); }
  // Refuses waiting and new solves with UNAVAILABLE from now on.
  void BeginDrain() { desk_.BeginDrain(); }
  // Ends every running solve with what it has; stop_reason DRAINING.
  void EndAll() { desk_.EndAll(); }

 private:
  // Who calls; null: anybody may. Every call begins with it.
  absl::StatusOr<const CallerConfig*> Identify(const Settings& settings,
                                               const CallMetadata& metadata) const;
  absl::StatusOr<const ModelConfig*> FindModel(const Settings& settings, const std::string& name,
                                               const CallerConfig* caller) const;
  // The model that the request names, once everything in the request is right.
  absl::StatusOr<const ModelConfig*> Check(const Settings& settings,
                                           const v1::SolveRequest& request,
                                           const CallerConfig* caller) const;
  absl::StatusOr<FrontDesk::Arrival> ArrivalOf(const grpc::CallbackServerContext& context,
                                               const v1::SolveRequest& request) const;
  // What the receipt holds, once it is one that this server can count.
  absl::StatusOr<internal::Receipt> CheckReport(const Settings& settings,
                                                const v1::ReportOutcomeRequest& request,
                                                const CallerConfig* caller) const;
  v1::ReportOutcomeResponse CountReport(const internal::Receipt& receipt, bool correct);

  Metrics& metrics_;
  ReportWindow reported_;  // Desk's loop only.
  std::vector<std::unique_ptr<Worker>>& workers_;
  // Shared with the calls and solves that came under them.
  std::atomic<std::shared_ptr<const Settings>> settings_;
  FrontDesk desk_;
};

}  // namespace sextant
