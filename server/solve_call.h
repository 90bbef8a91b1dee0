// One Solve or SolveStream call, from gRPC's threads to the worker's loop and back.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/config.h"
#include "server/metrics.h"
#include "server/worker.h"

namespace sextant {

// How long a call may take whose deadline is `time_left` away: less the reserve, and less what gRPC
// may have rounded the deadline up by on its way here; half of it where that leaves little. Without
// a deadline, or with a late one, `max_solve_time`.
absl::Duration TimeToAnswer(absl::Duration time_left, const ServerConfig& server);

// What both kinds of call have in common. Created on a gRPC thread; all else, destruction included,
// is loop only.
class SolveCall {
 public:
  // How the call talks to gRPC. Loop only.
  class Door {
   public:
    virtual ~Door() = default;
    // The plan that runs; with a judge, once that has answered.
    virtual void OnStarted(const v1::Plan& plan) = 0;
    virtual void OnTraceEnded(const v1::Trace& trace) = 0;
    // The last call. With a status that is not OK, the response holds no more than the bill.
    virtual void OnOutcome(const absl::Status& status, v1::SolveResponse response) = 0;
  };

  struct Inputs {
    const Config& config;
    const ModelConfig& model;
    Metrics& metrics;
    Worker& worker;
    v1::SolveRequest request;
    v1::Plan plan;
    PlanWithDifficulty plan_with_judge;  // Empty where the solve asks no judge.
    std::string solve_id;
    std::string traceparent;
    absl::Duration time_left;  // Until the deadline; infinite without one.
  };

  // `door` outlives the call.
  SolveCall(Inputs inputs, Door& door) : inputs_(std::move(inputs)), door_(door) {}

  void Start();
  // The caller has left: cancels the solve, counts it, logs its bill. Nothing happens when it has
  // ended.
  void Abandon();
  std::optional<v1::Progress> Progress() const;

 private:
  std::optional<SolveJudge> JudgeOf() const;
  void Planned(const v1::Plan& plan);
  void Done(SolveOutcome outcome);
  void Observe(absl::StatusCode code, const v1::SolveResponse& response) const;

  Inputs inputs_;
  Door& door_;
  absl::Time arrived_;
  bool planned_ = false;
  bool ended_ = false;
  std::unique_ptr<Worker::Running> running_;
};

}  // namespace sextant
