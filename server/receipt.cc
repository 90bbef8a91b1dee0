#include "server/receipt.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sextant {
namespace {

constexpr size_t kKeyNameBytes = 4, kMacBytes = 32, kMaxTokenBytes = 2048;
// Whatever else a key is used for, its signatures there are none of receipts.
constexpr absl::string_view kForReceipts = "sextant receipt 1:";
constexpr absl::string_view kForKeyNames = "sextant receipt key 1:";

// It fails only without memory.
void Check(bool done) {
  if (!done) std::abort();
}

std::string RandomKey() {
  std::string key(kMacBytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(key.data());
  // Without randomness everybody could sign.
  if (RAND_bytes(bytes, static_cast<int>(key.size())) != 1) std::abort();
  return key;
}

absl::Status NotAReceipt(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("receipt ", what, ", expected the `receipt` of a response, unchanged"));
}

}  // namespace

// To find the method and to take the key is most of what a short text costs, so that is done once.
struct Receipts::Mac {
  explicit Mac(absl::string_view secret) {
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    Check(hmac != nullptr);
    keyed = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    Check(keyed != nullptr && EVP_MAC_init(keyed, BytesOf(secret), secret.size(), parameters) == 1);
  }
  ~Mac() { EVP_MAC_CTX_free(keyed); }
  Mac(const Mac&) = delete;
  Mac& operator=(const Mac&) = delete;

  std::string Of(absl::string_view purpose, absl::string_view text) const {
    EVP_MAC_CTX* context = EVP_MAC_CTX_dup(keyed);
    Check(context != nullptr);
    std::string mac(kMacBytes, '\0');
    size_t written = 0;
    Check(EVP_MAC_update(context, BytesOf(purpose), purpose.size()) == 1 &&
          EVP_MAC_update(context, BytesOf(text), text.size()) == 1 &&
          EVP_MAC_final(context, reinterpret_cast<unsigned char*>(mac.data()), &written,
                        mac.size()) == 1 &&
          written == kMacBytes);
    EVP_MAC_CTX_free(context);
    return mac;
  }

  static const unsigned char* BytesOf(absl::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  EVP_MAC_CTX* keyed = nullptr;
};

Receipts::Key::Key(absl::string_view secret)
    : mac(std::make_shared<const Mac>(secret)),
      name(mac->Of(kForKeyNames, "").substr(0, kKeyNameBytes)) {}

Receipts::Receipts(const ReceiptsConfig& config) : valid_for_(config.valid_for) {
  keys_.emplace_back(config.key.empty() ? RandomKey() : config.key);
  if (!config.previous_key.empty()) keys_.emplace_back(config.previous_key);
}

std::string Receipts::Sign(internal::Receipt receipt, absl::Time now) const {
  receipt.set_expires(absl::ToUnixSeconds(now + valid_for_));
  const Key& key = keys_.front();
  const std::string content = absl::StrCat(key.name, receipt.SerializeAsString());
  return absl::WebSafeBase64Escape(absl::StrCat(content, key.mac->Of(kForReceipts, content)));
}

absl::StatusOr<internal::Receipt> Receipts::Read(absl::string_view token, absl::Time now) const {
  if (token.empty()) return NotAReceipt("is empty");
  std::string bytes;
  // Of the ways to write the same bytes, one is a token.
  const bool is_token =
      token.size() <= kMaxTokenBytes && absl::WebSafeBase64Unescape(token, &bytes) &&
      bytes.size() >= kKeyNameBytes + kMacBytes && absl::WebSafeBase64Escape(bytes) == token;
  if (!is_token) return NotAReceipt("is not a signed token");
  const absl::string_view all = bytes;
  const absl::string_view name = all.substr(0, kKeyNameBytes);
  const absl::string_view content = all.substr(0, all.size() - kMacBytes);
  const absl::string_view mac = all.substr(content.size());

  const auto key =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return name == k.name; });
  if (key == keys_.end()) {
    const auto in_hex = [](std::string* out, const Key& k) {
      out->append(absl::BytesToHexString(k.name));
    };
    return absl::FailedPreconditionError(absl::StrCat(
        "receipt was signed by key ", absl::BytesToHexString(name), ", and this server has ",
        absl::StrJoin(keys_, " and ", in_hex),
        "; servers that take each other's receipts need the same `receipts` in the configuration"));
  }
  const std::string expected = key->mac->Of(kForReceipts, content);
  if (CRYPTO_memcmp(mac.data(), expected.data(), kMacBytes) != 0)
    return NotAReceipt("was altered: its signature does not fit");

  internal::Receipt receipt;
  const absl::string_view message = content.substr(kKeyNameBytes);
  if (!receipt.ParseFromArray(message.data(), static_cast<int>(message.size())))
    return NotAReceipt("cannot be read");
  const absl::Time expires = absl::FromUnixSeconds(receipt.expires());
  if (now >= expires) {
    return absl::FailedPreconditionError(
        absl::StrCat("receipt of solve ", receipt.solve_id(), " expired at ",
                     absl::FormatTime(absl::RFC3339_sec, expires, absl::UTCTimeZone())));
  }
  return receipt;
}

}  // namespace sextant
