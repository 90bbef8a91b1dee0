// Certificates and keys for tests, as PEM, made when they are asked for.
#pragma once
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sextant {

struct PemPair {
  std::string certificate;
  std::string key;
};

struct CertificateOptions {
  absl::Time begin = absl::Now() - absl::Hours(1);
  absl::Time end = absl::Now() + absl::Hours(24);
  const PemPair* issuer =
      nullptr;           // The authority that signs it. Null: it is one, and signs itself.
  std::string password;  // Of the key; empty: none.
};

// A certificate for 127.0.0.1. Throws std::runtime_error when OpenSSL cannot make it.
PemPair MakeCertificate(const CertificateOptions& options = {});

}  // namespace sextant
