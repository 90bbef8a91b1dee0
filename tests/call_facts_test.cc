#include "server/call_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

std::string CallerOf(const CallMetadata& metadata, absl::string_view peer) {
  return ReadCallFacts(metadata, peer)->caller;
}

TEST(CallFactsTest, ACallerIsItsAddressWhateverItsPort) {
  EXPECT_EQ(CallerOf({}, "ipv4:10.0.0.1:4242"), CallerOf({}, "ipv4:10.0.0.1:4243"));
  EXPECT_EQ(CallerOf({}, "ipv6:%5B::1%5D:4242"), CallerOf({}, "ipv6:%5B::1%5D:4243"));
  EXPECT_NE(CallerOf({}, "ipv4:10.0.0.1:4242"), CallerOf({}, "ipv4:10.0.0.2:4242"));
  EXPECT_NE(CallerOf({}, "unix:/run/a:1"), CallerOf({}, "unix:/run/a:2"));
}

TEST(CallFactsTest, ANameWinsOverTheAddressAndCannotStandForOne) {
  EXPECT_EQ(CallerOf({{"x-sextant-caller", "team-a"}}, "ipv4:10.0.0.1:1"),
            CallerOf({{"x-sextant-caller", "team-a"}}, "ipv4:10.0.0.2:2"));
  EXPECT_NE(CallerOf({{"x-sextant-caller", "ipv4:10.0.0.1"}}, "ipv4:10.0.0.2:2"),
            CallerOf({}, "ipv4:10.0.0.1:1"));
}

TEST(CallFactsTest, WhoseTokenItIsWinsOverWhatTheCallSaysOfItself) {
  const auto account = [](const std::string& name, const CallMetadata& metadata) {
    return ReadCallFacts(metadata, "ipv4:10.0.0.1:1", name)->caller;
  };

  EXPECT_EQ(account("team-a", {{"x-sextant-caller", "team-b"}}), account("team-a", {}));
  EXPECT_NE(account("team-a", {}), account("", {{"x-sextant-caller", "team-a"}}));
  EXPECT_EQ(ReadCallFacts({}, "unix:", "team-a")->account, "team-a");
}

TEST(CallFactsTest, WhatIsNoNameIsRefusedAndNamed) {
  for (const std::string& value :
       {std::string(), std::string(129, 'x'), std::string("a\tb"), std::string("\xC3\xA9")}) {
    const auto facts = ReadCallFacts({{"x-request-id", value}}, "unix:");
    EXPECT_EQ(facts.status().code(), absl::StatusCode::kInvalidArgument) << value;
    EXPECT_THAT(std::string(facts.status().message()), testing::HasSubstr("x-request-id"));
  }
  EXPECT_EQ(ReadCallFacts({{"x-request-id", std::string(128, ' ')}}, "unix:")->request_id,
            std::string(128, ' '));
}

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kRest[] = "-b7ad6b7169203331-01";

TEST(CallFactsTest, ATraceContextIsTakenAsItIsAndItsTraceIsKnown) {
  for (const std::string& value : {absl::StrCat("00-", kTraceId, kRest),
                                   absl::StrCat("01-", kTraceId, kRest, "-what is to come")}) {
    const auto facts = ReadCallFacts({{"traceparent", value}}, "unix:");
    EXPECT_EQ(facts->traceparent, value);
    EXPECT_EQ(facts->trace_id, kTraceId);
  }
}

TEST(CallFactsTest, WhatIsNoTraceContextIsLeftOut) {
  const std::string upper = absl::AsciiStrToUpper(kTraceId);
  for (const std::string& value :
       {std::string(), std::string("00-ab"), absl::StrCat("00-", upper, kRest),
        absl::StrCat("ff-", kTraceId, kRest), absl::StrCat("00-", kTraceId, kRest, "-more"),
        absl::StrCat("01-", kTraceId, kRest, "more"), absl::StrCat("00_", kTraceId, kRest),
        absl::StrCat("00-", std::string(32, '0'), kRest),
        absl::StrCat("00-", kTraceId, "-0000000000000000-01"),
        absl::StrCat("01-", kTraceId, kRest, "-", std::string(256, 'x'))}) {
    const auto facts = ReadCallFacts({{"traceparent", value}}, "unix:");
    EXPECT_EQ(facts->traceparent, "") << value;
    EXPECT_EQ(facts->trace_id, "") << value;
  }
}

}  // namespace
}  // namespace sextant
