#include "server/async/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/manual_loop.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A file descriptor that is ready to be read when Signal() was called.
class Signalled {
 public:
  Signalled() : fd_(eventfd(0, EFD_NONBLOCK)) {}
  ~Signalled() { Close(); }
  Signalled(const Signalled&) = delete;
  Signalled& operator=(const Signalled&) = delete;
  int fd() const { return fd_; }
  void Signal() { eventfd_write(fd_, 1); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// Notes what it was told and then does `then`.
class Owner : public Loop::FdOwner {
 public:
  explicit Owner(std::function<void(int fd)> then = [](int) {}) : then_(std::move(then)) {}
  void OnReady(int fd, uint32_t events) override {
    calls.emplace_back(fd, events);
    then_(fd);
  }
  std::vector<std::pair<int, uint32_t>> calls;

 private:
  std::function<void(int fd)> then_;
};

Task<int> SleepTwice(Loop& loop, std::vector<absl::Time>& woken) {
  co_await loop.Sleep(absl::Seconds(1));
  woken.push_back(loop.Now());
  co_await loop.Sleep(absl::Seconds(2));
  woken.push_back(loop.Now());
  co_return 0;
}

TEST(LoopTimerTest, FiresInTheOrderOfTimeWhateverTheOrderOfArming) {
  ManualLoop time;
  std::vector<int> fired;
  Loop::Timer third(time.loop(), [&] { fired.push_back(3); });
  Loop::Timer first(time.loop(), [&] { fired.push_back(1); });
  Loop::Timer second(time.loop(), [&] { fired.push_back(2); });
  third.Set(time.Now() + absl::Seconds(3));
  first.Set(time.Now() + absl::Seconds(1));
  second.Set(time.Now() + absl::Seconds(2));

  time.Advance(absl::Hours(1), absl::Hours(1));  // All are due in one tick.

  EXPECT_THAT(fired, ElementsAre(1, 2, 3));
}

TEST(LoopTimerTest, FiresWhenItsTimeHasComeAndNotBefore) {
  ManualLoop time;
  int fired = 0;
  Loop::Timer timer(time.loop(), [&] { ++fired; });
  timer.Set(time.Now() + absl::Milliseconds(1));

  time.Advance(absl::Microseconds(999));
  EXPECT_EQ(fired, 0);
  time.Advance(absl::Microseconds(1));

  EXPECT_EQ(fired, 1);
}

TEST(LoopTimerTest, FiresOnce) {
  ManualLoop time;
  int fired = 0;
  Loop::Timer timer(time.loop(), [&] { ++fired; });
  timer.Set(time.Now() + absl::Seconds(1));

  time.Advance(absl::Seconds(10));

  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
}

TEST(LoopTimerTest, SetReplacesAnEarlierTime) {
  ManualLoop time;
  std::vector<absl::Time> fired;
  Loop::Timer timer(time.loop(), [&] { fired.push_back(time.Now()); });
  const absl::Time later = time.Now() + absl::Seconds(5);
  timer.Set(time.Now() + absl::Seconds(1));
  timer.Set(later);

  time.Advance(absl::Seconds(10));

  EXPECT_THAT(fired, ElementsAre(later));
}

TEST(LoopTimerTest, DoesNotFireWhenItWasClearedOrDestroyed) {
  ManualLoop time;
  int fired = 0;
  Loop::Timer cleared(time.loop(), [&] { ++fired; });
  cleared.Set(time.Now() + absl::Seconds(1));
  auto destroyed = std::make_unique<Loop::Timer>(time.loop(), [&] { ++fired; });
  destroyed->Set(time.Now() + absl::Seconds(1));

  cleared.Clear();
  destroyed.reset();
  time.Advance(absl::Seconds(2));

  EXPECT_EQ(fired, 0);
}

TEST(LoopTimerTest, MayDisarmAnotherThatIsDueAtTheSameTime) {
  ManualLoop time;
  int fired = 0;
  Loop::Timer second(time.loop(), [&] { ++fired; });
  Loop::Timer first(time.loop(), [&] { second.Clear(); });
  first.Set(time.Now() + absl::Seconds(1));
  second.Set(time.Now() + absl::Seconds(1));

  time.Advance(absl::Seconds(1));

  EXPECT_EQ(fired, 0);
}

TEST(LoopTimerTest, MayArmItselfAgain) {
  ManualLoop time;
  int fired = 0;
  std::optional<Loop::Timer> timer;
  timer.emplace(time.loop(), [&] {
    if (++fired < 3) timer->Set(time.Now() + absl::Seconds(1));
  });
  timer->Set(time.Now() + absl::Seconds(1));

  time.Advance(absl::Seconds(10));

  EXPECT_EQ(fired, 3);
}

TEST(LoopSleepTest, ResumesAtTheRightTimes) {
  ManualLoop time;
  const absl::Time start = time.Now();
  std::vector<absl::Time> woken;
  Started<int> task(SleepTwice(time.loop(), woken));

  time.Advance(absl::Seconds(10));

  EXPECT_THAT(woken, ElementsAre(start + absl::Seconds(1), start + absl::Seconds(3)));
}

TEST(LoopPostTest, DoesPostedWorkInOrder) {
  ManualLoop time;
  std::vector<int> done;
  time.loop().Post([&] {
    done.push_back(1);
    time.loop().Post([&] { done.push_back(3); });
  });
  time.loop().Post([&] { done.push_back(2); });

  time.Run();

  EXPECT_THAT(done, ElementsAre(1, 2, 3));
}

TEST(LoopPostTest, DoesAllWorkOfManyThreadsOnTheLoopsThread) {
  constexpr int kThreads = 8, kEach = 2'000;
  LoopThread runner;
  std::thread::id loop_thread;
  runner.RunAndWait([&] { loop_thread = std::this_thread::get_id(); });
  int done = 0, elsewhere = 0;  // Loop only.
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        runner.loop().Post([&] {
          ++done;
          elsewhere += std::this_thread::get_id() == loop_thread ? 0 : 1;
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();

  int seen = 0;
  runner.RunAndWait([&] { seen = done; });

  EXPECT_EQ(seen, kThreads * kEach);
  EXPECT_EQ(elsewhere, 0);
}

TEST(LoopPostTest, WakesALoopThatWaitsForATimerFarAway) {
  LoopThread runner;
  std::optional<Loop::Timer> timer;
  runner.RunAndWait([&] {
    timer.emplace(runner.loop(), [] {});
    timer->Set(runner.loop().Now() + absl::Hours(1));
  });

  bool done = false;
  runner.RunAndWait([&] { done = true; });

  EXPECT_TRUE(done);
  runner.RunAndWait([&] { timer.reset(); });
}

TEST(LoopStopTest, DoesWorkThatWasPostedBeforeAndThenReturns) {
  Loop loop;
  int done = 0;
  loop.Post([&] { ++done; });
  loop.Post([&] { loop.Post([&] { ++done; }); });
  loop.Stop();

  loop.Run();

  EXPECT_EQ(done, 2);
}

TEST(LoopStopTest, EndsALoopThatHasNothingToDo) {
  Loop loop;
  std::thread runner([&] { loop.Run(); });

  loop.Stop();
  runner.join();  // Or the test hangs, and its time limit fails it.
}

TEST(LoopStopTest, DoesNotWaitForTimers) {
  Loop loop;
  int fired = 0;
  Loop::Timer timer(loop, [&] { ++fired; });
  timer.Set(loop.Now() + absl::Hours(1));
  loop.Stop();

  loop.Run();

  EXPECT_EQ(fired, 0);
}

TEST(LoopWatchTest, TellsTheOwnerWhatItsDescriptorIsReadyFor) {
  Loop loop;
  Signalled signalled;
  Owner owner([&](int fd) { loop.Watch(fd, 0, nullptr); });
  loop.Watch(signalled.fd(), EPOLLIN, &owner);
  loop.RunUntilIdle();
  EXPECT_THAT(owner.calls, IsEmpty());

  signalled.Signal();
  loop.RunUntilIdle();

  EXPECT_THAT(owner.calls, ElementsAre(std::pair(signalled.fd(), uint32_t{EPOLLIN})));
}

TEST(LoopWatchTest, ChangesWhatIsWatchedFor) {
  Loop loop;
  Signalled signalled;
  Owner owner;
  loop.Watch(signalled.fd(), EPOLLIN, &owner);

  loop.Watch(signalled.fd(), EPOLLOUT, &owner);
  loop.RunUntilIdle();

  EXPECT_THAT(owner.calls, ElementsAre(std::pair(signalled.fd(), uint32_t{EPOLLOUT})));
  loop.Watch(signalled.fd(), 0, nullptr);
}

TEST(LoopWatchTest, StopsTellingOnceTheWatchHasEnded) {
  Loop loop;
  Signalled signalled;
  Owner owner;
  loop.Watch(signalled.fd(), EPOLLIN, &owner);
  loop.Watch(signalled.fd(), 0, nullptr);

  signalled.Signal();
  loop.RunUntilIdle();

  EXPECT_THAT(owner.calls, IsEmpty());
}

// Both descriptors are ready in one batch of epoll; whichever comes first ends the other's watch.
TEST(LoopWatchTest, DropsAnEventWhoseWatchEndedEarlierInTheSameBatch) {
  Loop loop;
  Signalled a, b;
  const auto end_both = [&](int) {
    loop.Watch(a.fd(), 0, nullptr);
    loop.Watch(b.fd(), 0, nullptr);
  };
  Owner owner(end_both);
  loop.Watch(a.fd(), EPOLLIN, &owner);
  loop.Watch(b.fd(), EPOLLIN, &owner);
  a.Signal();
  b.Signal();

  loop.RunUntilIdle();

  EXPECT_THAT(owner.calls, SizeIs(1));
}

TEST(LoopWatchTest, WatchesANumberThatWasClosedAndOpenedAgainWithoutNotice) {
  Loop loop;
  auto closed = std::make_unique<Signalled>();
  const int number = closed->fd();
  Owner owner([&](int fd) { loop.Watch(fd, 0, nullptr); });
  loop.Watch(number, EPOLLIN, &owner);
  closed.reset();
  Signalled opened;
  ASSERT_EQ(opened.fd(), number);

  loop.Watch(opened.fd(), EPOLLIN, &owner);
  opened.Signal();
  loop.RunUntilIdle();

  EXPECT_THAT(owner.calls, SizeIs(1));
}

// Time passes only in what the owners of descriptors do, and by `per_look` at each look at the
// clock.
class WorkClock : public Clock {
 public:
  absl::Time Now() const override { return now_ += per_look; }
  void Work(absl::Duration time) { now_ += time; }
  absl::Duration per_look;

 private:
  mutable absl::Time now_ = absl::UnixEpoch();
};

class LoopPaceTest : public testing::Test {
 protected:
  // Turns the loop until it has worked long enough to be busy.
  void MakeBusy() {
    for (int i = 0; i < 3; ++i) loop_.RunUntilIdle();
    ASSERT_TRUE(loop_.sweeping());
    stream_.calls.clear();
    request_.calls.clear();
  }
  void SetUp() override {
    loop_.Watch(long_.fd(), EPOLLIN, &stream_);
    loop_.MayRest(long_.fd());
    loop_.Watch(short_.fd(), EPOLLIN, &request_);
    long_.Signal();
    short_.Signal();
  }
  void TearDown() override {
    loop_.Watch(long_.fd(), 0, nullptr);
    loop_.Watch(short_.fd(), 0, nullptr);
  }

  WorkClock clock_;
  std::vector<bool> paces_;
  Loop loop_{clock_,
             {.pace = {.interval = absl::Milliseconds(50),
                       .window = absl::Milliseconds(100),
                       .busy_above = 0.8,
                       .quiet_below = 0.78},
              .on_pace = [this](bool sweeping) { paces_.push_back(sweeping); }}};
  Signalled long_, short_;  // Readable at every turn, as nothing reads them.
  Owner stream_;
  Owner request_{[this](int) { clock_.Work(work_); }};
  absl::Duration work_ = absl::Milliseconds(100);
};

TEST_F(LoopPaceTest, TellsAStreamAtOnceWhileTheLoopIsNotBusy) {
  work_ = absl::ZeroDuration();

  for (int i = 0; i < 5; ++i) loop_.RunUntilIdle();

  EXPECT_THAT(stream_.calls, SizeIs(5));
  EXPECT_THAT(paces_, IsEmpty());
}

TEST_F(LoopPaceTest, LetsAStreamOfABusyLoopRestUntilTheNextSweep) {
  MakeBusy();
  work_ = absl::Milliseconds(20);

  for (int i = 0; i < 10; ++i) loop_.RunUntilIdle();  // 200 ms.

  EXPECT_THAT(stream_.calls, SizeIs(testing::AllOf(testing::Ge(2u), testing::Le(4u))));
  EXPECT_THAT(request_.calls, SizeIs(10));
  EXPECT_THAT(paces_, ElementsAre(true));
}

TEST_F(LoopPaceTest, SweepsAtTheNextTurnWhenAsked) {
  MakeBusy();
  work_ = absl::ZeroDuration();
  loop_.RunUntilIdle();
  const size_t before = stream_.calls.size();
  loop_.RunUntilIdle();
  ASSERT_THAT(stream_.calls, SizeIs(before));

  loop_.SweepSoon();
  loop_.RunUntilIdle();

  EXPECT_THAT(stream_.calls, SizeIs(before + 1));
}

TEST_F(LoopPaceTest, TellsAStreamAtOnceAgainWhenTheLoopHasTimeToSpare) {
  MakeBusy();
  work_ = absl::ZeroDuration();
  clock_.per_look = absl::Milliseconds(60);  // Half of the looks are before and after a wait.

  for (int i = 0; i < 5; ++i) loop_.RunUntilIdle();
  stream_.calls.clear();
  for (int i = 0; i < 5; ++i) loop_.RunUntilIdle();

  EXPECT_THAT(paces_, ElementsAre(true, false));
  EXPECT_THAT(stream_.calls, SizeIs(5));
}

TEST_F(LoopPaceTest, ForgetsARestingStreamWhoseWatchEnds) {
  MakeBusy();
  loop_.RunUntilIdle();

  loop_.Watch(long_.fd(), 0, nullptr);
  stream_.calls.clear();
  clock_.Work(absl::Seconds(1));
  for (int i = 0; i < 3; ++i) loop_.RunUntilIdle();

  EXPECT_THAT(stream_.calls, IsEmpty());
}

}  // namespace
}  // namespace sextant
