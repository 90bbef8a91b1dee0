// Where calls become solves: a call joins the solve that runs under its request id, starts one,
// waits for its turn, or is refused.
//
// What all calls share (the running and waiting solves of each model, the request ids, the callers'
// limits) lives on the loop of the first worker, so nothing needs a lock. Whatever concerns a call
// goes from gRPC's threads to that loop, and from there to the loop of the call's worker, so it
// stays in order; with one worker that is the same loop.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/admission.h"
#include "server/async/loop.h"
#include "server/call_facts.h"
#include "server/caller_quotas.h"
#include "server/metrics.h"
#include "server/solve_call.h"
#include "server/worker.h"

namespace sextant {

// Any thread. What it is given outlives it; it outlives its visits.
class FrontDesk {
 public:
  FrontDesk(const Config& config, Metrics& metrics, std::vector<std::unique_ptr<Worker>>& workers);
  ~FrontDesk();

  Loop& loop() { return loop_; }  // For what else all calls share.

  struct Arrival {
    std::shared_ptr<const Settings> settings;  // As in SolveCall::Inputs.
    const ModelConfig& model;                  // Of those settings.
    v1::SolveRequest request;                  // Checked by them.
    CallFacts facts;
    std::string solve_id;      // Of the solve, if one is started for it.
    absl::Duration time_left;  // Until the deadline; infinite without one.
    absl::Time at;             // On the monotonic clock.
  };

  // One caller at the desk. It belongs to the reactor of the call, which is the door.
  class Visit {
   public:
    explicit Visit(SolveCall::Door& door) : door_(door) {}
    Loop& loop() const { return *loop_; }  // Of the worker, from the first word to the door on.
    // Of its solve while that runs. Worker's loop only.
    std::optional<v1::Progress> Progress() const {
      return call_ == nullptr ? std::nullopt : call_->Progress();
    }

   private:
    friend class FrontDesk;
    SolveCall::Door& door_;
    Loop* loop_ = nullptr;  // Set on the desk's loop before anything is posted to the worker.
    Admission::Id id_ = 0;  // Of the solve; 0: refused. Desk's loop only.
    std::shared_ptr<SolveCall> call_;  // Worker's loop only. Shared: see Entry.
  };

  // The door hears of the solve, or of the refusal, on the loop of a worker. A refusal says
  // RESOURCE_EXHAUSTED with a delay (RetryAfter) when there is no room or the caller is at a limit
  // of its own, DEADLINE_EXCEEDED when the deadline came first, UNAVAILABLE with a delay while the
  // server drains, INVALID_ARGUMENT when another request runs under the same id.
  void Enter(Arrival arrival, Visit& visit);
  // The caller has gone: the door hears of CANCELLED if it has not heard of an outcome. A solve
  // ends, or leaves the queue, with the last of its callers.
  void Leave(Visit& visit);
  // Calls `last` on the visit's loop when nothing refers to the visit any more. After its outcome.
  void Close(Visit& visit, absl::AnyInvocable<void()> last);

  // Calls `ready` on the loop of a worker with the load that a solve of the model would be planned
  // by.
  void AskLoad(const std::string& model, absl::AnyInvocable<void(Worker&, double load)> ready);

  void SetCallers(std::vector<CallerConfig> callers);  // Their limits, from now on.
  void BeginDrain();  // Refuses those who wait, and who come from now on.
  // Also ends what runs, with what it has; stop_reason DRAINING.
  void EndAll();

 private:
  using Id = Admission::Id;
  using RequestKey = std::pair<std::string, std::string>;  // Caller and request id.

  // A solve that runs or waits.
  struct Entry {
    const ModelConfig& model;  // Of the configuration that the server started with.
    Worker& worker;
    // Shared with its visits. The last reference is let go on the worker's loop.
    std::shared_ptr<SolveCall> call;
    absl::Time at;
    int visits = 0;
    RequestKey key;  // Its request id is empty where none is registered.
    std::string account;
    size_t request_hash = 0;
  };
  struct Model;

  // Desk's loop only.
  void Receive(Arrival arrival, Visit& visit);
  void Open(Arrival arrival, Visit& visit);
  void Join(Id id, Visit& visit);
  void Start(Id id);
  void OnEnded(Id id, const v1::Usage& bill);
  void Depart(Visit& visit);
  void DropOverdue(Model& model);
  void Shed(Model& model, ShedReason reason, const absl::Status& status, Visit& visit);
  void Refuse(Visit& visit, absl::Status status);
  void RefuseWaiting(Id id, absl::Status status);
  void StopWaiting(Id id);
  void Forget(Id id);
  void Unregister(Entry& entry);
  Worker& NextWorker();

  Metrics& metrics_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  Loop& loop_;
  CallerQuotas quotas_;
  std::map<std::string, std::unique_ptr<Model>> models_;
  std::map<Id, Entry> entries_;
  std::map<RequestKey, Id> by_request_id_;
  Id last_id_ = 0;
  size_t next_worker_ = 0;
  bool draining_ = false;
};

}  // namespace sextant
