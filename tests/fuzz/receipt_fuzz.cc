// Reads arbitrary text as a receipt, which nobody without the key can write; then signs what the
// bytes are as a receipt, and expects the same back, and nothing once a character is changed.
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/receipt.h"

namespace sextant {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

void CheckSigned(const Receipts& receipts, const internal::Receipt& receipt, size_t place) {
  std::string token = receipts.Sign(receipt, kNow);
  const auto read = receipts.Read(token, kNow);
  if (token.size() > 2048) return;  // Longer than any that a configuration leads to.
  internal::Receipt expected = receipt;
  expected.set_expires(absl::ToUnixSeconds(kNow + ReceiptsConfig().valid_for));
  if (!read.ok() || read->SerializeAsString() != expected.SerializeAsString()) std::abort();
  char& changed = token[place % token.size()];
  changed = changed == 'A' ? 'B' : 'A';
  if (receipts.Read(token, kNow).ok()) std::abort();
}

}  // namespace
}  // namespace sextant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& receipts = *[] {
    google::protobuf::SetLogHandler(nullptr);  // It would tell of every text that is not UTF-8.
    return new sextant::Receipts(
        {.key = std::string(32, 'k'), .previous_key = std::string(32, 'p')});
  }();
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  if (receipts.Read(text, sextant::kNow).ok()) std::abort();
  sextant::internal::Receipt receipt;
  if (receipt.ParseFromArray(data, static_cast<int>(size)))
    sextant::CheckSigned(receipts, receipt, size > 0 ? data[0] : 0);
  return 0;
}
