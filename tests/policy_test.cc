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

Policy Recipe() { return LoadPolicy(SEXTANT_SOURCE_DIR "/deploy/policies/recipe.yaml").value(); }

std::string RecipeStrategy(Horizon horizon, BudgetLevel budget) {
  const Policy recipe = Recipe();
  const PolicyRow& row = recipe.RowFor({.horizon = horizon, .budget = budget});
  return StrategyText(row.strategy.strategy);
}

TEST(RecipeTest, IsTheDecisionMatrixOfThePaper) {
  EXPECT_EQ(RecipeStrategy(Horizon::kShort, BudgetLevel::kLow), "first_finish(k=1)");
  EXPECT_EQ(RecipeStrategy(Horizon::kNonReasoning, BudgetLevel::kLow), "first_finish(k=1)");
  EXPECT_EQ(RecipeStrategy(Horizon::kLong, BudgetLevel::kLow), "simple");
  EXPECT_EQ(RecipeStrategy(Horizon::kShort, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(RecipeStrategy(Horizon::kNonReasoning, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(RecipeStrategy(Horizon::kLong, BudgetLevel::kHigh), "majority_vote");
  EXPECT_EQ(RecipeStrategy(Horizon::kUnknown, BudgetLevel::kLow), "majority_vote");
}

TEST(BuiltInPolicyTest, IsTheFileThatUsersCopy) {
  const absl::StatusOr<Policy> file =
      LoadPolicy(SEXTANT_SOURCE_DIR "/deploy/policies/sextant.yaml");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(BuiltInPolicy().name, "sextant");
  ASSERT_EQ(file->rows.size(), BuiltInPolicy().rows.size());
  for (size_t i = 0; i < file->rows.size(); ++i) {
    EXPECT_EQ(file->rows[i].name, BuiltInPolicy().rows[i].name);
    EXPECT_EQ(file->rows[i].strategy.strategy.SerializeAsString(),
              BuiltInPolicy().rows[i].strategy.strategy.SerializeAsString());
  }
}

TEST(PolicyTest, FiresTheFirstRowThatFits) {
  const absl::StatusOr<Policy> policy = ParsePolicy(R"yaml(name: mine
low_budget_below: 5
busy_above: 0.5
rows:
  - {name: hard, horizon: [long, short], difficulty: hard, strategy: "last_finish(k=3,n=8)"}
  - {name: poor, horizon: any, budget: low, strategy: simple}
  - {name: rest, horizon: any, strategy: "last_finish(k=large)"}
)yaml",
                                                    "p.yaml");

  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->low_budget_below, 5);
  EXPECT_EQ(policy->busy_above, 0.5);
  EXPECT_EQ(policy
                ->RowFor({.horizon = Horizon::kLong,
                          .budget = BudgetLevel::kLow,
                          .difficulty = v1::DIFFICULTY_HARD})
                .name,
            "hard");
  EXPECT_EQ(policy
                ->RowFor({.horizon = Horizon::kLong,
                          .budget = BudgetLevel::kLow,
                          .difficulty = v1::DIFFICULTY_EASY})
                .name,
            "poor");
  EXPECT_EQ(policy
                ->RowFor({.horizon = Horizon::kLong,
                          .budget = BudgetLevel::kHigh,
                          .difficulty = v1::DIFFICULTY_EASY})
                .name,
            "rest");
  EXPECT_EQ(policy
                ->RowFor({.horizon = Horizon::kUnknown,
                          .budget = BudgetLevel::kHigh,
                          .difficulty = v1::DIFFICULTY_HARD})
                .name,
            "rest");
  EXPECT_TRUE(policy->rows[2].strategy.k_is_n);
}

TEST(PolicyTest, RefusesCellsWithoutARow) {
  EXPECT_EQ(
      Errors(R"yaml(name: p
rows:
  - {name: a, horizon: [long, short, unknown], strategy: simple}
  - {name: b, horizon: non_reasoning, budget: low, strategy: simple}
  - {name: c, horizon: non_reasoning, budget: high, difficulty: hard, strategy: simple}
)yaml"),
      "p.yaml:3: rows: no row for horizon non_reasoning, goal balanced, budget high, time tight, "
      "difficulty easy, nor for 7 more");
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
