// Addresses in the configuration: what the server listens on and the URLs of model servers.
// Checked by libcurl's URL parser, the one that will use them. Nothing is resolved here.
#pragma once
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

// INVALID_ARGUMENT unless `text` is HOST:PORT, such as 127.0.0.1:50051, localhost:0 or [::1]:50051.
// Port 0 stands for any free port.
absl::Status CheckListenAddress(absl::string_view text);

// Whether only programs of this machine reach what listens on `address`, HOST:PORT: an address of
// the loopback interface, or localhost.
bool IsLoopback(absl::string_view address);

// host:port of an http or https base URL, the port added where the URL has none. INVALID_ARGUMENT
// for another scheme, and for a user, a query or a fragment: secrets belong in the environment, and
// paths are appended to the URL.
absl::StatusOr<std::string> UrlAuthority(const std::string& url);

}  // namespace sextant
