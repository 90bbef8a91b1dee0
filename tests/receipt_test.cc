// Receipts: what one server signs another reads, and nothing else passes for one.
#include "server/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const std::string kKey(32, 'a');
const std::string kOtherKey(32, 'b');

internal::Receipt SampleReceipt() {
  internal::Receipt receipt;
  receipt.set_solve_id("00c0ffee00c0ffee");
  receipt.set_model("qwen3-32b");
  receipt.set_strategy("first_finish");
  receipt.set_difficulty(v1::DIFFICULTY_HARD);
  receipt.set_billed_tokens(40'000);
  receipt.set_graded(false);
  return receipt;
}

Receipts Signing(const std::string& key, const std::string& previous = "") {
  return Receipts({.key = key, .previous_key = previous, .valid_for = absl::Hours(1)});
}

absl::Status Refusal(const Receipts& receipts, absl::string_view token) {
  return receipts.Read(token, kNow).status();
}

TEST(ReceiptTest, AnotherServerWithTheSameKeyReadsWhatWasSigned) {
  const std::string token = Signing(kKey).Sign(SampleReceipt(), kNow);

  const auto receipt = Signing(kKey).Read(token, kNow);

  ASSERT_TRUE(receipt.ok()) << receipt.status();
  internal::Receipt expected = SampleReceipt();
  expected.set_expires(1'800'003'600);
  EXPECT_EQ(receipt->SerializeAsString(), expected.SerializeAsString());
}

TEST(ReceiptTest, ATokenIsShortAndNeedsNoEscapingInAnAddress) {
  const std::string token = Signing(kKey).Sign(SampleReceipt(), kNow);

  EXPECT_LE(token.size(), 130u);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_"),
            std::string::npos);
}

TEST(ReceiptTest, WhileKeysChangeBothAreAcceptedAndTheFirstSigns) {
  const Receipts changing = Signing(kOtherKey, kKey);

  EXPECT_TRUE(changing.Read(Signing(kKey).Sign(SampleReceipt(), kNow), kNow).ok());
  EXPECT_TRUE(Signing(kOtherKey).Read(changing.Sign(SampleReceipt(), kNow), kNow).ok());
}

TEST(ReceiptTest, AKeyThatIsNotThereIsAFailedPreconditionThatTellsKeysApartWithoutShowingThem) {
  const absl::Status status =
      Refusal(Signing(kOtherKey), Signing(kKey).Sign(SampleReceipt(), kNow));

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("was signed by key "), HasSubstr("need the same `receipts`")));
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr(kOtherKey.substr(0, 8))));
}

TEST(ReceiptTest, WithoutAKeyEveryProcessHasItsOwn) {
  const Receipts one{ReceiptsConfig()}, other{ReceiptsConfig()};
  const std::string token = one.Sign(SampleReceipt(), kNow);

  EXPECT_TRUE(one.Read(token, kNow).ok());
  EXPECT_EQ(Refusal(other, token).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ReceiptTest, ItExpires) {
  const Receipts receipts = Signing(kKey);
  const std::string token = receipts.Sign(SampleReceipt(), kNow);

  EXPECT_TRUE(receipts.Read(token, kNow + absl::Minutes(59)).ok());
  const absl::Status status = receipts.Read(token, kNow + absl::Hours(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "receipt of solve 00c0ffee00c0ffee expired at 2027-01-15T09:00:00+00:00");
}

TEST(ReceiptTest, NoBitOfItCanBeChanged) {
  const Receipts receipts = Signing(kKey);
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(receipts.Sign(SampleReceipt(), kNow), &bytes));

  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string altered = bytes;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    const absl::Status status = Refusal(receipts, absl::WebSafeBase64Escape(altered));
    // The first four bytes name the key.
    EXPECT_EQ(status.code(),
              bit < 32 ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kInvalidArgument)
        << bit;
  }
}

TEST(ReceiptTest, WhatIsNoTokenIsAnInvalidArgumentThatSaysWhatWasExpected) {
  const Receipts receipts = Signing(kKey);
  const std::string token = receipts.Sign(SampleReceipt(), kNow);

  for (const std::string& text :
       {std::string(), std::string("R"), std::string("no token"), token.substr(0, 40),
        token.substr(1), token + "A", token + "=", " " + token, token + "\n",
        token.substr(0, 20) + "\n" + token.substr(20), std::string(2049, 'A'),
        std::string(1 << 20, 'A'), std::string("\0\0\0\0", 4)}) {
    const absl::Status status = Refusal(receipts, text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 200);
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected the `receipt` of a response"));
  }
}

}  // namespace
}  // namespace sextant
