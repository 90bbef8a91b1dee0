#include "server/answer/box_tracker.h"

#include <algorithm>
#include <cstring>

#include "server/answer/markup.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr size_t kLettersAfterX = 2;  // Of boxed.

}  // namespace

size_t BoxTracker::first_needed() const {
  const size_t first = open_.empty() ? at_ : std::min(at_, open_.front().begin);
  return first - std::min(first, kMaxBoxGap);
}

void BoxTracker::SkipTo(size_t place) {
  open_.clear();
  at_ = place;
  next_box_ = 0;
  depth_ = 0;
}

std::vector<ClosedBox> BoxTracker::Scan(string_view tail, size_t offset) {
  std::vector<ClosedBox> closed;
  const size_t end = offset + tail.size();
  while (at_ < end) {
    if (open_.empty() && next_box_ == 0) {
      // Outside of boxes only the letter x of their names is of interest.
      const char* from = tail.data() + (at_ - offset);
      const void* x = memchr(from, 'x', end - at_);
      at_ = x == nullptr ? end : at_ + static_cast<size_t>(static_cast<const char*>(x) - from);
      if (at_ == end) break;
    }
    const char c = tail[at_ - offset];
    if (c == 'x' && LookForBox(tail, offset) == Step::kWait) break;
    if (c == '\\' && !open_.empty()) {
      if (at_ + 1 == end) break;  // What it escapes is still to come.
      ++at_;
    } else if (c == '{' || c == '}') {
      Brace(c, closed);
    }
    ++at_;
    while (!open_.empty() && at_ > open_.front().inner + kMaxStatementBytes) {
      open_.erase(open_.begin());
    }
  }
  return closed;
}

// At an x: remembers where the brace of its box stands, if it is one.
BoxTracker::Step BoxTracker::LookForBox(string_view tail, size_t offset) {
  const size_t x = at_ - offset;
  const string_view name = BoxNameAround(tail, x);
  if (name.empty()) return x + kLettersAfterX < tail.size() ? Step::kDone : Step::kWait;
  const size_t begin = static_cast<size_t>(name.data() - tail.data());
  size_t brace = begin + name.size();
  while (brace < tail.size() && brace < begin + kMaxBoxGap && tail[brace] == ' ') ++brace;
  if (brace == tail.size()) return Step::kWait;
  if (tail[brace] != '{') return Step::kDone;
  next_box_ = offset + brace;
  next_begin_ = offset + begin;
  return Step::kDone;
}

void BoxTracker::Brace(char c, std::vector<ClosedBox>& closed) {
  if (c == '{') {
    if (at_ == next_box_) {
      if (open_.size() == kMaxOpenBoxes) open_.erase(open_.begin());
      open_.push_back({next_begin_, at_ + 1, depth_});
      next_box_ = 0;
    }
    ++depth_;
    return;
  }
  --depth_;
  if (open_.empty() || open_.back().depth != depth_) return;
  closed.push_back({open_.back().begin, open_.back().inner, at_});
  open_.pop_back();
}

}  // namespace sextant
