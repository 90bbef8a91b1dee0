#include "client/cli/connect.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/read_text.h"

namespace sextant {
namespace {

constexpr size_t kMaxTokenFileBytes = 8192;

absl::StatusOr<std::string> TokenOf(const GlobalFlags& global) {
  if (global.token_file.empty()) {
    const char* token = std::getenv("SEXTANT_TOKEN");
    return std::string(token == nullptr ? "" : token);
  }
  absl::StatusOr<std::string> text = ReadTextFile(global.token_file, kMaxTokenFileBytes);
  if (!text.ok()) return text.status();
  // Editors end a file with a line break.
  absl::StripTrailingAsciiWhitespace(&*text);
  if (!text->empty()) return text;
  return absl::InvalidArgumentError(absl::StrCat(global.token_file, ": empty, expected a token"));
}

}  // namespace

void AddConnectFlags(CLI::App& app, GlobalFlags& global) {
  ConnectOptions& connect = global.connect;
  app.add_option("--server", global.server, "HOST:PORT of the server")
      ->envname("SEXTANT_SERVER")
      ->capture_default_str();
  app.add_flag("--tls", connect.tls, "Connect with TLS; --ca and --cert imply it");
  app.add_option("--ca", connect.ca_file,
                 "PEM file of authorities to trust instead of the system's")
      ->envname("SEXTANT_CA");
  app.add_option("--cert", connect.certificate_file,
                 "PEM file of your own certificate, for a server that asks for one")
      ->envname("SEXTANT_CERT");
  app.add_option("--key", connect.key_file, "PEM file of its key")->envname("SEXTANT_KEY");
  app.add_option("--token-file", global.token_file,
                 "File with your bearer token (or the token itself in the environment: "
                 "SEXTANT_TOKEN)");
}

absl::StatusOr<SextantClient> Connect(const GlobalFlags& global) {
  absl::StatusOr<std::string> token = TokenOf(global);
  if (!token.ok()) return token.status();
  ConnectOptions options = global.connect;
  options.token = *std::move(token);
  return SextantClient::Connect(global.server, options);
}

}  // namespace sextant
