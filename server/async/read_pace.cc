#include "server/async/read_pace.h"

#include <utility>

namespace sextant {

bool ReadPace::Waited(absl::Time begin, absl::Time end) {
  if (options_.interval <= absl::ZeroDuration()) return false;
  if (window_begin_ == absl::InfinitePast()) window_begin_ = begin;
  waited_ += end - begin;
  const absl::Duration window = end - window_begin_;
  if (window < options_.window) return false;
  const double worked = 1 - absl::FDivDuration(waited_, window);
  window_begin_ = end;
  waited_ = absl::ZeroDuration();
  const bool sweep = worked > (sweeping_ ? options_.quiet_below : options_.busy_above);
  return std::exchange(sweeping_, sweep) != sweep;
}

}  // namespace sextant
