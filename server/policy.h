// A policy: which strategy runs for which model, budget and difficulty. Data, read from YAML:
//
//   name: recipe
//   low_budget_below: 3        # typical traces
//   rows:                      # the first row that fits fires
//     - {name: low-long, horizon: long, budget: low, strategy: simple}
//     - {name: hard, horizon: [short, long], difficulty: hard, strategy: "majority_vote(n=large)"}
//     - {name: rest, horizon: any, strategy: "first_finish(k=3,n=8)"}
//
// `horizon` is a name of HorizonName, a list of them, or any; `budget` is low, high or any (the
// default); `difficulty` is easy, hard or any (the default). `strategy` is text of
// strategies/spec.h, where `n=large` is what the budget holds and `k=large` is k = n.
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

// What a policy is asked about.
struct PolicyCell {
  Horizon horizon = Horizon::kUnknown;
  BudgetLevel budget = BudgetLevel::kHigh;
  v1::Difficulty difficulty = v1::DIFFICULTY_EASY;  // EASY or HARD.
};

struct PolicyRow {
  // A label in metrics: 1 to 64 of a-z, 0-9, _ and -. Unique; not "request".
  std::string name;
  std::vector<Horizon> horizons;             // At least one.
  std::optional<BudgetLevel> budget;         // Unset: any.
  std::optional<v1::Difficulty> difficulty;  // Unset: any.
  StrategyTemplate strategy;

  bool Fits(const PolicyCell& cell) const;
};

// Every cell has a row, and every row is the first one to fit some cell.
struct Policy {
  std::string name;
  int low_budget_below = 3;  // In typical traces. 1 to 256.
  std::vector<PolicyRow> rows;

  // The row that fires.
  const PolicyRow& RowFor(const PolicyCell& cell) const;
};

// Reads a policy file. INVALID_ARGUMENT with one line per error, as LoadConfig; an uncovered cell
// and a row that can never fire are errors. NOT_FOUND when there is no such file.
absl::StatusOr<Policy> LoadPolicy(const std::string& path);
// The same for text; `name` stands for the file in errors.
absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view name);

// The decision matrix of arXiv 2512.02008 (Table 2), the same as deploy/policies/recipe.yaml:
//   short, non-reasoning: low budget FFS-1@N, high budget MV@N
//   long:                 low budget one trace, high budget MV@N
//   unknown:              MV@N
// N is what the budget holds. The paper puts no number on "low"; here a budget is low while it
// holds fewer than 3 typical traces, since 3 votes are the fewest that can outvote a wrong one, and
// already beat a single trace in every family (72.1 % against 63.5 % for long-horizon models).
const Policy& BuiltInPolicy();

}  // namespace sextant
