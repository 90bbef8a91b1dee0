// Who calls, by its token.
#include "server/callers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using testing::HasSubstr;
using testing::Not;

Callers TwoCallers() {
  return Callers({{.name = "team-a", .tokens = {TokenDigest("old-a"), TokenDigest("new-a")}},
                  {.name = "team-b", .tokens = {TokenDigest("secret-b")}}});
}

CallMetadata With(const std::string& authorization) { return {{"authorization", authorization}}; }

TEST(CallersTest, ACallerIsToldByAnyOfItsTokensWhateverTheCaseOfTheScheme) {
  const Callers callers = TwoCallers();

  EXPECT_EQ((*callers.Identify(With("Bearer old-a")))->name, "team-a");
  EXPECT_EQ((*callers.Identify(With("bearer new-a")))->name, "team-a");
  EXPECT_EQ((*callers.Identify(With("Bearer secret-b")))->name, "team-b");
}

TEST(CallersTest, EverythingElseIsUnauthenticatedAndNotRepeated) {
  const Callers callers = TwoCallers();

  for (const CallMetadata& metadata :
       {CallMetadata{}, With(""), With("Bearer "), With("Bearer guess"), With("Bearer old-a "),
        With("Basic old-a"), With("old-a"),
        CallMetadata{{"authorization", "Bearer old-a"}, {"authorization", "Bearer guess"}},
        CallMetadata{{"x-sextant-caller", "team-a"}}}) {
    const absl::Status status = callers.Identify(metadata).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected the metadata authorization"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("guess")));
  }
}

TEST(CallersTest, WithoutCallersEverybodyMayCall) {
  const auto caller = Callers({}).Identify(With("Bearer guess"));

  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(*caller, nullptr);
}

TEST(CallersTest, ACallerMayUseItsModelsOrAllWhereNoneAreNamed) {
  const CallerConfig some{.models = {"small"}}, all;

  EXPECT_TRUE(MayUse(&some, "small"));
  EXPECT_FALSE(MayUse(&some, "large"));
  EXPECT_TRUE(MayUse(&all, "large"));
  EXPECT_TRUE(MayUse(nullptr, "large"));
}

TEST(CallersTest, ADigestIsTheOneThatOpensslMakes) {
  // printf abc | openssl dgst -sha256
  const Sha256 digest = TokenDigest("abc");

  EXPECT_EQ(digest[0], 0xba);
  EXPECT_EQ(digest[31], 0xad);
}

}  // namespace
}  // namespace sextant
