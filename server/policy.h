// A policy: which strategy runs for which model, goal, budgets and difficulty. Data, read from
// YAML:
//
//   name: mine
//   low_budget_below: 3        # typical traces
//   tight_time_below: 1.5      # lengths of a typical trace
//   busy_above: 0.8            # share of the service's capacity
//   rows:                      # the first row that fits fires
//     - {name: low-long, horizon: long, budget: low, strategy: simple}
//     - {name: soon, horizon: any, goal: [fast], strategy: "first_finish(k=3,n=8)"}
//     - {name: late, horizon: any, time: tight, strategy: "first_finish(k=1,n=large)"}
//     - {name: rest, horizon: any, strategy: "majority_vote(n=8)"}
//
// `horizon` is a name of HorizonName, a list of them, or any. The other conditions are `any` by
// default: `budget` is low or high, `time` tight or loose, `difficulty` easy or hard, `goal` one or
// a list of balanced, cheap, fast, accurate. `strategy` is text of strategies/spec.h, where
// `n=large` is what the budget holds and `k=large` is k = n. A row may have `hedge_after: 2s`: a
// trace that has said nothing by then is asked of a second server as well.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config.h"
#include "server/strategies/spec.h"

namespace sextant {

// Low: the budget holds fewer typical traces than the policy's `low_budget_below`.
enum class BudgetLevel { kLow, kHigh };
absl::string_view BudgetLevelName(BudgetLevel level);  // "low", "high"

// Tight: the budget of sequential tokens, or what the deadline leaves at the model's speed, is
// below the policy's `tight_time_below` times the length of a typical trace.
enum class TimeLevel { kTight, kLoose };
absl::string_view TimeLevelName(TimeLevel level);  // "tight", "loose"

absl::string_view GoalName(v1::Goal goal);  // "balanced", ...; `goal` is not UNSPECIFIED.

// What a policy is asked about.
struct PolicyCell {
  Horizon horizon = Horizon::kUnknown;
  BudgetLevel budget = BudgetLevel::kHigh;
  TimeLevel time = TimeLevel::kLoose;
  v1::Difficulty difficulty = v1::DIFFICULTY_EASY;  // EASY or HARD.
  v1::Goal goal = v1::GOAL_BALANCED;                // Not UNSPECIFIED.
};
// "horizon long, goal fast, budget high, time loose, difficulty hard"
std::string CellText(const PolicyCell& cell);

struct PolicyRow {
  // A label in metrics: 1 to 64 of a-z, 0-9, _ and -. Unique; not "request".
  std::string name;
  std::vector<Horizon> horizons;             // At least one.
  std::vector<v1::Goal> goals;               // Empty: any.
  std::optional<BudgetLevel> budget;         // Unset: any.
  std::optional<TimeLevel> time;             // Unset: any.
  std::optional<v1::Difficulty> difficulty;  // Unset: any.
  StrategyTemplate strategy;
  std::optional<absl::Duration> hedge_after;  // 10 ms to 10 min. Unset: never.

  bool Fits(const PolicyCell& cell) const;
};

// Every cell has a row, and every row is the first one to fit some cell.
struct Policy {
  std::string name;
  int low_budget_below = 3;       // In typical traces. 1 to 256.
  double tight_time_below = 1.5;  // In lengths of a typical trace. Above 0, up to 1,000.
  // A load above it makes goals cheaper: see planner.h. Above 0, up to 1,000.
  double busy_above = 0.8;
  std::vector<PolicyRow> rows;

  // The row that fires.
  const PolicyRow& RowFor(const PolicyCell& cell) const;
  // The row that would fire if rows up to `after`, one of `rows`, were not there; null when none
  // would.
  const PolicyRow* NextRowFor(const PolicyCell& cell, const PolicyRow& after) const;
};

// Reads a policy file. INVALID_ARGUMENT with one line per error, as LoadConfig; an uncovered cell
// and a row that can never fire are errors. NOT_FOUND when there is no such file.
absl::StatusOr<Policy> LoadPolicy(const std::string& path);
// The same for text; `name` stands for the file in errors.
absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view name);

// deploy/policies/sextant.yaml as it was when the server was built: what runs when the
// configuration names no policy.
const Policy& BuiltInPolicy();

}  // namespace sextant
