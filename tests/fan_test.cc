#include "server/async/fan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/fakes/manual_loop.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Task<int> After(Loop& loop, int seconds) {
  co_await loop.Sleep(absl::Seconds(seconds));
  co_return seconds;
}

Task<int> AtOnce(int value) { co_return value; }

// Holds `token` in its frame from launch to the frame's end.
Task<int> Holding(Loop& loop, std::shared_ptr<int> token, int seconds) {
  co_await loop.Sleep(absl::Seconds(seconds));
  co_return *token;
}

// Adds every result to `seen` until the fan says that there is none to come.
Task<int> Collect(Fan<int>& fan, std::vector<int>& seen) {
  while (true) {
    const std::optional<int> result = co_await fan.Next();
    if (!result) break;
    seen.push_back(*result);
  }
  co_return static_cast<int>(seen.size());
}

// As Collect, but leaves with the fan's other tasks running after the first.
Task<int> TakeFirstOf(Loop& loop, std::shared_ptr<int> token) {
  Fan<int> fan;
  for (int seconds : {3, 1, 2}) fan.Launch(Holding(loop, token, seconds));
  const std::optional<int> first = co_await fan.Next();
  co_return first.value_or(-1);
}

// Launches a task that ends at once from the result of the one before.
Task<int> Chain(int links) {
  Fan<int> fan;
  int last = 0;
  for (int i = 1; i <= links; ++i) {
    fan.Launch(AtOnce(i));
    const std::optional<int> result = co_await fan.Next();
    last = result.value_or(-1);
  }
  co_return last;
}

TEST(FanTest, HandsOutResultsInFinishingOrder) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  for (int seconds : {3, 1, 2}) fan.Launch(After(time.loop(), seconds));
  Started<int> collect(Collect(fan, seen));

  time.Advance(absl::Seconds(3));

  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  EXPECT_TRUE(collect.ended());
}

TEST(FanTest, KeepsResultsThatNobodyAwaitsYet) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  for (int seconds : {2, 1}) fan.Launch(After(time.loop(), seconds));
  time.Advance(absl::Seconds(5));

  EXPECT_TRUE(fan.has_result());
  Started<int> collect(Collect(fan, seen));

  EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST(FanTest, TakesTasksThatEndBeforeLaunchReturns) {
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(AtOnce(5));
  fan.Launch(AtOnce(6));
  EXPECT_EQ(fan.running(), 0);

  Started<int> collect(Collect(fan, seen));

  EXPECT_THAT(seen, ElementsAre(5, 6));
}

TEST(FanTest, WakesTheAwaiterForATaskThatWasLaunchedMeanwhile) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 9));
  Started<int> collect(Collect(fan, seen));

  fan.Launch(AtOnce(5));

  EXPECT_THAT(seen, ElementsAre(5));
  EXPECT_FALSE(collect.ended());
}

TEST(FanTest, SaysThatNothingIsToComeWhenItIsEmpty) {
  Fan<int> fan;
  std::vector<int> seen;

  Started<int> collect(Collect(fan, seen));

  EXPECT_EQ(collect.Take(), 0);
}

TEST(FanTest, CountsTheTasksThatRun) {
  ManualLoop time;
  Fan<int> fan;
  for (int seconds : {1, 2, 3}) fan.Launch(After(time.loop(), seconds));
  EXPECT_EQ(fan.running(), 3);

  time.Advance(absl::Seconds(2));

  EXPECT_EQ(fan.running(), 1);
}

TEST(FanTest, CancelsOneTaskAndLeavesTheOthers) {
  ManualLoop time;
  Fan<int> fan;
  auto token = std::make_shared<int>(7);
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 1));
  const int64_t second = fan.Launch(Holding(time.loop(), token, 2));
  fan.Launch(After(time.loop(), 3));

  EXPECT_TRUE(fan.Cancel(second));

  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(fan.running(), 2);
  Started<int> collect(Collect(fan, seen));
  time.Advance(absl::Seconds(9));
  EXPECT_THAT(seen, ElementsAre(1, 3));
  EXPECT_FALSE(fan.Cancel(second));
}

TEST(FanTest, KeepsTheResultOfATaskThatHadEndedBeforeItWasCancelled) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  const int64_t first = fan.Launch(After(time.loop(), 1));
  time.Advance(absl::Seconds(1));

  EXPECT_FALSE(fan.Cancel(first));

  Started<int> collect(Collect(fan, seen));
  EXPECT_THAT(seen, ElementsAre(1));
}

TEST(FanTest, WakesOneThatWaitsWithoutAResultAndGoesOn) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 1));
  Started<int> collect(Collect(fan, seen));

  fan.Wake();

  EXPECT_TRUE(collect.ended());
  Started<int> again(Collect(fan, seen));
  time.Advance(absl::Seconds(1));
  EXPECT_THAT(seen, ElementsAre(1));
}

TEST(FanTest, ClearCancelsWhatRunsAndDropsWhatWasNotTaken) {
  ManualLoop time;
  Fan<int> fan;
  auto token = std::make_shared<int>(1);
  for (int seconds : {1, 2, 3}) fan.Launch(Holding(time.loop(), token, seconds));
  time.Advance(absl::Seconds(1));

  fan.Clear();

  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(fan.running(), 0);
  EXPECT_FALSE(fan.has_result());
}

TEST(FanTest, WorksOnAfterClear) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 1));
  fan.Clear();

  fan.Launch(After(time.loop(), 2));
  Started<int> collect(Collect(fan, seen));
  time.Advance(absl::Seconds(2));

  EXPECT_THAT(seen, ElementsAre(2));
}

TEST(FanTest, DestroyingItCancelsItsTasks) {
  ManualLoop time;
  auto token = std::make_shared<int>(1);
  {
    Fan<int> fan;
    for (int seconds : {1, 2, 3}) fan.Launch(Holding(time.loop(), token, seconds));
    time.Advance(absl::Seconds(1));
  }

  EXPECT_EQ(token.use_count(), 1);
  time.Advance(absl::Seconds(5));  // Nothing is left that a timer could resume.
}

TEST(FanTest, LeavingItsScopeOnTheFirstResultCancelsTheOthers) {
  ManualLoop time;
  auto token = std::make_shared<int>(7);
  Started<int> first(TakeFirstOf(time.loop(), token));

  time.Advance(absl::Seconds(1));

  EXPECT_EQ(first.Take(), 7);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(FanTest, CancellingTheAwaiterLeavesTheFanUsable) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen, seen_later;
  for (int seconds : {1, 2}) fan.Launch(After(time.loop(), seconds));
  { Started<int> abandoned(Collect(fan, seen)); }
  time.Advance(absl::Seconds(1));

  Started<int> collect(Collect(fan, seen_later));
  time.Advance(absl::Seconds(1));

  EXPECT_THAT(seen, IsEmpty());
  EXPECT_THAT(seen_later, ElementsAre(1, 2));
}

TEST(FanTest, InterruptWakesTheAwaiterWithNothing) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 5));
  Started<int> collect(Collect(fan, seen));

  fan.Interrupt();

  EXPECT_EQ(collect.Take(), 0);
  EXPECT_EQ(fan.running(), 1);
}

TEST(FanTest, InterruptHidesResultsThatCameLater) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  fan.Launch(After(time.loop(), 1));
  fan.Interrupt();
  time.Advance(absl::Seconds(1));

  EXPECT_FALSE(fan.has_result());
  Started<int> collect(Collect(fan, seen));

  EXPECT_THAT(seen, IsEmpty());
}

TEST(FanTest, FreesTasksThatHaveEndedWhileOthersRun) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  auto token = std::make_shared<int>(1);
  fan.Launch(After(time.loop(), 1'000));
  for (int i = 0; i < 100; ++i) fan.Launch(Holding(time.loop(), token, 1));
  Started<int> collect(Collect(fan, seen));

  time.Advance(absl::Seconds(1));

  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(fan.running(), 1);
}

TEST(FanTest, TenThousandTasksThatEndAtOnceNeedNoStack) {
  Fan<int> fan;
  std::vector<int> seen;
  for (int i = 0; i < 10'000; ++i) fan.Launch(AtOnce(i));

  Started<int> collect(Collect(fan, seen));

  EXPECT_EQ(collect.Take(), 10'000);
}

TEST(FanTest, TenThousandTasksThatEndWithOneTimerTickNeedNoStack) {
  ManualLoop time;
  Fan<int> fan;
  std::vector<int> seen;
  for (int i = 0; i < 10'000; ++i) fan.Launch(After(time.loop(), 1));
  Started<int> collect(Collect(fan, seen));

  time.Advance(absl::Seconds(1));

  EXPECT_EQ(collect.Take(), 10'000);
}

TEST(FanTest, AChainOfTenThousandLaunchesThatEndAtOnceNeedsNoStack) {
  Started<int> chain(Chain(10'000));

  EXPECT_EQ(chain.Take(), 10'000);
}

}  // namespace
}  // namespace sextant
