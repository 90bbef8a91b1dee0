// The strategies: how many traces to launch, when to stop, how to decide. One file each.
//
// A strategy launches traces, awaits them and decides. It never fails: when a budget ends or every
// trace failed, it decides over what has finished, and a result without an answer tells its caller
// to look at what unfinished traces have stated. `params` have every field set (the planner's work)
// and outlive the task. Loop only.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/answer/vote.h"
#include "server/async/task.h"
#include "server/pilot.h"
#include "server/strategies/adaptive_rule.h"
#include "server/strategies/traces.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// What a strategy decided.
struct Verdict {
  VoteResult vote;
  bool provisional = false;  // Read from what had not finished.
  std::string text = {};     // What stands for the answer, where that is not one trace's text.
  std::vector<std::string> decisions = {};  // What was decided on the way, as sentences.
  // How hard the problem is by the traces themselves, where a pilot looked at them.
  std::optional<v1::DifficultyEstimate> difficulty = {};
};

// How an adaptive solve follows the difficulty that its first traces show.
struct Pilot {
  PilotModel model;
  std::optional<double> mean_tokens;  // Of the model's traces, where they were measured.
  // The policy's rows for easy and for hard problems, every parameter set. Without them the
  // estimate is reported and changes nothing.
  struct Row {
    std::string name;
    v1::Adaptive params;
  };
  struct Rows {
    Row easy, hard;
  };
  std::optional<Rows> rows;
};

Task<Verdict> Simple(Traces& traces);
Task<Verdict> MajorityVote(Traces& traces, const v1::MajorityVote& params);
Task<Verdict> FirstFinish(Traces& traces, const v1::FirstFinish& params);
Task<Verdict> LastFinish(Traces& traces, const v1::LastFinish& params);
Task<Verdict> BeamSearch(Traces& traces, const v1::BeamSearch& params);

// `pilot` outlives the task; null: nothing is estimated on the way.
Task<Verdict> Adaptive(Traces& traces, const v1::Adaptive& params, const AdaptiveModel& model,
                       const Pilot* pilot = nullptr);

// The server's own beam search: one request, one chunk, no partial results.
Task<Verdict> NativeBeamSearch(Traces& traces, const v1::BeamSearch& params);

// A trace's vote. Requires trace.answer.
Vote VoteOf(const Trace& trace);

}  // namespace sextant
