// The event loop on which every coroutine of the service runs: one thread around epoll.
#pragma once
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/async/clock.h"
#include "server/async/read_pace.h"

namespace sextant {

struct LoopOptions {
  ReadPaceOptions pace;
  // Called on the loop when it begins (true) and ceases (false) to read at intervals.
  std::function<void(bool sweeping)> on_pace = [](bool) {};
};

// One thread calls Run(). Post(), RunAndWait() and Stop() may be called from any thread; all else,
// destruction included, only on the loop's thread or while no thread is in Run().
class Loop {
 public:
  // `clock` outlives the loop.
  explicit Loop(const Clock& clock = Clock::Monotonic(), LoopOptions options = {});
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Works until Stop(). Work that was posted before Stop() is still done.
  void Run();
  // Does what is due now, without waiting, until nothing is. For loops on a ManualClock.
  void RunUntilIdle();
  void Stop();
  void Post(absl::AnyInvocable<void()> work);
  // Runs `work` on the loop and waits for it. Not from the loop's own thread.
  void RunAndWait(absl::AnyInvocable<void()> work);

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
  // A watched descriptor will be readable over and over. Until the watch ends, it rests while the
  // loop is busy: it is looked at only when the loop sweeps over all that rest, once an interval.
  void MayRest(int fd);
  // The next turn sweeps, whatever is left of the interval.
  void SweepSoon() { next_sweep_ = absl::InfinitePast(); }
  // Whether the loop is busy and reads at intervals.
  bool sweeping() const { return pace_.sweeping(); }

 private:
  struct Watched {
    FdOwner* owner = nullptr;
    uint32_t events = 0;
    bool may_rest = false;
    bool rests = false;  // Is in the set of resting_fd_, not of epoll_fd_.
  };

  bool RunPosted();        // False: there was nothing, and the loop is to end.
  absl::Time RunTimers();  // The time then.
  void Poll(int timeout_ms, absl::Time begin);
  void Sweep();
  void Dispatch(int fd, uint32_t events);
  void Move(int fd, bool to_rest);
  int TimeoutMs(absl::Time now) const;

  const Clock& clock_;
  ReadPace pace_;
  std::function<void(bool)> on_pace_;
  int epoll_fd_;
  int resting_fd_;  // The epoll set of what rests.
  int wake_fd_;
  std::multimap<absl::Time, Timer*> timers_;
  std::vector<Watched> watched_;  // By file descriptor.
  int resting_ = 0;               // How many rest.
  absl::Time next_sweep_ = absl::InfinitePast();
  std::mutex mu_;
  std::vector<absl::AnyInvocable<void()>> posted_;  // Guarded by mu_.
  bool stop_ = false;                               // Guarded by mu_.
  std::thread::id runner_;                          // Who is in Run(). Guarded by mu_.
};

// A loop on a thread of its own. Stops and joins on destruction.
class LoopThread {
 public:
  explicit LoopThread(LoopOptions options = {})
      : loop_(Clock::Monotonic(), std::move(options)), thread_([this] { loop_.Run(); }) {}
  ~LoopThread() {
    loop_.Stop();
    thread_.join();
  }
  Loop& loop() { return loop_; }
  void RunAndWait(absl::AnyInvocable<void()> work) { loop_.RunAndWait(std::move(work)); }

 private:
  Loop loop_;
  std::thread thread_;
};

}  // namespace sextant
