// A task that a test has started and looks at from outside of any coroutine.
#pragma once
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "server/async/fan.h"
#include "server/async/loop.h"
#include "server/async/task.h"

namespace sextant {

// The thread that runs the task's loop. Destroying it cancels the task.
template <typename T>
class Started {
 public:
  explicit Started(Task<T> task) { fan_.Launch(std::move(task)); }

  bool ended() const { return fan_.has_result(); }
  void Cancel() { fan_.Clear(); }

  // The task's value, once. Throws when it has not ended, which fails the test.
  T Take() {
    if (!ended()) throw std::logic_error("the task has not ended");
    return *fan_.Next().await_resume();
  }

 private:
  Fan<T> fan_;
};

// Lets `loop`, which is on the real clock, work until `holds` is true. Throws, which fails the
// test, when that takes longer than any test may.
template <typename Condition>
void RunUntil(Loop& loop, Condition holds) {
  const absl::Time give_up_at = absl::Now() + absl::Seconds(30);
  while (!holds()) {
    if (absl::Now() > give_up_at) throw std::logic_error("what the test waits for does not happen");
    loop.RunUntilIdle();
    std::this_thread::yield();
  }
}

template <typename T>
T RunToEnd(Loop& loop, Task<T> task) {
  Started<T> started(std::move(task));
  RunUntil(loop, [&] { return started.ended(); });
  return started.Take();
}

}  // namespace sextant
