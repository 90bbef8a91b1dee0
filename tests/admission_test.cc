#include "server/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Place = Admission::Place;

const absl::Time kNow = absl::UnixEpoch();

// An admission whose solves are numbered as they come.
class AdmissionTest : public testing::Test {
 protected:
  Place Enter(const std::string& caller, absl::Time leave_by = absl::InfiniteFuture()) {
    return admission_.Enter({.id = ++last_id_, .caller = caller, .leave_by = leave_by}, now_);
  }
  int EnterUntilRefused(const std::string& caller) {
    int entered = 0;
    while (Enter(caller) == Place::kWaiting) ++entered;
    return entered;
  }
  std::vector<Admission::Id> EndAll() {
    std::vector<Admission::Id> order;
    while (const auto next = admission_.End(now_)) order.push_back(*next);
    return order;
  }
  // `solves` ends, `interval` apart.
  void EndAtPace(int solves, absl::Duration interval) {
    for (int i = 0; i < solves; ++i) {
      now_ += interval;
      admission_.End(now_);
      Enter("steady");
    }
  }

  Admission admission_{{.max_running = 2, .max_waiting = 12}};
  Admission::Id last_id_ = 0;
  absl::Time now_ = kNow;
};

TEST_F(AdmissionTest, RunsAsManyAsItMayAndLetsTheOthersWait) {
  EXPECT_EQ(Enter("a"), Place::kRunning);
  EXPECT_EQ(Enter("a"), Place::kRunning);
  EXPECT_EQ(Enter("a"), Place::kWaiting);

  EXPECT_EQ(admission_.running(), 2);
  EXPECT_EQ(admission_.waiting(), 1);
  EXPECT_DOUBLE_EQ(admission_.Load(), 1.5);
}

TEST_F(AdmissionTest, ASlotThatBecomesFreeGoesToTheOneWhoWaitsAndElseIsFree) {
  Enter("a"), Enter("a"), Enter("a");

  EXPECT_EQ(admission_.End(now_), 3);
  EXPECT_EQ(admission_.running(), 2);
  EXPECT_EQ(admission_.End(now_), std::nullopt);
  EXPECT_EQ(admission_.running(), 1);
  EXPECT_EQ(Enter("a"), Place::kRunning);
}

TEST_F(AdmissionTest, CallersTakeTurnsAndEachIsServedInItsOwnOrder) {
  Enter("a"), Enter("a");
  Enter("greedy"), Enter("greedy"), Enter("greedy"), Enter("modest"), Enter("greedy");

  EXPECT_THAT(EndAll(), ElementsAre(3, 6, 4, 5, 7));
}

TEST_F(AdmissionTest, OneCallerAloneHoldsTwoThirdsOfTheQueueAndTheNextStillFindsAPlace) {
  Enter("a"), Enter("a");

  EXPECT_EQ(EnterUntilRefused("greedy"), 8);
  EXPECT_EQ(Enter("greedy"), Place::kCallerShare);
  EXPECT_EQ(Enter("modest"), Place::kWaiting);
}

TEST_F(AdmissionTest, AFullQueueRefusesEveryone) {
  Enter("a"), Enter("a");
  for (int i = 0; i < 12; ++i) Enter(std::to_string(i));

  EXPECT_EQ(admission_.waiting(), 12);
  EXPECT_EQ(Enter("another"), Place::kQueueFull);
  EXPECT_EQ(admission_.waiting(), 12);
}

TEST(AdmissionWithoutAQueueTest, NobodyWaits) {
  Admission admission({.max_running = 1, .max_waiting = 0});

  EXPECT_EQ(admission.Enter({.id = 1, .caller = "a"}, kNow), Place::kRunning);
  EXPECT_EQ(admission.Enter({.id = 2, .caller = "a"}, kNow), Place::kQueueFull);
  EXPECT_EQ(admission.End(kNow), std::nullopt);
  EXPECT_EQ(admission.Enter({.id = 3, .caller = "a"}, kNow), Place::kRunning);
}

TEST_F(AdmissionTest, OneWhoseCallerLeavesGivesUpItsPlaceAndItsTurn) {
  Enter("a"), Enter("a"), Enter("b"), Enter("c");

  EXPECT_TRUE(admission_.Leave(3));
  EXPECT_FALSE(admission_.Leave(3));
  EXPECT_FALSE(admission_.Leave(1)) << "it runs";
  EXPECT_EQ(admission_.waiting(), 1);
  EXPECT_THAT(EndAll(), ElementsAre(4));
}

TEST_F(AdmissionTest, OneWhoseTimeHasComeLeavesTheEarliestFirst) {
  Enter("a"), Enter("a");
  Enter("a", kNow + absl::Seconds(3)), Enter("b", kNow + absl::Seconds(1)), Enter("b");

  EXPECT_EQ(admission_.next_overdue(), kNow + absl::Seconds(1));
  EXPECT_THAT(admission_.TakeOverdue(kNow + absl::Milliseconds(999)), IsEmpty());
  EXPECT_THAT(admission_.TakeOverdue(kNow + absl::Seconds(4)), ElementsAre(4, 3));
  EXPECT_EQ(admission_.next_overdue(), absl::InfiniteFuture());
  EXPECT_THAT(admission_.TakeWaiting(), ElementsAre(5));
  EXPECT_EQ(admission_.waiting(), 0);
}

TEST_F(AdmissionTest, RetriesAreToldToComeAsFastAsSolvesEnd) {
  Enter("a"), Enter("a");
  EndAtPace(200, absl::Milliseconds(500));

  EXPECT_EQ(admission_.BookRetry(now_), absl::Milliseconds(500));
  EXPECT_EQ(admission_.BookRetry(now_), absl::Milliseconds(1000));
  EXPECT_EQ(admission_.BookRetry(now_), absl::Milliseconds(1500));
  EXPECT_EQ(admission_.BookRetry(now_ + absl::Seconds(10)), absl::Milliseconds(500))
      << "what was booked is over";
}

TEST_F(AdmissionTest, AFasterPaceIsNoticed) {
  Enter("a"), Enter("a");
  EndAtPace(100, absl::Seconds(10));
  EndAtPace(200, absl::Milliseconds(500));

  EXPECT_LT(admission_.BookRetry(now_), absl::Milliseconds(510));
}

TEST_F(AdmissionTest, TimeWithFreeSlotsIsNotTakenForASlowPace) {
  Enter("a"), Enter("a");
  EndAtPace(200, absl::Milliseconds(500));
  admission_.End(now_);
  now_ += absl::Hours(1);
  Enter("a");
  EndAtPace(1, absl::Milliseconds(500));

  EXPECT_LE(admission_.BookRetry(now_), absl::Milliseconds(500));
}

TEST_F(AdmissionTest, DelaysStayBetweenATenthOfASecondAndHalfAMinute) {
  EXPECT_EQ(admission_.BookRetry(now_), absl::Seconds(1)) << "nothing is known yet";
  Enter("a"), Enter("a");
  EndAtPace(200, absl::Milliseconds(1));
  now_ += absl::Seconds(1);

  EXPECT_EQ(admission_.BookRetry(now_), absl::Milliseconds(100));
  for (int i = 0; i < 100'000; ++i) admission_.BookRetry(now_);
  EXPECT_EQ(admission_.BookRetry(now_), absl::Seconds(30));
}

}  // namespace
}  // namespace sextant
