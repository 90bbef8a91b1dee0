#include "tests/client_fake_server.h"

#include <google/protobuf/duration.pb.h>
#include <grpcpp/grpcpp.h>

#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sextant/rpc/status.pb.h"
#include "sextant/v1/sextant.grpc.pb.h"

namespace sextant {
namespace {

grpc::Status ToGrpc(const FakeSolve& solve) {
  if (solve.status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(solve.status.code());
  rpc::Status details;
  details.set_code(static_cast<int>(solve.status.code()));
  details.set_message(std::string(solve.status.message()));
  if (solve.failure_usage.has_value()) details.add_details()->PackFrom(*solve.failure_usage);
  if (solve.retry_delay.has_value()) {
    // Field 1 of a RetryInfo is the duration; its bytes are written as another library would.
    google::protobuf::Duration delay;
    delay.set_seconds(absl::ToInt64Seconds(*solve.retry_delay));
    delay.set_nanos(
        static_cast<int>(absl::ToInt64Nanoseconds(*solve.retry_delay % absl::Seconds(1))));
    const std::string bytes = delay.SerializeAsString();
    google::protobuf::Any& detail = *details.add_details();
    detail.set_type_url("type.googleapis.com/google.rpc.RetryInfo");
    detail.set_value(absl::StrCat("\x0a", std::string(1, static_cast<char>(bytes.size())), bytes));
  }
  return grpc::Status(code, details.message(), details.SerializeAsString());
}

void WaitUntilCancelled(const grpc::ServerContext& context) {
  while (!context.IsCancelled()) std::this_thread::yield();
}

}  // namespace

class FakeServer::Service final : public v1::Sextant::Service {
 public:
  Service(Solver solver, std::vector<std::string> models)
      : solver_(std::move(solver)), models_(std::move(models)) {}

  grpc::Status Solve(grpc::ServerContext* context, const v1::SolveRequest* request,
                     v1::SolveResponse* response) override {
    const FakeSolve solve = Note(*context, *request);
    if (solve.ending == FakeSolve::Ending::kSilence) WaitUntilCancelled(*context);
    *response = solve.response;
    return ToGrpc(solve);
  }

  grpc::Status SolveStream(grpc::ServerContext* context, const v1::SolveRequest* request,
                           grpc::ServerWriter<v1::SolveEvent>* writer) override {
    const FakeSolve solve = Note(*context, *request);
    for (const v1::SolveEvent& event : solve.events) writer->Write(event);
    if (solve.ending == FakeSolve::Ending::kSilence) WaitUntilCancelled(*context);
    if (solve.status.ok() && solve.response.ByteSizeLong() > 0) {
      v1::SolveEvent last;
      *last.mutable_response() = solve.response;
      writer->Write(last);
    }
    return ToGrpc(solve);
  }

  grpc::Status Plan(grpc::ServerContext* context, const v1::SolveRequest* request,
                    v1::PlanResponse* response) override {
    *response->mutable_plan() = Note(*context, *request).response.plan();
    return grpc::Status::OK;
  }

  grpc::Status ReportOutcome(grpc::ServerContext*, const v1::ReportOutcomeRequest* request,
                             v1::ReportOutcomeResponse* response) override {
    const std::lock_guard lock(mutex_);
    if (request->receipt() == "forged")
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "receipt was altered");
    response->set_counted(true);
    for (const v1::ReportOutcomeRequest& earlier : reports_) {
      if (earlier.receipt() == request->receipt()) response->set_counted(false);
    }
    reports_.push_back(*request);
    response->set_correct(request->correct());
    response->set_solve_id("solve-1");
    response->set_model("model-a");
    response->set_strategy("first_finish");
    response->set_difficulty(v1::DIFFICULTY_HARD);
    response->set_billed_tokens(30);
    return grpc::Status::OK;
  }

  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override {
    for (const std::string& name : models_) {
      v1::Model& model = *response->add_models();
      model.set_name(name);
      model.set_horizon(v1::HORIZON_LONG);
      model.set_typical_trace_tokens(4096);
      model.set_max_traces(8);
      model.add_backends()->set_name("127.0.0.1:8000");
      model.mutable_backends(0)->set_state("serving");
    }
    return grpc::Status::OK;
  }

  std::vector<v1::SolveRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  std::vector<v1::ReportOutcomeRequest> reports() const {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

  std::string authorization() const {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }

 private:
  FakeSolve Note(const grpc::ServerContext& context, const v1::SolveRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto found = context.client_metadata().find("authorization");
    const bool is_there = found != context.client_metadata().end();
    authorization_ = is_there ? std::string(found->second.data(), found->second.size()) : "";
    requests_.push_back(request);
    return solver_(request);
  }

  const Solver solver_;
  const std::vector<std::string> models_;
  mutable std::mutex mutex_;
  std::vector<v1::SolveRequest> requests_;
  std::string authorization_;
  std::vector<v1::ReportOutcomeRequest> reports_;
};

struct FakeServer::Running {
  Running(Solver solver, std::vector<std::string> models)
      : service(std::move(solver), std::move(models)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
  }

  Service service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

FakeServer::FakeServer(Solver solver, std::vector<std::string> models)
    : running_(std::make_unique<Running>(std::move(solver), std::move(models))) {}

FakeServer::~FakeServer() { running_->server->Shutdown(std::chrono::system_clock::now()); }

std::string FakeServer::target() const { return absl::StrCat("127.0.0.1:", running_->port); }

std::vector<v1::SolveRequest> FakeServer::requests() const { return running_->service.requests(); }

std::string FakeServer::authorization() const { return running_->service.authorization(); }
std::vector<v1::ReportOutcomeRequest> FakeServer::reports() const {
  return running_->service.reports();
}

v1::Usage SampleUsage() {
  v1::Usage usage;
  usage.set_prompt_tokens(12);
  usage.set_finished_tokens(20);
  usage.set_cancelled_tokens(10);
  usage.set_billed_tokens(30);
  usage.set_estimated_tokens(4);
  usage.set_sequential_tokens(15);
  usage.set_traces_started(4);
  usage.set_traces_finished(3);
  usage.set_traces_cancelled(1);
  usage.set_cost_usd(0.0125);
  usage.set_seconds_to_decision(2.5);
  return usage;
}

v1::SolveResponse SampleResponse() {
  v1::SolveResponse response;
  response.set_answer("4");
  response.set_agreement(2.0 / 3);
  response.set_margin(1.0 / 3);
  response.set_majority_probability(0.6875);
  response.set_stop_reason(v1::DECIDED);
  response.set_solve_id("solve-1");
  response.mutable_verdict()->set_correct(true);
  response.mutable_verdict()->set_reference("4");
  v1::Plan& plan = *response.mutable_plan();
  plan.set_strategy_text("first_finish(k=3,n=4)");
  plan.set_row("long_hard");
  plan.set_policy("default");
  plan.add_reasons("The model has a long horizon.");
  plan.add_reasons("The budget holds 4 typical traces.");
  plan.mutable_difficulty()->set_difficulty(v1::DIFFICULTY_HARD);
  plan.mutable_difficulty()->set_estimator("hint");
  plan.mutable_expected()->set_billed_tokens(16384);
  v1::Candidate& first = *response.add_candidates();
  first.set_answer("4");
  first.set_votes(2);
  first.set_mean_tokens(9);
  v1::Candidate& second = *response.add_candidates();
  second.set_answer("5");
  second.set_votes(1);
  second.set_mean_tokens(2);
  *response.mutable_usage() = SampleUsage();
  return response;
}

}  // namespace sextant
