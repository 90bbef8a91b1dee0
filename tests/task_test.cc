#include "server/async/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <coroutine>
#include <memory>
#include <string>
#include <vector>

#include "server/async/loop.h"
#include "tests/fakes/manual_loop.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Writes its name down when it is destroyed.
class Mark {
 public:
  Mark(std::vector<std::string>& gone, std::string name) : gone_(gone), name_(std::move(name)) {}
  ~Mark() { gone_.push_back(name_); }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

 private:
  std::vector<std::string>& gone_;
  const std::string name_;
};

Task<int> Immediate(int value) { co_return value; }

Task<int> Sum(int terms) {
  int sum = 0;
  for (int i = 0; i < terms; ++i) {
    Task<int> term = Immediate(1);
    sum += co_await std::move(term);
  }
  co_return sum;
}

Task<int> Depth(int levels) {
  if (levels == 0) co_return 0;
  Task<int> deeper = Depth(levels - 1);
  const int depth = co_await std::move(deeper);
  co_return depth + 1;
}

Task<std::unique_ptr<int>> MoveOnly() { co_return std::make_unique<int>(7); }

Task<int> NoteStart(bool& started) {
  started = true;
  co_return 0;
}

Task<int> SleepMarked(Loop& loop, std::vector<std::string>& gone) {
  Mark mark(gone, "inner");
  co_await loop.Sleep(absl::Hours(1));
  co_return 1;
}

Task<int> AwaitMarked(Loop& loop, std::vector<std::string>& gone) {
  Mark mark(gone, "outer");
  Task<int> inner = SleepMarked(loop, gone);
  co_return co_await std::move(inner);
}

TEST(TaskTest, StartsWhenItIsLaunchedAndNotBefore) {
  bool started = false;

  Task<int> task = NoteStart(started);
  EXPECT_FALSE(started);
  Started<int> run(std::move(task));

  EXPECT_TRUE(started);
}

TEST(TaskTest, HandsItsValueToItsAwaiter) {
  Started<int> sum(Sum(3));

  EXPECT_EQ(sum.Take(), 3);
}

TEST(TaskTest, HandsOverAValueThatCanOnlyBeMoved) {
  Started<std::unique_ptr<int>> task(MoveOnly());

  EXPECT_EQ(*task.Take(), 7);
}

TEST(TaskTest, IsNeverRunWhenItIsDestroyedUnawaited) {
  bool started = false;

  { Task<int> task = NoteStart(started); }

  EXPECT_FALSE(started);
}

TEST(TaskTest, DestroyingItUnwindsItsFramesFromTheInnermostOut) {
  ManualLoop time;
  std::vector<std::string> gone;
  {
    Started<int> task(AwaitMarked(time.loop(), gone));
    EXPECT_THAT(gone, IsEmpty());
  }

  EXPECT_THAT(gone, ElementsAre("inner", "outer"));
}

TEST(TaskTest, IsNotResumedByATimerAfterItWasDestroyed) {
  ManualLoop time;
  std::vector<std::string> gone;
  { Started<int> task(AwaitMarked(time.loop(), gone)); }

  time.Advance(absl::Hours(2), absl::Hours(1));

  EXPECT_THAT(gone, ElementsAre("inner", "outer"));
}

// Sanitizers keep the compiler from making sibling calls, so under them fewer awaits have to do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kAwaits = 1'000;
#else
constexpr int kAwaits = 1'000'000;
#endif

TEST(TaskTest, AMillionAwaitsThatCompleteAtOnceNeedNoStack) {
  Started<int> sum(Sum(kAwaits));

  EXPECT_EQ(sum.Take(), kAwaits);
}

TEST(TaskTest, ReturningThroughAThousandLevelsWorks) {
  Started<int> depth(Depth(1'000));

  EXPECT_EQ(depth.Take(), 1'000);
}

}  // namespace
}  // namespace sextant
