// An event loop whose time stands still until the test moves it.
#pragma once
#include <algorithm>

#include "server/async/clock.h"
#include "server/async/loop.h"

namespace sextant {

class ManualLoop {
 public:
  Loop& loop() { return loop_; }
  absl::Time Now() const { return clock_.Now(); }

  // Does what is due without any time passing.
  void Run() { loop_.RunUntilIdle(); }

  // Lets time pass in steps of `step`, so that what is due on the way finds the clock at its time.
  void Advance(absl::Duration by, absl::Duration step = absl::Seconds(1)) {
    Run();
    for (absl::Duration passed; passed < by; passed += step) {
      clock_.Advance(std::min(step, by - passed));
      Run();
    }
  }

 private:
  ManualClock clock_;
  Loop loop_{clock_};
};

}  // namespace sextant
