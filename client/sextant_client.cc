#include "client/sextant_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/connection.h"
#include "client/read_text.h"
#include "server/certificates.h"

namespace sextant {
namespace {

// Traces with their texts are large: 256 traces of 1 MiB fit, gRPC's default of 4 MiB would not
// hold eight.
constexpr int kMaxResponseBytes = 1 << 30;
constexpr size_t kMaxTokenBytes = 4096;
constexpr size_t kMaxPemBytes = 1 << 20;

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

bool HasTls(const ConnectOptions& options) {
  return options.tls || !options.ca_file.empty() || !options.certificate_file.empty() ||
         !options.key_file.empty();
}

absl::Status CheckToken(const std::string& target, const ConnectOptions& options) {
  if (options.token.empty()) return absl::OkStatus();
  const auto is_visible = [](unsigned char c) { return absl::ascii_isgraph(c); };
  if (options.token.size() > kMaxTokenBytes ||
      !std::all_of(options.token.begin(), options.token.end(), is_visible)) {
    return absl::InvalidArgumentError(absl::StrCat("the token is not 1 to ", kMaxTokenBytes,
                                                   " visible ASCII characters, as tokens are"));
  }
  if (HasTls(options) || IsLoopback(target)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the token could be overheard on its way to ",
                                                 target, ", expected TLS (or a loopback address)"));
}

absl::StatusOr<PemFile> ReadPem(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path, kMaxPemBytes);
  if (!text.ok()) return text.status();
  return PemFile{path, *std::move(text)};
}

// The files are checked here: gRPC would only say that it cannot connect.
absl::StatusOr<grpc::SslCredentialsOptions> TlsOf(const ConnectOptions& options) {
  grpc::SslCredentialsOptions tls;
  if (!options.ca_file.empty()) {
    auto authorities = ReadPem(options.ca_file);
    if (!authorities.ok()) return authorities.status();
    absl::Status status = CheckAuthorities(*authorities, absl::Now());
    if (!status.ok()) return status;
    tls.pem_root_certs = std::move(authorities->text);
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError(
        "a certificate of one's own needs both its file and that of its key");
  }
  if (options.certificate_file.empty()) return tls;
  auto certificate = ReadPem(options.certificate_file);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadPem(options.key_file);
  if (!key.ok()) return key.status();
  absl::Status status = CheckCertificate(*certificate, absl::Now());
  if (status.ok()) status = CheckKey(*key, *certificate);
  if (!status.ok()) return status;
  tls.pem_cert_chain = std::move(certificate->text);
  tls.pem_private_key = std::move(key->text);
  return tls;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const ConnectOptions& options) {
  if (!HasTls(options)) return grpc::InsecureChannelCredentials();
  const auto tls = TlsOf(options);
  if (!tls.ok()) return tls.status();
  return grpc::SslCredentials(*tls);
}

}  // namespace

absl::StatusOr<SextantClient> SextantClient::Connect(const std::string& target,
                                                     const ConnectOptions& options) {
  if (absl::Status status = CheckTarget(target); !status.ok()) return status;
  if (absl::Status status = CheckToken(target, options); !status.ok()) return status;
  const auto credentials = CredentialsOf(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  // A proxy of the environment cannot reach this machine's own loopback address.
  if (IsLoopback(target)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto connection = std::make_unique<Connection>();
  connection->target = target;
  connection->token = options.token;
  connection->stub =
      v1::Sextant::NewStub(grpc::CreateCustomChannel(target, *credentials, arguments));
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
  ApplyOptions(options, *connection_, context);
  v1::SolveResponse response;
  const grpc::Status status = connection_->stub->Solve(&context, request, &response);
  return ToSolveResult(status, std::move(response), start, *connection_);
}

SolveResult SextantClient::SolveStream(
    const v1::SolveRequest& request, const CallOptions& options,
    const std::function<void(const v1::SolveEvent&)>& on_event) const {
  const auto start = std::chrono::steady_clock::now();
  grpc::ClientContext context;
  ApplyOptions(options, *connection_, context);
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
  ApplyOptions(options, *connection_, context);
  v1::PlanResponse response;
  const grpc::Status status = connection_->stub->Plan(&context, request, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

absl::StatusOr<v1::ReportOutcomeResponse> SextantClient::ReportOutcome(
    const v1::ReportOutcomeRequest& request, const CallOptions& options) const {
  grpc::ClientContext context;
  ApplyOptions(options, *connection_, context);
  v1::ReportOutcomeResponse response;
  const grpc::Status status = connection_->stub->ReportOutcome(&context, request, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

absl::StatusOr<v1::ListModelsResponse> SextantClient::ListModels(const CallOptions& options) const {
  grpc::ClientContext context;
  ApplyOptions(options, *connection_, context);
  v1::ListModelsResponse response;
  const grpc::Status status = connection_->stub->ListModels(&context, {}, &response);
  if (!status.ok()) return ToStatus(status, *connection_);
  return response;
}

}  // namespace sextant
