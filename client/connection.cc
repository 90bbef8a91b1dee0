#include "client/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sextant/rpc/status.pb.h"

namespace sextant {
namespace {

// The bill of a failed solve: gRPC drops the response, so it travels in the status details.
std::optional<v1::Usage> UsageInDetails(const std::string& details) {
  rpc::Status status;
  if (details.empty() || !status.ParseFromString(details)) return std::nullopt;
  for (const google::protobuf::Any& detail : status.details()) {
    v1::Usage usage;
    if (detail.UnpackTo(&usage)) return usage;
  }
  return std::nullopt;
}

}  // namespace

void ApplyOptions(const CallOptions& options, grpc::ClientContext& context) {
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
    result.usage = UsageInDetails(status.error_details());
    return result;
  }
  if (response.has_usage()) result.usage = response.usage();
  result.response = std::move(response);
  return result;
}

}  // namespace sextant
