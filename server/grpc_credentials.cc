#include "server/grpc_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

namespace sextant {

// gRPC's other way to exchange certificates, a callback for each connection, may use one after it
// was freed (its issue 36693), so its watcher of files it is. See docs/decisions/0011.
std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const std::optional<TlsConfig>& tls) {
  constexpr unsigned int kLookEverySeconds = 1;
  if (!tls) return grpc::InsecureServerCredentials();
  const auto files = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      tls->key, tls->certificate, tls->client_ca, kLookEverySeconds);
  grpc::experimental::TlsServerCredentialsOptions options(files);
  options.watch_identity_key_cert_pairs();
  if (!tls->client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace sextant
