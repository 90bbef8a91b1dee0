#include "server/backend/breaker.h"

#include <algorithm>

namespace sextant {

Breaker::State Breaker::state(absl::Time now) const {
  if (closed_) return State::kClosed;
  return now < open_until_ ? State::kOpen : State::kHalfOpen;
}

bool Breaker::Admits(absl::Time now) const {
  switch (state(now)) {
    case State::kClosed:
      return true;
    case State::kOpen:
      return false;
    case State::kHalfOpen:
      return trials_ == 0;
  }
  return true;
}

Breaker::Period Breaker::Begin() {
  if (!closed_) ++trials_;
  return period_;
}

void Breaker::Spoke(Period begun, absl::Time now) {
  if (begun != period_) return;
  if (closed_) {
    failed_in_a_row_ = 0;
    spoke_.Add(now);
  } else {
    Close();
  }
}

void Breaker::Failed(Period begun, absl::Time now) {
  if (begun != period_) return;
  if (closed_) {
    failed_.Add(now);
    const int64_t failed = failed_.Sum(now);
    const bool prevail = failed >= rule_.failures && failed >= spoke_.Sum(now);
    if (++failed_in_a_row_ >= rule_.in_a_row || prevail) Open(now);
  } else if (now >= open_until_) {
    Open(now);
  }
  // While it is open, traces go there only when no server is better; that they fail is no news.
}

void Breaker::Ended(Period begun) {
  if (begun == period_ && !closed_) --trials_;
}

void Breaker::ServerIsBack(absl::Time now) {
  if (!closed_) open_until_ = std::min(open_until_, now);
}

void Breaker::Open(absl::Time now) {
  closed_ = false;
  ++period_;
  trials_ = 0;
  pause_ = std::clamp(2 * pause_, rule_.first_pause, rule_.longest_pause);
  open_until_ = now + pause_;
}

void Breaker::Close() {
  closed_ = true;
  ++period_;
  trials_ = 0;
  pause_ = absl::ZeroDuration();
  spoke_.Clear();
  failed_.Clear();
  failed_in_a_row_ = 0;
}

}  // namespace sextant
