#include "server/backend/breaker.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

using State = Breaker::State;

// A breaker with a clock, and traces that have one piece of news.
class BreakerTest : public testing::Test {
 protected:
  void Fail(int times = 1) {
    for (int i = 0; i < times; ++i) {
      const Breaker::Period begun = breaker_.Begin();
      breaker_.Failed(begun, now_);
      breaker_.Ended(begun);
    }
  }
  void Speak(int times = 1) {
    for (int i = 0; i < times; ++i) {
      const Breaker::Period begun = breaker_.Begin();
      breaker_.Spoke(begun, now_);
      breaker_.Ended(begun);
    }
  }
  State state() const { return breaker_.state(now_); }

  Breaker breaker_;
  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
};

TEST_F(BreakerTest, OpensAtTheThirdFailure) {
  Fail(2);
  EXPECT_EQ(state(), State::kClosed);

  Fail();

  EXPECT_EQ(state(), State::kOpen);
  EXPECT_FALSE(breaker_.Admits(now_));
}

TEST_F(BreakerTest, StaysClosedWhileMostTracesSpeak) {
  Speak(4);

  Fail(3);
  EXPECT_EQ(state(), State::kClosed);
  Fail();

  EXPECT_EQ(state(), State::kOpen) << "half of what was heard";
}

TEST_F(BreakerTest, OpensAtTheFifthFailureInARowHoweverManySpokeBefore) {
  Speak(1'000);

  Fail(4);
  EXPECT_EQ(state(), State::kClosed);
  Fail();

  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, AWordBreaksARowOfFailures) {
  Speak(1'000);

  Fail(4);
  Speak();
  Fail(4);

  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, ForgetsWhatIsTenSecondsOld) {
  Fail(2);

  now_ += absl::Seconds(10);
  Fail();

  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, OldWordsDoNotOutweighTheFailuresOfNow) {
  Speak(100);

  now_ += absl::Seconds(10);
  Fail(3);

  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, AfterAPauseAdmitsOneTraceAtATime) {
  Fail(3);
  now_ += absl::Seconds(1);
  EXPECT_EQ(state(), State::kHalfOpen);
  ASSERT_TRUE(breaker_.Admits(now_));

  const Breaker::Period trial = breaker_.Begin();
  EXPECT_FALSE(breaker_.Admits(now_));
  breaker_.Ended(trial);

  EXPECT_TRUE(breaker_.Admits(now_)) << "a trial that was cancelled makes room for another";
}

TEST_F(BreakerTest, ClosesWhenTheTrialSpeaks) {
  Fail(3);
  now_ += absl::Seconds(1);

  const Breaker::Period trial = breaker_.Begin();
  breaker_.Spoke(trial, now_);

  EXPECT_EQ(state(), State::kClosed) << "at its first token, not at its end";
  breaker_.Ended(trial);
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, OpensForTwiceAsLongWithEveryTrialThatFails) {
  Fail(3);

  for (const int seconds : {1, 2, 4, 8, 16, 30, 30}) {
    now_ += absl::Seconds(seconds) - absl::Milliseconds(1);
    EXPECT_EQ(state(), State::kOpen) << seconds;
    now_ += absl::Milliseconds(1);
    EXPECT_EQ(state(), State::kHalfOpen) << seconds;
    Fail();
  }
}

TEST_F(BreakerTest, PausesShortlyAgainAfterARecovery) {
  Fail(3);
  now_ += absl::Seconds(1);
  Fail();
  now_ += absl::Seconds(2);
  Speak();

  Fail(3);
  now_ += absl::Seconds(1);

  EXPECT_EQ(state(), State::kHalfOpen);
}

TEST_F(BreakerTest, TracesFromBeforeItOpenedChangeNothing) {
  const Breaker::Period early_failure = breaker_.Begin();
  const Breaker::Period early_word = breaker_.Begin();
  Fail(3);
  now_ += absl::Seconds(1);

  breaker_.Failed(early_failure, now_);
  breaker_.Ended(early_failure);
  EXPECT_EQ(state(), State::kHalfOpen);
  breaker_.Spoke(early_word, now_);
  breaker_.Ended(early_word);

  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_TRUE(breaker_.Admits(now_));
}

TEST_F(BreakerTest, FailuresWhileItIsOpenDoNotProlongThePause) {
  Fail(3);

  now_ += absl::Milliseconds(500);
  Fail(10);
  now_ += absl::Milliseconds(500);

  EXPECT_EQ(state(), State::kHalfOpen);
}

TEST_F(BreakerTest, IsHalfOpenAtOnceWhenTheServerSaysThatItIsBack) {
  Fail(3);

  breaker_.ServerIsBack(now_);

  EXPECT_EQ(state(), State::kHalfOpen);
}

TEST_F(BreakerTest, AServerThatSaysItIsBackDoesNotCloseIt) {
  Fail(3);
  breaker_.ServerIsBack(now_);

  Fail();

  EXPECT_EQ(state(), State::kOpen);
}

}  // namespace
}  // namespace sextant
