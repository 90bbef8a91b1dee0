#include "server/callers.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr absl::string_view kScheme = "Bearer ";

absl::Status Unknown(absl::string_view what) {
  return absl::UnauthenticatedError(
      absl::StrCat(what,
                   ", expected the metadata authorization: Bearer TOKEN with the token of a "
                   "caller that this server knows"));
}

}  // namespace

Sha256 TokenDigest(absl::string_view token) {
  Sha256 digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

absl::StatusOr<const CallerConfig*> Callers::Identify(const CallMetadata& metadata) const {
  if (callers_.empty()) return nullptr;
  const auto [begin, end] = metadata.equal_range("authorization");
  if (begin == end) return Unknown("the call has no token");
  const absl::string_view value = begin->second;
  if (std::next(begin) != end || !absl::StartsWithIgnoreCase(value, kScheme))
    return Unknown("the call's authorization is no single bearer token");
  const Sha256 digest = TokenDigest(value.substr(kScheme.size()));
  const CallerConfig* found = nullptr;
  for (const CallerConfig& caller : callers_) {
    for (const Sha256& token : caller.tokens) {
      if (CRYPTO_memcmp(token.data(), digest.data(), digest.size()) == 0) found = &caller;
    }
  }
  if (found == nullptr) return Unknown("the call's token is not known");
  return found;
}

bool MayUse(const CallerConfig* caller, absl::string_view model) {
  if (caller == nullptr || caller->models.empty()) return true;
  return std::find(caller->models.begin(), caller->models.end(), model) != caller->models.end();
}

}  // namespace sextant
