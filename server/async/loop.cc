#include "server/async/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>

namespace sextant {
namespace {

// Longest nap; only a guard, since timers and posted work end a nap early.
constexpr int kLongestWaitMs = 60'000;

class MonotonicClock : public Clock {
 public:
  absl::Time Now() const override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return absl::TimeFromTimespec(now);
  }
};

}  // namespace

const Clock& Clock::Monotonic() {
  static const MonotonicClock clock;
  return clock;
}

Loop::Timer::Timer(Loop& loop, std::function<void()> on_due)
    : loop_(loop), on_due_(std::move(on_due)) {}

void Loop::Timer::Set(absl::Time when) {
  Clear();
  place_ = loop_.timers_.emplace(when, this);
  armed_ = true;
}

void Loop::Timer::Clear() {
  if (!armed_) return;
  loop_.timers_.erase(place_);
  armed_ = false;
}

Loop::Loop(const Clock& clock, LoopOptions options)
    : clock_(clock),
      pace_(options.pace),
      on_pace_(std::move(options.on_pace)),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      resting_fd_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (epoll_fd_ < 0 || resting_fd_ < 0 || wake_fd_ < 0) {
    std::perror("no file descriptor for an event loop");
    std::abort();
  }
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_fd_}};
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

Loop::~Loop() {
  close(wake_fd_);
  close(resting_fd_);
  close(epoll_fd_);
}

void Loop::Post(absl::AnyInvocable<void()> work) {
  bool wake;
  {
    std::lock_guard lock(mu_);
    wake = posted_.empty() && runner_ != std::this_thread::get_id();
    posted_.push_back(std::move(work));
  }
  // The loop takes all posted work at once, so only the first of a batch has to wake it, and looks
  // for work before it waits, so its own does not.
  if (wake) eventfd_write(wake_fd_, 1);
}

void Loop::Stop() {
  {
    std::lock_guard lock(mu_);
    stop_ = true;
  }
  eventfd_write(wake_fd_, 1);
}

void Loop::Run() {
  {
    std::lock_guard lock(mu_);
    runner_ = std::this_thread::get_id();
  }
  while (RunPosted()) {
    const absl::Time now = RunTimers();
    Poll(TimeoutMs(now), now);
  }
}

void Loop::RunUntilIdle() {
  while (true) {
    RunPosted();
    Poll(0, RunTimers());
    std::lock_guard lock(mu_);
    if (posted_.empty() && (timers_.empty() || timers_.begin()->first > Now())) return;
  }
}

bool Loop::RunPosted() {
  std::vector<absl::AnyInvocable<void()>> work;
  {
    std::lock_guard lock(mu_);
    if (posted_.empty()) return !stop_;
    work.swap(posted_);
  }
  for (auto& w : work) {
    w();
    w = nullptr;  // What it holds goes before the next, which may rely on that, is done.
  }
  return true;
}

absl::Time Loop::RunTimers() {
  // A timer that is set meanwhile waits for the next turn, so that timers cannot starve the
  // sockets.
  const absl::Time now = Now();
  if (timers_.empty() || timers_.begin()->first > now) return now;
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Timer* timer = timers_.begin()->second;
    timer->Clear();
    timer->on_due_();
  }
  return Now();
}

int Loop::TimeoutMs(absl::Time now) const {
  absl::Time next = timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first;
  if (resting_ > 0) next = std::min(next, next_sweep_);
  if (next == absl::InfiniteFuture()) return kLongestWaitMs;
  const absl::Duration left = next - now;
  // Rounded up: waking a moment early would spin until the timer is due.
  return static_cast<int>(std::clamp<int64_t>(
      absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))), 0, kLongestWaitMs));
}

void Loop::Poll(int timeout_ms, absl::Time begin) {
  {
    std::lock_guard lock(mu_);
    if (!posted_.empty() || stop_) timeout_ms = 0;
  }
  std::array<epoll_event, 256> events;
  const int n = epoll_wait(epoll_fd_, events.data(), events.size(), timeout_ms);
  const absl::Time end = Now();
  if (pace_.Waited(begin, end)) on_pace_(pace_.sweeping());
  for (int i = 0; i < n; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake_fd_) {
      eventfd_t ignored;
      eventfd_read(wake_fd_, &ignored);
      continue;
    }
    Dispatch(fd, events[i].events);
  }
  if (resting_ > 0 && end >= next_sweep_) Sweep();
}

void Loop::Sweep() {
  next_sweep_ = Now() + pace_.interval();
  std::array<epoll_event, 256> events;
  // Each batch is of others: epoll hands out what is ready in turn. What becomes ready meanwhile
  // may be looked at once more, but not for ever.
  for (int left = resting_; left > 0; left -= static_cast<int>(events.size())) {
    const int n = epoll_wait(resting_fd_, events.data(), events.size(), 0);
    for (int i = 0; i < n; ++i) Dispatch(events[i].data.fd, events[i].events);
    if (n < static_cast<int>(events.size())) return;
  }
}

void Loop::Dispatch(int fd, uint32_t events) {
  const auto known = [&] {
    return fd < static_cast<int>(watched_.size()) && watched_[fd].owner != nullptr;
  };
  if (!known()) return;  // An earlier event of this batch may have ended the watch.
  watched_[fd].owner->OnReady(fd, events);
  if (!known()) return;
  // Each moves when it has been read, so that a change of pace costs nothing at once.
  const bool rest = watched_[fd].may_rest && pace_.sweeping();
  if (rest != watched_[fd].rests) Move(fd, rest);
}

void Loop::Move(int fd, bool to_rest) {
  Watched& watched = watched_[fd];
  epoll_event event{.events = watched.events, .data = {.fd = fd}};
  epoll_ctl(watched.rests ? resting_fd_ : epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  epoll_ctl(to_rest ? resting_fd_ : epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  if (to_rest && resting_ == 0) next_sweep_ = Now() + pace_.interval();
  resting_ += static_cast<int>(to_rest) - static_cast<int>(watched.rests);
  watched.rests = to_rest;
}

void Loop::MayRest(int fd) {
  if (fd < static_cast<int>(watched_.size()) && watched_[fd].owner != nullptr)
    watched_[fd].may_rest = true;
}

void Loop::Watch(int fd, uint32_t events, FdOwner* owner) {
  if (fd >= static_cast<int>(watched_.size())) watched_.resize(fd + 1);
  if (watched_[fd].rests) Move(fd, /*to_rest=*/false);
  const bool known = watched_[fd].owner != nullptr;
  if (events == 0) {
    watched_[fd] = {};
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd,
              nullptr);  // Fails when fd is closed already; then it is gone.
    return;
  }
  watched_[fd].owner = owner;
  watched_[fd].events = events;
  epoll_event event{.events = events, .data = {.fd = fd}};
  if (epoll_ctl(epoll_fd_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
    // The number was closed and opened again between two calls, or the other way round.
    epoll_ctl(epoll_fd_, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  }
}

void Loop::RunAndWait(absl::AnyInvocable<void()> work) {
  std::promise<void> done;
  Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace sextant
