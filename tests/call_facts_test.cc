#include "server/call_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(CallFactsTest, ATraceContextIsTakenWhenItIsNotTooLong) {
  EXPECT_EQ(ReadCallFacts({{"traceparent", "00-ab"}}, "unix:")->traceparent, "00-ab");
  EXPECT_EQ(ReadCallFacts({{"traceparent", std::string(257, 'x')}}, "unix:")->traceparent, "");
}

}  // namespace
}  // namespace sextant
