// Who may reach the server, as configured: TLS of the gRPC port, and the callers with their bearer
// tokens and limits. docs/security.md says what protects what.
//
//   server:
//     tls: {certificate: server.pem, key: server.key, client_ca: clients.pem}
//   callers:
//     - name: team-a
//       token_sha256: [5e88..., 9f86...]   # of its bearer tokens; two while one takes over
//       models: [qwen3-32b]
//       max_solves: 16
//       tokens_per_minute: 2000000
//       usd_per_hour: 20
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace sextant {

class YamlMap;
struct ModelConfig;

// PEM files, read again while the server runs.
struct TlsConfig {
  std::string certificate;  // The server's, then those that lead to its authority. Required.
  std::string key;          // Its private key, without a password. Required.
  std::string client_ca;  // Authorities of clients. Set: only clients with a certificate of one of
                          // them are let in (mutual TLS).

  bool operator==(const TlsConfig&) const = default;
};

using Sha256 = std::array<uint8_t, 32>;

// Limits hold on each replica of the server.
struct CallerConfig {
  std::string name;                 // In messages and in the log. 1 to 128 bytes, unique.
  std::vector<Sha256> tokens;       // Digests of its bearer tokens, 1 to 8. Nobody else has them.
  std::vector<std::string> models;  // That it may use, 1 to 1,000. Empty: all.
  int max_solves = 0;               // That run or wait at once. 1 to 100,000. 0: no limit.
  int64_t tokens_per_minute = 0;    // Billed tokens. 1 to 10^12. 0: no limit.
  double usd_per_hour = 0;          // By the models' prices. Above 0, up to 10^6. 0: no limit.
};

// Reads the mapping under `server.tls`, and checks that the files make a server that can be reached
// now. `folder` is that of the configuration.
TlsConfig ReadTls(YamlMap& map, const std::filesystem::path& folder);

// Reads the list under `callers` of the whole configuration, whose models are `models`. Up to
// 1,000. Errors never repeat what stands in the place of a digest: it may be the token itself.
std::vector<CallerConfig> ReadCallers(YamlMap& root, absl::Span<const ModelConfig> models);

}  // namespace sextant
