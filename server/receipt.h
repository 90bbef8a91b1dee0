// Receipts: signed tokens by which an answer can be graded later, by any replica that has the key,
// without anything being kept of the solve.
//
// A token is the URL-safe base64 (RFC 4648, no padding) of: the name of the key, 4 bytes; a
// serialised internal.Receipt; the HMAC-SHA256 of both, 32 bytes. It is signed, not encrypted.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/receipts_config.h"
#include "sextant/internal/receipt.pb.h"

namespace sextant {

// Any thread.
class Receipts {
 public:
  // Without a configured key, with a random one: then no other process reads the receipts.
  explicit Receipts(const ReceiptsConfig& config);

  // The token of `receipt`, whose `expires` is set to `now`, on the wall clock, plus the configured
  // time.
  std::string Sign(internal::Receipt receipt, absl::Time now) const;

  // What a token holds. INVALID_ARGUMENT when it is no token or was altered, FAILED_PRECONDITION
  // when a key signed it that is not here, or it has expired by `now`. The signature is compared in
  // constant time, and nothing is parsed before it fits.
  absl::StatusOr<internal::Receipt> Read(absl::string_view token, absl::Time now) const;

 private:
  struct Mac;  // An HMAC-SHA256 that has taken its key.
  struct Key {
    explicit Key(absl::string_view secret);
    std::shared_ptr<const Mac> mac;  // Shared by copies of the key.
    std::string name;  // Derived from the secret; tells keys apart and does not betray them.
  };

  std::vector<Key> keys_;  // The first signs; each is accepted.
  const absl::Duration valid_for_;
};

}  // namespace sextant
