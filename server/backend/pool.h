// The backends of one model as one: places each trace, retries those that failed before they said
// anything, and keeps away from servers that do not serve.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "server/async/fan.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/backend/replica.h"
#include "server/backend/retry_budget.h"

namespace sextant {

struct PoolOptions {
  // Retries and replacements are at most this share of the requests, see RetryBudget. 0: none.
  double retry_share = 0.2;
};

// Loop only. A trace goes to a backend that serves, in preference to one that asked for a pause,
// whose breaker is open, or that is down; where none serves, traces are tried all the same, so that
// errors stay honest. Among those that serve it is one of two drawn at random, the one with less to
// do for its capacity (of one without a limit: the largest limit in the pool). Traces of one solve
// stay together on a backend that caches prefixes, while it has room and not much more to do than
// others; where their prompt is long, the first goes ahead until it speaks, at most two seconds, so
// that the others find the prompt in the cache.
class Pool : public Backend {
 public:
  // `loop` and `observer` outlive the pool. At least one member.
  Pool(Loop& loop, std::vector<PoolMember> members, PoolObserver& observer,
       PoolOptions options = {});

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override;
  bool TakeReplacement(absl::string_view failed_backend) override;

  // The servers of the name `backend` are from now on those at `addresses` (at least one; an empty
  // one stands for wherever the name leads). `make` makes those that are new. One that is no longer
  // there gets no new traces, and goes once its last one has ended.
  using MakeMember = std::function<PoolMember(const std::string& address)>;
  void SetAddresses(absl::string_view backend, const std::vector<std::string>& addresses,
                    const MakeMember& make);

  // One for each name, in the order of the members: the best state of its servers, and the sums.
  struct MemberState {
    std::string name;
    int in_flight = 0;
    int max_traces = 0;  // Of the servers that it has now; 0: no limit.
    ReplicaState state = ReplicaState::kServing;
  };
  std::vector<MemberState> States() const;

 private:
  class Stay;
  template <typename Owner>
  class KeepingTail;
  // What became of one attempt.
  struct Attempted {
    absl::StatusOr<std::unique_ptr<TraceTail>> result;
    bool said_anything = false;
  };
  // Where the traces of a solve are, while it has any here.
  struct Home {
    Replica* replica = nullptr;
    int traces = 0;
    bool has_spoken = false;
    std::vector<Loop::Timer*> behind;  // Of traces that let the first one go ahead.

    // No trace has to wait any longer.
    void Release(const Loop& loop);
  };
  class Behind;
  // What became of a trace's attempts so far.
  struct Tried {
    std::vector<const Replica*> failed;  // Once for each time. May have gone; to compare only.
    std::string last;                    // Name of the last one,
    absl::Status error;                  // and how it failed.
    absl::Time again_at = absl::InfinitePast();  // On a backend that has failed it already.
  };

  // The home of its solve where that one's first trace is to go ahead of this; else null.
  Home* HomeThatIsAhead(const TraceRequest& request, const Replica& placed);
  Task<Attempted> Attempt(const TraceRequest& request, Replica& replica, TraceSink& sink);
  // The same, with a second backend from `hedge_after` on.
  Task<Attempted> HedgedAttempt(const TraceRequest& request, Replica& replica, const Tried& tried,
                                TraceSink& sink);
  // Another one that serves and has room; null when there is none or the limit on retries is used
  // up.
  Replica* PlaceForHedge(const TraceRequest& request, Replica& first, Tried tried);

  void Add(PoolMember member);
  void RemoveRetired();
  Replica& Place(const TraceRequest& request, const Tried& tried);
  // One of the best two that are drawn, by capacity, from `equals`.
  Replica& Draw(const std::vector<Replica*>& equals);
  bool IsGoodHome(const Replica& home, const std::vector<Replica*>& equals) const;
  // Waits for a backend that has asked for a pause, or that has failed the trace, when no other is
  // better. The error of the last attempt when the solve ends before that.
  Task<absl::StatusOr<Replica*>> Await(const TraceRequest& request, const Tried& tried);
  absl::Duration Backoff(int attempt);
  int in_flight() const;
  Task<int> Watch(Replica& replica);

  Loop& loop_;
  int largest_limit_ = 1;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  PoolObserver& observer_;
  RetryBudget budget_;
  absl::BitGen random_;
  std::map<const Prompt*, Home> homes_;         // By what the traces of a solve have in common.
  std::map<const Replica*, int64_t> watch_of_;  // Its number in watches_.
  Fan<int> watches_;                            // Last member: they refer to the replicas.
};

}  // namespace sextant
