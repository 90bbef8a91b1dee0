#include "client/sextant_client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/connection.h"

namespace sextant {
namespace {

// Traces with their texts are large: 256 traces of 1 MiB fit, gRPC's default of 4 MiB would not
// hold eight.
constexpr int kMaxResponseBytes = 1 << 30;

absl::Status CheckTarget(absl::string_view target) {
  const size_t colon = target.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(target.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("server is '", target, "', expected HOST:PORT with a port from 1 to 65535"));
  }
  return absl::OkStatus();
}

bool IsLoopback(absl::string_view target) {
  return absl::StartsWith(target, "127.") || absl::StartsWith(target, "localhost:") ||
         absl::StartsWith(target, "[::1]:");
}

}  // namespace

absl::StatusOr<SextantClient> SextantClient::Connect(const std::string& target) {
  if (absl::Status status = CheckTarget(target); !status.ok()) return status;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  // A proxy of the environment cannot reach this machine's own loopback address.
  if (IsLoopback(target)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto connection = std::make_unique<Connection>();
  connection->target = target;
  connection->stub = v1::Sextant::NewStub(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
  return SextantClient(std::move(connection));
}

SextantClient::SextantClient(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
SextantClient::SextantClient(SextantClient&&) noexcept = default;
SextantClient& SextantClient::operator=(SextantClient&&) noexcept = default;
SextantClient::~SextantClient() = default;

SolveResult SextantClient::Solve(const v1::SolveRequest& request,
                                 const CallOptions& options) const {
  const auto start = std::chrono::steady_clock::now();
  grpc::ClientContext context;
  ApplyOptions(options, context);
  v1::SolveResponse response;
  const grpc::Status status = connection_->stub->Solve(&context, request, &response);
  return ToSolveResult(status, std::move(response), start, *connection_);
}

SolveResult SextantClient::SolveStream(
    const v1::SolveRequest& request, const CallOptions& options,
    const std::function<void(const v1::SolveEvent&)>& on_event) const {
  const auto start = std::chrono::steady_clock::now();
  grpc::ClientContext context;
  ApplyOptions(options, context);
  auto reader = connection_->stub->SolveStream(&context, request);
  std::optional<v1::SolveResponse> response;
  v1::SolveEvent event;
  while (reader->Read(&event)) {
    if (event.has_response()) {
      response = std::move(*event.mutable_response());
    } else {
      on_event(event);
    }
  }
  grpc::Status status = reader->Finish();
  if (status.ok() && !response.has_value()) {
    status = grpc::Status(grpc::StatusCode::INTERNAL,
                          absl::StrCat("server ", connection_->target,
                                       ": the stream of events ended without a response"));
  }
  return ToSolveResult(status, std::move(response).value_or(v1::SolveResponse()), start,
                       *connection_);
}

absl::StatusOr<v1::PlanResponse> SextantClient::Plan(const v1::SolveRequest& request,
                                                     const CallOptions& options) const {
  grpc::ClientContext context;
  ApplyOptions(options, context);
  v1::PlanResponse response;
  const grpc::Status status = connection_->stub->Plan(&context, request, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

absl::StatusOr<v1::ReportOutcomeResponse> SextantClient::ReportOutcome(
    const v1::ReportOutcomeRequest& request, const CallOptions& options) const {
  grpc::ClientContext context;
  ApplyOptions(options, context);
  v1::ReportOutcomeResponse response;
  const grpc::Status status = connection_->stub->ReportOutcome(&context, request, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

absl::StatusOr<v1::ListModelsResponse> SextantClient::ListModels(const CallOptions& options) const {
  grpc::ClientContext context;
  ApplyOptions(options, context);
  v1::ListModelsResponse response;
  const grpc::Status status = connection_->stub->ListModels(&context, {}, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

}  // namespace sextant
