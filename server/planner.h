// The planner: facts about a request -> a plan, and why. Pure: starts nothing, looks at no clock.
//
// Cap: the most traces is `budget.max_traces`, else the model's `max_traces` (8).
//
// Budget level: the budget holds min(max_tokens / t, max_cost_usd / c) typical traces. t is
// the model's `typical_trace_tokens`, or the longest trace possible when that is less; c is the
// price of t tokens and of the prompt. Fewer than the policy's `low_budget_below`, or than the cap
// where that is less, is low, else high.
//
// Time level: the sequential budget, or the tokens that the deadline leaves at the model's speed,
// against the length of a typical trace; tight below the policy's `tight_time_below` (1.5).
//
// Load: while it is above the policy's `busy_above`, goals fast and accurate are planned as
// balanced, and balanced as cheap, so that plans shrink before solves are refused.
//
// Strategy: one in the request is kept (row "request"). Else the first row of the policy fires that
// fits horizon, goal, budget level, time level and difficulty; the next one that fits is the
// runner-up.
//
// Size: an n that is not given, or `large`, is the largest up to the cap whose expected bill
// (expected_use.h) the budgets of tokens and cost hold; at least k, at least 1. `k=large` is n.
// With 20,000 tokens and t = 4096, majority_vote gets n = 4, since 4 * 4096 = 16,384 fit and 5 *
// 4096 do not. first_finish(k=1) gets n = 8: its traces stop at the first answer, which is expected
// at 0.53 * 4096 tokens, and 8 * 2,173 = 17,387 fit.
//
// Difficulty: what is estimated before (difficulty.h, or what a judge said). Where the policy would
// fire another row at the other difficulty and both rows run adaptive, the plan holds that row's
// parameters too, as `other_difficulty`: the strategy goes on with them when its first traces say
// so (pilot.h). Not for a strategy that the request names, nor with a hint, nor where the model's
// configuration says `during: none`.
//
// Limits: a given n, or the width of a beam search, above the cap is lowered to it, and k with it.
// For a strategy in the request that cap is `budget.max_traces` alone; 256 limits every n. Traces
// are no longer than the model's context leaves room for beside the prompt (prompt_tokens.h).
#pragma once
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/config.h"
#include "server/policy.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct PlanInputs {
  const v1::SolveRequest& request;  // Has passed CheckRequest.
  const ModelConfig& model;         // The one that the request names.
  const Policy& policy;
  absl::Duration time_left = absl::InfiniteDuration();  // Until the answer is due.
  double load = 0;  // Share of the service's capacity that others use or wait for; may be above 1.
  // What a judge has said. Null: estimated here.
  const v1::DifficultyEstimate* difficulty = nullptr;
};

// The plan's strategy has every parameter set. INVALID_ARGUMENT for a strategy that CheckStrategy
// refuses. Any thread.
absl::StatusOr<v1::Plan> MakePlan(const PlanInputs& inputs);

v1::Horizon ToProto(Horizon horizon);

}  // namespace sextant
