// Policies: the built-in one, and files that must cover everything.
#include "server/policy.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

std::string Errors(absl::string_view text) {
  return std::string(ParsePolicy(text, "p.yaml").status().message());
}

// Name of the built-in row that fires.
std::string BuiltInRow(Horizon horizon, BudgetLevel budget) {
  return BuiltInPolicy().RowFor({horizon, budget, v1::DIFFICULTY_HARD}).name;
}

std::string BuiltInStrategy(Horizon horizon, BudgetLevel budget) {
  return StrategyText(
      BuiltInPolicy().RowFor({horizon, budget, v1::DIFFICULTY_EASY}).strategy.strategy);
}

TEST(BuiltInPolicyTest, IsTheDecisionMatrixOfThePaper) {
  EXPECT_EQ(BuiltInStrategy(Horizon::kShort, BudgetLevel::kLow), "first_finish(k=1)");
  EXPECT_EQ(BuiltInStrategy(Horizon::kNonReasoning, BudgetLevel::kLow), "first_finish(k=1)");
  EXPECT_EQ(BuiltInStrategy(Horizon::kLong, BudgetLevel::kLow), "simple");
  EXPECT_EQ(BuiltInStrategy(Horizon::kShort, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(BuiltInStrategy(Horizon::kNonReasoning, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(BuiltInStrategy(Horizon::kLong, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(BuiltInRow(Horizon::kUnknown, BudgetLevel::kLow), "unknown");
  EXPECT_EQ(BuiltInRow(Horizon::kUnknown, BudgetLevel::kHigh), "unknown");
}

TEST(BuiltInPolicyTest, EqualsTheFileThatUsersCopy) {
  const absl::StatusOr<Policy> file = LoadPolicy(SEXTANT_SOURCE_DIR "/deploy/policies/recipe.yaml");

  ASSERT_TRUE(file.ok()) << file.status();
  const Policy& built_in = BuiltInPolicy();
  EXPECT_EQ(file->name, built_in.name);
  EXPECT_EQ(file->low_budget_below, built_in.low_budget_below);
  ASSERT_EQ(file->rows.size(), built_in.rows.size());
  for (size_t i = 0; i < built_in.rows.size(); ++i) {
    const PolicyRow& row = built_in.rows[i];
    EXPECT_EQ(file->rows[i].name, row.name);
    EXPECT_EQ(file->rows[i].horizons, row.horizons) << row.name;
    EXPECT_EQ(file->rows[i].budget, row.budget) << row.name;
    EXPECT_EQ(file->rows[i].difficulty, row.difficulty) << row.name;
    EXPECT_EQ(file->rows[i].strategy.strategy.SerializeAsString(),
              row.strategy.strategy.SerializeAsString())
        << row.name;
    EXPECT_EQ(file->rows[i].strategy.k_is_n, row.strategy.k_is_n) << row.name;
  }
}

TEST(PolicyTest, FiresTheFirstRowThatFits) {
  const absl::StatusOr<Policy> policy = ParsePolicy(R"yaml(name: mine
low_budget_below: 5
rows:
  - {name: hard, horizon: [long, short], difficulty: hard, strategy: "last_finish(k=3,n=8)"}
  - {name: poor, horizon: any, budget: low, strategy: simple}
  - {name: rest, horizon: any, strategy: "last_finish(k=large)"}
)yaml",
                                                    "p.yaml");

  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->low_budget_below, 5);
  EXPECT_EQ(policy->RowFor({Horizon::kLong, BudgetLevel::kLow, v1::DIFFICULTY_HARD}).name, "hard");
  EXPECT_EQ(policy->RowFor({Horizon::kLong, BudgetLevel::kLow, v1::DIFFICULTY_EASY}).name, "poor");
  EXPECT_EQ(policy->RowFor({Horizon::kLong, BudgetLevel::kHigh, v1::DIFFICULTY_EASY}).name, "rest");
  EXPECT_EQ(policy->RowFor({Horizon::kUnknown, BudgetLevel::kHigh, v1::DIFFICULTY_HARD}).name,
            "rest");
  EXPECT_TRUE(policy->rows[2].strategy.k_is_n);
}

TEST(PolicyTest, RefusesCellsWithoutARow) {
  EXPECT_EQ(Errors(R"yaml(name: p
rows:
  - {name: a, horizon: [long, short, unknown], strategy: simple}
  - {name: b, horizon: non_reasoning, budget: low, strategy: simple}
  - {name: c, horizon: non_reasoning, budget: high, difficulty: hard, strategy: simple}
)yaml"),
            "p.yaml:3: rows: no row for horizon non_reasoning, budget high, difficulty easy");
}

TEST(PolicyTest, RefusesRowsThatCanNeverFire) {
  EXPECT_EQ(Errors(R"yaml(name: p
rows:
  - {name: a, horizon: any, budget: low, strategy: simple}
  - {name: b, horizon: any, budget: high, strategy: simple}
  - {name: c, horizon: long, difficulty: hard, strategy: simple}
)yaml"),
            "p.yaml:5: rows[2].name: row \"c\" can never fire: earlier rows cover all of it");
}

TEST(PolicyTest, ReportsAllMistakesAtOnce) {
  EXPECT_EQ(
      Errors(R"yaml(name: My Policy
low_budget_below: 0
row: 1
rows:
  - {name: a, horizon: lnog, strategy: simple}
  - {name: a, horizon: [], strategy: "first_finish(k=9,n=8)"}
  - {name: request, horizon: any, budget: medium, strategy: auto}
)yaml"),
      "p.yaml:1: name: expected letters a-z, digits, _ and -, got \"My Policy\"\n"
      "p.yaml:2: low_budget_below: expected an integer from 1 to 256, got \"0\"\n"
      "p.yaml:3: row: unknown key (did you mean rows?)\n"
      "p.yaml:5: rows[0].horizon: expected one of unknown, short, long, non_reasoning, any, got "
      "\"lnog\"\n"
      "p.yaml:6: rows[1].horizon: expected at least one word, got none\n"
      "p.yaml:6: rows[1].strategy: strategy.first_finish.k is 9, expected 1 to n (8)\n"
      "p.yaml:6: rows[1].name: another row is named \"a\"\n"
      "p.yaml:7: rows[2].name: \"request\" stands for strategies that callers name, expected "
      "another name\n"
      "p.yaml:7: rows[2].budget: expected one of low, high, any, got \"medium\"\n"
      "p.yaml:7: rows[2].strategy: auto asks the policy itself, expected a strategy");
}

TEST(PolicyTest, SaysNotFoundForAMissingFile) {
  EXPECT_EQ(LoadPolicy("/no/such/policy.yaml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sextant
