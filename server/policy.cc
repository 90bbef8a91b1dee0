#include "server/policy.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/built_in_policy.h"
#include "server/did_you_mean.h"
#include "server/yaml_document.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxRows = 256;
constexpr size_t kMaxRowNameBytes = 64;

// Words of the file; an unset optional is `any`.
using BudgetWord = std::optional<BudgetLevel>;
using TimeWord = std::optional<TimeLevel>;
using GoalWord = std::optional<v1::Goal>;
using DifficultyWord = std::optional<v1::Difficulty>;
using HorizonWord = std::optional<Horizon>;
constexpr std::pair<absl::string_view, BudgetWord> kBudgetWords[] = {
    {"low", BudgetLevel::kLow}, {"high", BudgetLevel::kHigh}, {"any", std::nullopt}};
constexpr std::pair<absl::string_view, TimeWord> kTimeWords[] = {
    {"tight", TimeLevel::kTight}, {"loose", TimeLevel::kLoose}, {"any", std::nullopt}};
constexpr std::pair<absl::string_view, GoalWord> kGoalWords[] = {{"balanced", v1::GOAL_BALANCED},
                                                                 {"cheap", v1::GOAL_CHEAP},
                                                                 {"fast", v1::GOAL_FAST},
                                                                 {"accurate", v1::GOAL_ACCURATE},
                                                                 {"any", std::nullopt}};
constexpr std::pair<absl::string_view, DifficultyWord> kDifficultyWords[] = {
    {"easy", v1::DIFFICULTY_EASY}, {"hard", v1::DIFFICULTY_HARD}, {"any", std::nullopt}};
constexpr std::pair<absl::string_view, HorizonWord> kHorizonWords[] = {
    {"unknown", Horizon::kUnknown},
    {"short", Horizon::kShort},
    {"long", Horizon::kLong},
    {"non_reasoning", Horizon::kNonReasoning},
    {"any", std::nullopt}};

std::vector<PolicyCell> AllCells() {
  std::vector<PolicyCell> cells;
  for (const auto& [horizon_name, horizon] : kHorizons) {
    for (const auto& [goal_name, goal] : kGoalWords) {
      if (!goal) continue;
      for (const BudgetLevel budget : {BudgetLevel::kLow, BudgetLevel::kHigh}) {
        for (const TimeLevel time : {TimeLevel::kTight, TimeLevel::kLoose}) {
          for (const v1::Difficulty difficulty : {v1::DIFFICULTY_EASY, v1::DIFFICULTY_HARD}) {
            cells.push_back({horizon, budget, time, difficulty, *goal});
          }
        }
      }
    }
  }
  return cells;
}

std::string ReadName(YamlMap& map) {
  map.Require("name");
  const std::string name = map.Text("name", kMaxRowNameBytes).value_or("");
  const auto is_allowed = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), is_allowed)) {
    map.Fail("name", absl::StrCat("expected letters a-z, digits, _ and -, got ", Quoted(name)));
  }
  return name;
}

PolicyRow ReadRow(YamlMap& map) {
  PolicyRow row;
  row.name = ReadName(map);
  if (row.name == "request") {
    map.Fail("name", "\"request\" stands for strategies that callers name, expected another name");
  }
  map.Require("horizon");
  for (const HorizonWord& word : map.Words<HorizonWord>("horizon", kHorizonWords)) {
    if (word) row.horizons.push_back(*word);
    if (word) continue;
    for (const auto& [name, horizon] : kHorizons) row.horizons.push_back(horizon);
  }
  for (const GoalWord& word : map.Words<GoalWord>("goal", kGoalWords)) {
    if (word) row.goals.push_back(*word);
  }
  row.budget = map.Word<BudgetWord>("budget", kBudgetWords).value_or(std::nullopt);
  row.time = map.Word<TimeWord>("time", kTimeWords).value_or(std::nullopt);
  row.difficulty = map.Word<DifficultyWord>("difficulty", kDifficultyWords).value_or(std::nullopt);
  map.Require("strategy");
  if (const std::optional<std::string> text = map.Text("strategy")) {
    absl::StatusOr<StrategyTemplate> strategy = ParseStrategyTemplate(*text);
    if (!strategy.ok()) {
      map.Fail("strategy", strategy.status().message());
    } else if (strategy->strategy.kind_case() == v1::Strategy::KIND_NOT_SET) {
      map.Fail("strategy", "auto asks the policy itself, expected a strategy");
    } else {
      row.strategy = *std::move(strategy);
    }
  }
  row.hedge_after = map.Duration("hedge_after", absl::Milliseconds(10), absl::Minutes(10));
  map.RejectUnknownKeys();
  return row;
}

// Looks for cells without a row and for rows without a cell.
void CheckCoverage(const std::vector<PolicyRow>& rows, std::vector<YamlMap>& row_maps,
                   YamlMap& root) {
  std::set<const PolicyRow*> used;
  std::vector<PolicyCell> uncovered;
  for (const PolicyCell& cell : AllCells()) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const PolicyRow& candidate) { return candidate.Fits(cell); });
    if (row == rows.end()) {
      uncovered.push_back(cell);
    } else {
      used.insert(&*row);
    }
  }
  if (!uncovered.empty()) {
    const size_t more = uncovered.size() - 1;
    root.Fail("rows", absl::StrCat("no row for ", CellText(uncovered.front()),
                                   more == 0 ? "" : absl::StrCat(", nor for ", more, " more")));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (used.count(&rows[i]) > 0) continue;
    row_maps[i].Fail("name", absl::StrCat("row ", Quoted(rows[i].name),
                                          " can never fire: earlier rows cover all of it"));
  }
}

}  // namespace

absl::string_view BudgetLevelName(BudgetLevel level) {
  return level == BudgetLevel::kLow ? "low" : "high";
}

absl::string_view TimeLevelName(TimeLevel level) {
  return level == TimeLevel::kTight ? "tight" : "loose";
}

absl::string_view GoalName(v1::Goal goal) {
  return std::find_if(std::begin(kGoalWords), std::end(kGoalWords),
                      [&](const auto& word) { return word.second == goal; })
      ->first;
}

std::string CellText(const PolicyCell& cell) {
  return absl::StrCat("horizon ", HorizonName(cell.horizon), ", goal ", GoalName(cell.goal),
                      ", budget ", BudgetLevelName(cell.budget), ", time ",
                      TimeLevelName(cell.time), ", difficulty ",
                      cell.difficulty == v1::DIFFICULTY_EASY ? "easy" : "hard");
}

bool PolicyRow::Fits(const PolicyCell& cell) const {
  const auto holds = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  return holds(horizons, cell.horizon) && (goals.empty() || holds(goals, cell.goal)) &&
         budget.value_or(cell.budget) == cell.budget && time.value_or(cell.time) == cell.time &&
         difficulty.value_or(cell.difficulty) == cell.difficulty;
}

const PolicyRow& Policy::RowFor(const PolicyCell& cell) const {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const PolicyRow& row) { return row.Fits(cell); });
  if (row == rows.end())
    std::abort();  // Our bug: ParsePolicy refuses policies with uncovered cells.
  return *row;
}

const PolicyRow* Policy::NextRowFor(const PolicyCell& cell, const PolicyRow& after) const {
  const auto row = std::find_if(rows.begin() + (&after - rows.data()) + 1, rows.end(),
                                [&](const PolicyRow& candidate) { return candidate.Fits(cell); });
  return row == rows.end() ? nullptr : &*row;
}

absl::StatusOr<Policy> LoadPolicy(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParsePolicy(*text, path);
}

absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view file) {
  const absl::StatusOr<YamlNode> root = ParseYaml(text, file);
  if (!root.ok()) return root.status();
  YamlErrors errors(file);
  YamlMap map(*root, "", errors);
  Policy policy;
  policy.name = ReadName(map);
  policy.low_budget_below = static_cast<int>(
      map.Integer("low_budget_below", 1, kMaxTraces).value_or(policy.low_budget_below));
  policy.tight_time_below =
      map.Number("tight_time_below", {.min = 0, .max = 1000, .above_min = true})
          .value_or(policy.tight_time_below);
  policy.busy_above = map.Number("busy_above", {.min = 0, .max = 1000, .above_min = true})
                          .value_or(policy.busy_above);
  map.Require("rows");
  std::vector<YamlMap> row_maps = map.Maps("rows", kMaxRows);
  std::set<std::string> names;
  for (YamlMap& row_map : row_maps) {
    policy.rows.push_back(ReadRow(row_map));
    const std::string& name = policy.rows.back().name;
    if (!name.empty() && !names.insert(name).second) {
      row_map.Fail("name", absl::StrCat("another row is named ", Quoted(name)));
    }
  }
  map.RejectUnknownKeys();
  // A misspelt horizon would also leave its cells uncovered; one message about it is enough.
  if (absl::Status status = errors.ToStatus(); !status.ok()) return status;
  CheckCoverage(policy.rows, row_maps, map);
  if (absl::Status status = errors.ToStatus(); !status.ok()) return status;
  return policy;
}

const Policy& BuiltInPolicy() {
  // Never destroyed, so that it can be used until the last thread ends. That it can be parsed is
  // tested.
  static const Policy& policy =
      *new Policy(ParsePolicy(kBuiltInPolicyText, "deploy/policies/sextant.yaml").value());
  return policy;
}

}  // namespace sextant
