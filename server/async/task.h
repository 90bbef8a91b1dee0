// A coroutine that runs on one event loop and produces one value.
//
// A Task starts when it is awaited (or launched in a Fan) and is cancelled by destroying it: the
// frame unwinds and every destructor on it runs. There is no other way to cancel, and no exception
// leaves a Task: errors travel as absl::Status.
//
// Loop only. Never destroy a Task that is running, that is, from inside itself. Arguments of a
// coroutine are values, or references to something that outlives it; a capturing lambda is never a
// coroutine.
#pragma once
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sextant {

template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct promise_type {
    std::coroutine_handle<> waiter = std::noop_coroutine();
    std::optional<T> value;

    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct ResumeWaiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle h) noexcept { return h.promise().waiter; }
        void await_resume() noexcept {}
      };
      return ResumeWaiter{};
    }
    template <typename U>
    void return_value(U&& v) {
      value.emplace(std::forward<U>(v));
    }
    void unhandled_exception() noexcept { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Runs the task to its end and returns its value. Await it once, as `co_await std::move(task)`.
  auto operator co_await() && {
    struct Awaiter {
      Handle handle;
      bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
        handle.promise().waiter = waiter;
        return handle;
      }
      T await_resume() { return *std::move(handle.promise().value); }
    };
    return Awaiter{handle_};
  }

 private:
  explicit Task(Handle h) : handle_(h) {}
  Handle handle_;
};

}  // namespace sextant
