#include <gtest/gtest.h>

#include "server/solve_call.h"

namespace sextant {
namespace {

const ServerConfig kServer = {.deadline_reserve = absl::Milliseconds(50),
                              .max_solve_time = absl::Hours(1)};

TEST(TimeToAnswerTest, TakesOffTheReserve) {
  EXPECT_EQ(TimeToAnswer(absl::Milliseconds(500), kServer), absl::Milliseconds(449));
}

// gRPC's C core sends 12.345 s as 12.4 s; an answer at 12.35 s would come too late.
TEST(TimeToAnswerTest, AllowsForADeadlineThatWasRoundedUpOnTheWire) {
  EXPECT_LE(TimeToAnswer(absl::Milliseconds(12'400), kServer), absl::Milliseconds(12'295));
  EXPECT_LE(TimeToAnswer(absl::Seconds(601), kServer), absl::Milliseconds(599'950));
}

TEST(TimeToAnswerTest, UsesHalfOfADeadlineThatTheReserveWouldEatUp) {
  EXPECT_EQ(TimeToAnswer(absl::Milliseconds(60), kServer), absl::Milliseconds(30));
}

TEST(TimeToAnswerTest, IsTheServersOwnLimitWithoutADeadline) {
  EXPECT_EQ(TimeToAnswer(absl::InfiniteDuration(), kServer), absl::Hours(1));
}

}  // namespace
}  // namespace sextant
