#include "client/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sextant/rpc/status.pb.h"

namespace sextant {
namespace {

// What a failed solve has in its status details: gRPC drops the response.
void ReadDetails(const std::string& details, SolveResult& result) {
  rpc::Status status;
  if (details.empty() || !status.ParseFromString(details)) return;
  for (const google::protobuf::Any& detail : status.details()) {
    v1::Usage usage;
    rpc::RetryInfo retry;
    if (detail.UnpackTo(&usage)) result.usage = usage;
    // Unpacking would ask for the name that the message has here.
    if (detail.type_url() == "type.googleapis.com/google.rpc.RetryInfo" &&
        retry.ParseFromString(detail.value())) {
      result.retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                           absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
}

}  // namespace

void ApplyOptions(const CallOptions& options, const Connection& connection,
                  grpc::ClientContext& context) {
  if (!connection.token.empty())
    context.AddMetadata("authorization", absl::StrCat("Bearer ", connection.token));
  if (!options.caller.empty()) context.AddMetadata("x-sextant-caller", options.caller);
  if (!options.request_id.empty()) context.AddMetadata("x-request-id", options.request_id);
  if (!options.traceparent.empty()) context.AddMetadata("traceparent", options.traceparent);
  if (options.timeout == absl::InfiniteDuration()) return;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
}

absl::Status ToStatus(const grpc::Status& status, const Connection& connection) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  // UNAVAILABLE is mostly written by the library on this side, which does not say what it called.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_message().empty()) {
    return absl::Status(
        code, absl::StrCat("server ", connection.target, ": ",
                           status.error_message().empty() ? "no message" : status.error_message()));
  }
  return absl::Status(code, status.error_message());
}

SolveResult ToSolveResult(const grpc::Status& status, v1::SolveResponse response,
                          std::chrono::steady_clock::time_point start,
                          const Connection& connection) {
  SolveResult result;
  result.elapsed = absl::FromChrono(std::chrono::steady_clock::now() - start);
  result.status = ToStatus(status, connection);
  if (!status.ok()) {
    ReadDetails(status.error_details(), result);
    return result;
  }
  if (response.has_usage()) result.usage = response.usage();
  result.response = std::move(response);
  return result;
}

}  // namespace sextant
