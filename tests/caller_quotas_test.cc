// What a caller may still use. Time is told.
#include "server/caller_quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using testing::HasSubstr;

constexpr absl::Time kStart = absl::UnixEpoch();

CallerQuotas QuotasOf(CallerConfig caller) {
  CallerQuotas quotas;
  quotas.SetCallers({std::move(caller)}, kStart);
  return quotas;
}

TEST(AllowanceTest, AnOverdrawnOneIsOpenAgainOnceItHasFilledUpToZero) {
  Allowance allowance(600, absl::Minutes(1), kStart);  // 10 a second.

  allowance.Use(700, kStart);

  EXPECT_EQ(allowance.Wait(kStart), absl::Seconds(10));
  EXPECT_EQ(allowance.Wait(kStart + absl::Seconds(9)), absl::Seconds(1));
  EXPECT_EQ(allowance.Wait(kStart + absl::Seconds(10)), absl::ZeroDuration());
}

TEST(AllowanceTest, HoldsNoMoreThanOnePeriodHoweverLongNothingIsUsed) {
  Allowance allowance(600, absl::Minutes(1), kStart);
  const absl::Time later = kStart + absl::Hours(5);

  allowance.Use(601, later);

  EXPECT_GT(allowance.Wait(later), absl::ZeroDuration());
}

TEST(AllowanceTest, OverALongTimeNoMoreIsUsedThanFlowsInWhateverASolveTakes) {
  Allowance allowance(100, absl::Minutes(1), kStart);
  double used = 0;

  for (absl::Time now = kStart; now < kStart + absl::Hours(1); now += absl::Seconds(1)) {
    if (allowance.Wait(now) > absl::ZeroDuration()) continue;
    allowance.Use(250, now);
    used += 250;
  }

  EXPECT_GE(used, 100 * 60 - 250);
  EXPECT_LE(used, 100 * 61 + 250);
}

TEST(CallerQuotasTest, NoMoreSolvesRunOrWaitThanTheLimitAndOneThatEndsMakesRoom) {
  CallerQuotas quotas = QuotasOf({.name = "a", .max_solves = 2});

  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
  const auto refusal = quotas.Enter("a", kStart);
  quotas.Leave("a");

  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->why, "caller a has 2 solves that run or wait (max_solves 2)");
  EXPECT_EQ(refusal->retry_after, absl::Seconds(1));
  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
}

TEST(CallerQuotasTest, TokensAndSpendingAreRefusedWithTheTimeUntilThereAreSomeAgain) {
  CallerQuotas quotas = QuotasOf({.name = "a", .tokens_per_minute = 600, .usd_per_hour = 36});

  quotas.Use("a", 660, 0, kStart);
  const auto tokens = quotas.Enter("a", kStart);
  quotas.Use("a", 0, 37, kStart);
  const auto usd = quotas.Enter("a", kStart + absl::Seconds(6));

  ASSERT_TRUE(tokens.has_value() && usd.has_value());
  EXPECT_EQ(tokens->why, "caller a has used more than its tokens_per_minute (600)");
  EXPECT_EQ(tokens->retry_after, absl::Seconds(6));
  EXPECT_EQ(usd->why, "caller a has used more than its usd_per_hour (36)");
  EXPECT_EQ(usd->retry_after, absl::Seconds(94));
  EXPECT_EQ(quotas.Enter("a", kStart + absl::Seconds(100)), std::nullopt);
}

TEST(CallerQuotasTest, CallersDoNotShareTheirLimitsAndOthersHaveNone) {
  CallerQuotas quotas;
  quotas.SetCallers({{.name = "a", .max_solves = 1}, {.name = "b", .max_solves = 1}}, kStart);

  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
  EXPECT_EQ(quotas.Enter("b", kStart), std::nullopt);
  EXPECT_NE(quotas.Enter("a", kStart), std::nullopt);
  EXPECT_EQ(quotas.Enter("", kStart), std::nullopt);
  EXPECT_EQ(quotas.Enter("", kStart), std::nullopt);
}

TEST(CallerQuotasTest, NewLimitsKeepWhatRunsAndWhatWasUsedOfALimitThatStays) {
  const CallerConfig before{.name = "a", .max_solves = 2, .tokens_per_minute = 600};
  CallerQuotas quotas = QuotasOf(before);
  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
  quotas.Use("a", 601, 0, kStart);

  CallerConfig fewer_solves = before;
  fewer_solves.max_solves = 1;
  quotas.SetCallers({fewer_solves}, kStart);
  const auto solves = quotas.Enter("a", kStart);
  quotas.Leave("a");
  const auto tokens = quotas.Enter("a", kStart);
  CallerConfig more_tokens = before;
  more_tokens.tokens_per_minute = 6000;
  quotas.SetCallers({more_tokens}, kStart);

  EXPECT_THAT(solves->why, HasSubstr("max_solves 1"));
  EXPECT_THAT(tokens->why, HasSubstr("tokens_per_minute (600)"));
  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);
}

TEST(CallerQuotasTest, ACallerThatComesBackWhileItsSolvesRunStillHasThem) {
  CallerQuotas quotas = QuotasOf({.name = "a", .max_solves = 1});
  EXPECT_EQ(quotas.Enter("a", kStart), std::nullopt);

  quotas.SetCallers({}, kStart);
  quotas.SetCallers({{.name = "a", .max_solves = 1}}, kStart);

  EXPECT_NE(quotas.Enter("a", kStart), std::nullopt);
}

}  // namespace
}  // namespace sextant
