// One solve on its worker's loop, and the callers who wait for it: usually one, more where a
// request was repeated under its id.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/call_facts.h"
#include "server/config.h"
#include "server/metrics.h"
#include "server/settings.h"
#include "server/solve_log.h"
#include "server/worker.h"

namespace sextant {

// How long a call may take whose deadline is `time_left` away: less the reserve, and less what gRPC
// may have rounded the deadline up by on its way here; half of it where that leaves little. Without
// a deadline, or with a late one, `max_solve_time`.
absl::Duration TimeToAnswer(absl::Duration time_left, const ServerConfig& server);

// What the planner is asked on a worker: for a solve that starts or whose judge has answered, and
// for a caller who only wants to know.
struct PlanQuestion {
  const v1::SolveRequest& request;  // Checked.
  const ModelConfig& model;
  const Policy& policy;
  absl::Duration time_left;  // Until the deadline; infinite without one.
  // What a judge has said. Null: none has.
  const v1::DifficultyEstimate* difficulty = nullptr;
};

// Created on any thread; all else, destruction included, is for the worker's loop only.
class SolveCall {
 public:
  // How a caller hears of the solve. Worker's loop only.
  class Door {
   public:
    virtual ~Door() = default;
    // The plan that runs; with a judge, once that has answered.
    virtual void OnStarted(const v1::Plan& plan) = 0;
    virtual void OnTraceEnded(const v1::Trace& trace) = 0;
    // The last call that matters. With a status that is not OK, the response holds no more than the
    // bill.
    virtual void OnOutcome(const absl::Status& status, v1::SolveResponse response) = 0;
  };

  struct Inputs {
    // Shared with the service, which may take others meanwhile, and with other solves.
    std::shared_ptr<const Settings> settings;
    const ModelConfig& model;  // Of those settings.
    Metrics& metrics;
    Worker& worker;
    v1::SolveRequest request;  // Checked.
    std::string solve_id;
    CallFacts facts;           // With a request id, doors may come after it has ended.
    absl::Time arrived;        // On the worker's clock.
    absl::Duration time_left;  // From then until the deadline; infinite without one.
    // Called once when a solve that was started has ended, before its doors hear of it.
    std::function<void(const v1::Usage& bill)> on_ended;
  };

  // What a solve starts under.
  struct Terms {
    double load = 0;        // Of the model's max_solves, by other solves.
    absl::Duration queued;  // Time that it waited for its turn.
  };

  explicit SolveCall(Inputs inputs) : inputs_(std::move(inputs)) {}

  // `door` hears what happens from now on, the plan of a running solve, and the outcome of one that
  // has ended, which it may do at once. It outlives the call, or leaves.
  void Join(Door& door);
  // The door hears nothing any more. With the last one the solve is cancelled and counted, and its
  // bill is logged. Nothing happens when it has ended.
  void Leave(Door& door);
  void Start(const Terms& terms);
  // Ends it before its start. `status` is not OK.
  void Refuse(const absl::Status& status);

  std::optional<v1::Progress> Progress() const;

 private:
  // The judge that the solve asks, if it asks one; it plans anew under the same load.
  std::optional<SolveJudge> JudgeOf(double load);
  PlanQuestion QuestionAbout(const v1::SolveRequest& request,
                             const v1::DifficultyEstimate* difficulty) const;
  void Planned(const v1::Plan& plan);
  void Done(SolveOutcome outcome);
  void Fail(const absl::Status& status);
  void Tell(SolveOutcome outcome);
  void Abandon();
  std::string ReceiptOf(const v1::SolveResponse& response) const;
  // Counts and logs a solve that has ended.
  void Observe(const absl::Status& status, const v1::SolveResponse& response) const;
  SolveNames names() const { return {inputs_.solve_id, inputs_.facts}; }

  Inputs inputs_;
  absl::Duration queued_;
  std::optional<SolveTexts> texts_;  // Where the configuration asks for them.
  v1::Plan plan_;                    // With a judge, the one before its word until that has come.
  std::vector<Door*> doors_;
  bool planned_ = false;  // The plan is the one that runs, and the doors know it.
  bool ended_ = false;
  SolveOutcome outcome_;  // Once it has ended, for those who join it before that is known.
  std::unique_ptr<Worker::Running> running_;
};

// Its loop only. The plan goes by `load`, or by that of the backends where it is higher and all
// have a limit of traces.
absl::StatusOr<v1::Plan> PlanOn(Worker& worker, const PlanQuestion& question, double load);

}  // namespace sextant
