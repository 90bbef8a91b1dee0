// Checks the PEM files of TLS before they are used: gRPC, given a wrong one, says little or serves
// nobody.
#pragma once
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sextant {

struct PemFile {
  std::string path;  // For messages.
  std::string text;
};

// INVALID_ARGUMENT, `path: what is wrong`, unless the file holds a certificate that is valid at
// `now`, and so are those that may follow it and lead to its authority. No message of these
// functions repeats what is in a file.
absl::Status CheckCertificate(const PemFile& certificate, absl::Time now);

// INVALID_ARGUMENT unless the file holds the private key of a certificate that passed, without a
// password.
absl::Status CheckKey(const PemFile& key, const PemFile& certificate);

// INVALID_ARGUMENT unless the file holds certificates, of authorities to trust, of which one is
// valid at `now`.
absl::Status CheckAuthorities(const PemFile& authorities, absl::Time now);

}  // namespace sextant
