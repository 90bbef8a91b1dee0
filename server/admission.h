// Which solves of one model run, which wait, which are refused.
//
// At most `max_running` run. The others wait, at most `max_waiting` of them, in one queue a caller;
// a slot that becomes free goes to the callers in turn, so that one who asks a lot waits for
// itself. A caller may have at most twice as many waiting as there are places left: alone two
// thirds of the queue, two callers two fifths each, and there is always a place for one more
// (dynamic thresholds, Choudhury and Hahne 1998). So a refusal comes at once, and nobody who waits
// is ever put out for another.
//
// Refusals that follow each other are told delays that are one mean interval between two ends
// apart: retries then come as fast as slots become free, not all together.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sextant {

// Pure: it is told the time, and what it says is up to its owner to do. Not thread-safe.
class Admission {
 public:
  using Id = int64_t;  // Names a solve; its owner gives it, each greater than the one before.

  struct Limits {
    int max_running = 256;  // At least 1.
    int max_waiting = 256;  // 0: nobody waits.
  };
  explicit Admission(Limits limits) : limits_(limits) {}

  struct Arrival {
    Id id = 0;
    std::string caller;
    absl::Time leave_by = absl::InfiniteFuture();  // Waiting longer makes no sense.
  };
  enum class Place {
    kRunning,
    kWaiting,
    kQueueFull,    // Refused.
    kCallerShare,  // Refused: its caller has as many waiting as it may have now.
  };
  Place Enter(Arrival arrival, absl::Time now);

  // A running solve has ended. Returns the one that takes its slot, if one waits.
  std::optional<Id> End(absl::Time now);
  // A waiting one leaves: its caller has gone. False: it does not wait.
  bool Leave(Id id);
  // Those whose time to leave has come leave, the earliest first.
  std::vector<Id> TakeOverdue(absl::Time now);
  std::vector<Id> TakeWaiting();  // All of them leave.
  absl::Time next_overdue() const;

  // When one who is refused now should try again: 0.1 to 30 s, and 1 s as long as no end of a solve
  // tells how fast slots become free. Advances the next one's.
  absl::Duration BookRetry(absl::Time now);

  int running() const { return running_; }
  int waiting() const { return static_cast<int>(waiting_.size()); }
  const Limits& limits() const { return limits_; }
  // Solves that run or wait, for the slots; above 1 where some wait.
  double Load() const;

 private:
  struct Caller {
    std::string name;
    std::set<Id> queue;  // Never empty; ids are in the order of arrival.
  };
  struct Waiting {
    std::list<Caller>::iterator caller;
    absl::Time leave_by;
  };

  void Remove(Id id);

  const Limits limits_;
  int running_ = 0;
  std::list<Caller> turns_;  // Those who have solves waiting; the first is next.
  std::map<std::string, std::list<Caller>::iterator> callers_;
  std::map<Id, Waiting> waiting_;
  std::set<std::pair<absl::Time, Id>> overdue_;
  absl::Time full_since_;  // Where every slot is taken: since when, or since the last end.
  std::optional<absl::Duration> mean_interval_;  // Between two ends while every slot is taken.
  absl::Time booked_until_ = absl::InfinitePast();
};

}  // namespace sextant
