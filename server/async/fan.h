// Runs several tasks at once and hands back their results in the order in which they finish.
#pragma once
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <optional>
#include <utility>

#include "server/async/task.h"

namespace sextant {

// Owns the tasks launched in it: destroying the Fan, or Clear(), cancels those still running. Loop
// only. One coroutine at a time awaits Next(). No task may destroy or clear the Fan it runs in.
template <typename T>
class Fan {
 public:
  Fan() = default;
  Fan(const Fan&) = delete;
  Fan& operator=(const Fan&) = delete;

  // Starts `task` at once; it may finish before this returns. The number names it for Cancel().
  int64_t Launch(Task<T> task) {
    FreeEnded();
    const int64_t number = launched_++;
    running_.push_back(Run(std::move(task)));
    running_.back().self = std::prev(running_.end());
    running_.back().number = number;
    running_.back().handle.promise().runner = &running_.back();
    running_.back().handle.resume();
    return number;
  }

  // Cancels one task; it gives no result. Whether it was still running. Not while Next() is
  // awaited.
  bool Cancel(int64_t number) {
    FreeEnded();
    for (auto runner = running_.begin(); runner != running_.end(); ++runner) {
      if (runner->number != number) continue;
      running_.erase(runner);
      return true;
    }
    return false;
  }

  // Tasks that have not finished.
  int running() const { return static_cast<int>(running_.size() - ended_.size()); }

  // Next() would return a result without waiting.
  bool has_result() const { return !interrupted_ && !results_.empty(); }

  // Awaits the next result: nullopt when there is none to come, and after Wake() or Interrupt().
  auto Next() {
    struct Awaiter {
      Fan& fan;
      bool await_ready() { return fan.interrupted_ || !fan.results_.empty() || fan.running() == 0; }
      void await_suspend(std::coroutine_handle<> waiter) { fan.waiter_ = waiter; }
      std::optional<T> await_resume() {
        fan.FreeEnded();
        if (fan.interrupted_ || fan.results_.empty()) return std::nullopt;
        std::optional<T> result = std::move(fan.results_.front());
        fan.results_.pop_front();
        return result;
      }
      ~Awaiter() { fan.waiter_ = nullptr; }
    };
    return Awaiter{*this};
  }

  // A Next() that waits returns nullopt, before this returns. Others are not affected.
  void Wake() {
    if (auto waiter = std::exchange(waiter_, nullptr)) waiter.resume();
  }

  // From now on Next() returns nullopt; one that waits is resumed before this returns.
  void Interrupt() {
    interrupted_ = true;
    Wake();
  }

  // Cancels what runs and drops results that were not taken.
  void Clear() {
    ended_.clear();
    running_.clear();
    results_.clear();
  }

 private:
  struct Runner {
    struct promise_type {
      Runner* runner = nullptr;
      std::coroutine_handle<> next = std::noop_coroutine();
      Runner get_return_object() {
        return Runner(std::coroutine_handle<promise_type>::from_promise(*this));
      }
      std::suspend_always initial_suspend() noexcept { return {}; }
      auto final_suspend() noexcept {
        struct WakeConsumer {
          bool await_ready() noexcept { return false; }
          std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
            return h.promise().next;
          }
          void await_resume() noexcept {}
        };
        return WakeConsumer{};
      }
      void return_value(std::coroutine_handle<> h) {
        if (h) next = h;
      }
      void unhandled_exception() noexcept { std::terminate(); }
    };
    explicit Runner(std::coroutine_handle<promise_type> h) : handle(h) {}
    Runner(Runner&& other) noexcept : handle(std::exchange(other.handle, {})) {}
    ~Runner() {
      if (handle) handle.destroy();
    }
    std::coroutine_handle<promise_type> handle;
    typename std::list<Runner>::iterator self;
    int64_t number = 0;
  };

  // Coroutine around one task; its promise is told its place in the list by Launch.
  struct OwnRunner {
    bool await_ready() { return false; }
    bool await_suspend(std::coroutine_handle<typename Runner::promise_type> h) {
      runner = h.promise().runner;
      return false;
    }
    Runner* await_resume() { return runner; }
    Runner* runner = nullptr;
  };

  Runner Run(Task<T> task) {
    T result = co_await std::move(task);
    results_.push_back(std::move(result));
    OwnRunner own;
    Runner* runner = co_await own;
    ended_.push_back(runner->self);
    co_return std::exchange(waiter_, nullptr);
  }

  // A runner cannot free itself, so ended ones wait here until the Fan is next used from outside.
  void FreeEnded() {
    for (auto it : ended_) running_.erase(it);
    ended_.clear();
  }

  bool interrupted_ = false;
  int64_t launched_ = 0;
  std::deque<T> results_;
  std::coroutine_handle<> waiter_;
  std::deque<typename std::list<Runner>::iterator> ended_;
  std::list<Runner> running_;  // Last member: destroyed first, while the rest is alive.
};

}  // namespace sextant
