// How connections to the gRPC port are secured.
#pragma once
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

#include "server/security_config.h"

namespace sextant {

// Without TLS: in the clear. With it gRPC looks at the files every second, and connections that are
// made later use what is in them then. Files that do not fit each other refuse connections until
// they do, so a certificate and its key have to be replaced in one step.
std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const std::optional<TlsConfig>& tls);

}  // namespace sextant
