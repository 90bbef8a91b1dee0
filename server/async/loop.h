// The event loop on which every coroutine of the service runs: one thread around epoll.
#pragma once
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/async/clock.h"

namespace sextant {

// One thread calls Run(). Post() and Stop() may be called from any thread; all else, destruction
// included, only on the loop's thread or while no thread is in Run().
class Loop {
 public:
  // `clock` outlives the loop.
  explicit Loop(const Clock& clock = Clock::Monotonic());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Works until Stop(). Work that was posted before Stop() is still done.
  void Run();
  // Does what is due now, without waiting, until nothing is. For loops on a ManualClock.
  void RunUntilIdle();
  void Stop();
  void Post(absl::AnyInvocable<void()> work);

  absl::Time Now() const { return clock_.Now(); }

  // Calls `on_due` once when its time has come. Destroying it disarms it.
  class Timer {
   public:
    Timer(Loop& loop, std::function<void()> on_due);
    ~Timer() { Clear(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    void Set(absl::Time when);  // Replaces an earlier time.
    void Clear();
    bool armed() const { return armed_; }

   private:
    friend class Loop;
    Loop& loop_;
    std::function<void()> on_due_;
    std::multimap<absl::Time, Timer*>::iterator place_;
    bool armed_ = false;
  };

  // Suspends the awaiting coroutine until `when`, or until the next turn of the loop where that is
  // past. Destroying it meanwhile disarms the timer.
  auto SleepUntil(absl::Time when) {
    struct Awaiter {
      Loop& loop;
      absl::Time when;
      std::coroutine_handle<> waiter{};
      Timer timer{loop, [this] { waiter.resume(); }};
      bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> h) {
        waiter = h;
        timer.Set(when);
      }
      void await_resume() {}
    };
    return Awaiter{*this, when};
  }
  auto Sleep(absl::Duration delay) { return SleepUntil(Now() + delay); }

  // Tells a file descriptor's owner that it is ready. `events` are EPOLLIN, EPOLLOUT, ...
  class FdOwner {
   public:
    virtual ~FdOwner() = default;
    virtual void OnReady(int fd, uint32_t events) = 0;
  };
  // Watches `fd` for `events` (0: stops watching) on behalf of `owner`, which outlives the watch.
  void Watch(int fd, uint32_t events, FdOwner* owner);

 private:
  void RunPosted();
  void RunTimers();
  void Poll(int timeout_ms);
  int TimeoutMs() const;
  bool stopped();

  const Clock& clock_;
  int epoll_fd_;
  int wake_fd_;
  std::multimap<absl::Time, Timer*> timers_;
  std::vector<FdOwner*> owners_;  // By file descriptor.
  std::mutex mu_;
  std::vector<absl::AnyInvocable<void()>> posted_;  // Guarded by mu_.
  bool stop_ = false;                               // Guarded by mu_.
};

// A loop on a thread of its own. Stops and joins on destruction.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.Run(); }) {}
  ~LoopThread() {
    loop_.Stop();
    thread_.join();
  }
  Loop& loop() { return loop_; }
  // Runs `work` on the loop and waits for it. Not from the loop's own thread.
  void RunAndWait(absl::AnyInvocable<void()> work);

 private:
  Loop loop_;
  std::thread thread_;
};

}  // namespace sextant
