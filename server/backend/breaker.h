// A circuit breaker: whether one model server is given traces.
//
// Closed, it is. It opens, so that there are no traces for a while, at `in_a_row` failures without
// a word in between, or at `failures` within ten seconds that are at least half of what was heard.
// A busy server that dies is found out by the first rule, as the words of a moment ago would
// outweigh its failures for long; and one that refuses at once has the least to do, and draws all
// traces. Then it is half-open: one trace at a time goes there. When that speaks, the breaker
// closes; when it fails, the breaker opens for twice as long as before.
//
// What counts is up to the caller; meant are connections that fail or break, 5xx and stalls. A
// refusal of the request itself (4xx) says nothing about the server and is not to be told.
#pragma once
#include <cstdint>

#include "absl/time/time.h"
#include "server/backend/recent_count.h"

namespace sextant {

struct BreakerRule {
  int in_a_row = 5;
  int failures = 3;
  absl::Duration first_pause = absl::Seconds(1);
  absl::Duration longest_pause = absl::Seconds(30);
};

// Pure: it is told the time, which does not go back. Not thread-safe.
class Breaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };

  explicit Breaker(BreakerRule rule = {}) : rule_(rule) {}

  State state(absl::Time now) const;
  // Whether a trace should go there now. One that goes there all the same counts like any other.
  bool Admits(absl::Time now) const;
  // When an open breaker becomes half-open.
  absl::Time open_until() const { return open_until_; }

  // What a trace was told when it began, to be handed back with what became of it: news of a trace
  // from before the breaker last opened or closed is old and changes nothing.
  using Period = int64_t;
  Period Begin();
  void Spoke(Period begun, absl::Time now);  // Its first token has come. At most once a trace.
  void Failed(Period begun, absl::Time now);
  void Ended(Period begun);  // The last news of every trace, whatever came before.

  // The server itself says that it is back: an open breaker becomes half-open at once.
  void ServerIsBack(absl::Time now);

 private:
  void Open(absl::Time now);
  void Close();

  const BreakerRule rule_;
  bool closed_ = true;
  Period period_ = 0;
  RecentCount spoke_, failed_;
  int failed_in_a_row_ = 0;
  absl::Time open_until_ = absl::InfinitePast();
  absl::Duration pause_ = absl::ZeroDuration();
  int trials_ = 0;  // Traces that have begun since it opened and have not ended.
};

}  // namespace sextant
