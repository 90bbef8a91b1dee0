// Where the event loop takes its time from, so that tests can drive it by hand.
#pragma once
#include "absl/time/time.h"

namespace sextant {

// A monotonic clock. Its points in time are comparable with each other only: they are not the wall
// clock's.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The machine's monotonic clock. Lives for ever; any thread.
  static const Clock& Monotonic();
};

// A clock that stands still until it is told to move. Not thread-safe.
class ManualClock : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_ = absl::UnixEpoch();
};

}  // namespace sextant
