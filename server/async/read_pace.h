// Decides when a loop has so much to read that it pays to read its streams at intervals: a wake-up
// and a read per chunk are most of what a chunk costs, and fewer reads hold more chunks each.
#pragma once
#include "absl/time/time.h"

namespace sextant {

struct ReadPaceOptions {
  // Between two sweeps over the streams of a busy loop: how much later a chunk may be read. 0: no
  // loop is busy, and every chunk is read when it arrives.
  absl::Duration interval;
  absl::Duration window = absl::Milliseconds(100);  // Over which the loop's work is measured.
  double busy_above = 0.5;                          // Share of a window that the loop worked.
  double quiet_below = 0.15;  // Far below, since what sweeping saves must not end it.
};

// Pure; not thread-safe.
class ReadPace {
 public:
  explicit ReadPace(const ReadPaceOptions& options) : options_(options) {}

  // The loop waited for events from `begin` to `end` and works until the next call. True: the mode
  // has changed.
  bool Waited(absl::Time begin, absl::Time end);

  bool sweeping() const { return sweeping_; }
  absl::Duration interval() const { return options_.interval; }

 private:
  const ReadPaceOptions options_;
  absl::Time window_begin_ = absl::InfinitePast();
  absl::Duration waited_;
  bool sweeping_ = false;
};

}  // namespace sextant
