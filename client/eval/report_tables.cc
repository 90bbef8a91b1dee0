#include "client/eval/report_tables.h"

#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"
#include "client/enum_names.h"
#include "client/eval/html.h"

namespace sextant {
namespace {

using Kind = HtmlColumn::Kind;

std::vector<std::string> EstimateCells(const Measures& measures) {
  return {PercentCell(measures.accuracy), TokensCell(measures.billed_tokens),
          TokensCell(measures.sequential_tokens)};
}

void Append(const std::vector<std::string>& cells, HtmlRow& row) {
  row.cells.insert(row.cells.end(), cells.begin(), cells.end());
}

HtmlRow StrategyRow(size_t number, const StrategyMeasures& entry) {
  const Figures& figures = entry.overall.figures;
  HtmlRow row{.cells = {absl::StrCat(number), StrategyHtml(entry.strategy)},
              .emphasised = IsAdaptive(entry.strategy)};
  Append(EstimateCells(entry.overall), row);
  Append({TokensText(figures.finished_tokens), TokensText(figures.cancelled_tokens),
          absl::StrFormat("%.2f", figures.agreement), absl::StrFormat("%.2f", figures.wall_seconds),
          figures.cost_usd.has_value() ? Dollars(*figures.cost_usd) : "-",
          Grouped(figures.problems), Grouped(figures.no_answer), Grouped(figures.failed),
          TokensText(figures.prompt_tokens), TokensText(figures.estimated_tokens)},
         row);
  return row;
}

// What a paired interval says about a difference of accuracy.
std::string Verdict(const Estimate& difference) {
  if (!difference.interval.has_value()) return "-";
  if (difference.interval->low > 0) return "better";
  if (difference.interval->high < 0) return "worse";
  const bool same = difference.interval->low == 0 && difference.interval->high == 0;
  return same ? "the same" : "not decided";
}

std::vector<std::string> DatasetsOf(const EvalMeasures& measures) {
  std::vector<std::string> datasets;
  std::map<std::string, int> seen;
  for (const StrategyMeasures& entry : measures.strategies) {
    for (const auto& [dataset, figures] : entry.by_dataset) {
      if (seen[dataset]++ == 0) datasets.push_back(dataset);
    }
  }
  return datasets;
}

HtmlTable DatasetTable(const std::string& dataset, const EvalMeasures& measures) {
  HtmlTable table{.caption = dataset,
                  .columns = {{"strategy", Kind::kText},
                              {"accuracy"},
                              {"billed"},
                              {"sequential"},
                              {"points against baseline"},
                              {"problems"},
                              {"no answer"},
                              {"failed"}}};
  for (const StrategyMeasures& entry : measures.strategies) {
    for (const auto& [name, figures] : entry.by_dataset) {
      if (name != dataset) continue;
      HtmlRow row{.cells = {StrategyHtml(entry.strategy)},
                  .emphasised = IsAdaptive(entry.strategy)};
      Append(EstimateCells(figures), row);
      const std::optional<Comparison>& comparison = figures.comparison;
      Append({comparison.has_value() ? PointsCell(comparison->accuracy_difference) : "-",
              Grouped(figures.figures.problems), Grouped(figures.figures.no_answer),
              Grouped(figures.figures.failed)},
             row);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

double MeanHardProbability(const Solves& solves) {
  double sum = 0;
  for (const Observation* solve : solves) sum += solve->hard_probability;
  return sum / static_cast<double>(solves.size());
}

}  // namespace

std::string StrategiesTable(const EvalMeasures& measures) {
  HtmlTable table{.caption = "All strategies",
                  .columns = {{"#"},
                              {"strategy", Kind::kText},
                              {"accuracy"},
                              {"billed"},
                              {"sequential"},
                              {"finished"},
                              {"cancelled"},
                              {"agreement"},
                              {"seconds"},
                              {"cost"},
                              {"problems"},
                              {"no answer"},
                              {"failed"},
                              {"prompt"},
                              {"estimated"}},
                  .header_column = 1};
  for (size_t i = 0; i < measures.strategies.size(); ++i) {
    table.rows.push_back(StrategyRow(i + 1, measures.strategies[i]));
  }
  return ToHtml(table);
}

std::string ComparisonTable(const EvalMeasures& measures) {
  HtmlTable table{.caption = absl::StrCat("Against ", measures.baseline),
                  .columns = {{"strategy", Kind::kText},
                              {"points of accuracy"},
                              {"accuracy is", Kind::kText},
                              {"billed tokens, times"},
                              {"sequential tokens, times"},
                              {"problems"}}};
  for (const StrategyMeasures& entry : measures.strategies) {
    const std::optional<Comparison>& comparison = entry.overall.comparison;
    if (!comparison.has_value()) continue;
    table.rows.push_back(
        {.cells = {StrategyHtml(entry.strategy), PointsCell(comparison->accuracy_difference),
                   Verdict(comparison->accuracy_difference), RatioCell(comparison->billed_ratio),
                   RatioCell(comparison->sequential_ratio), Grouped(comparison->problems)},
         .emphasised = IsAdaptive(entry.strategy)});
  }
  return table.rows.empty() ? "" : ToHtml(table);
}

std::string DatasetTables(const EvalMeasures& measures) {
  std::string html;
  for (const std::string& dataset : DatasetsOf(measures)) {
    html += ToHtml(DatasetTable(dataset, measures));
  }
  return html;
}

std::string DifficultyTable(const std::vector<Observation>& observations) {
  // Failed solves, which have no estimate, last; easy before hard by the numbers of the enum.
  std::map<std::tuple<bool, v1::Difficulty, std::string>, std::map<std::string, Solves>> groups;
  std::vector<std::string> strategies;
  for (const Observation& solve : observations) {
    const std::string& strategy = solve.score.strategy;
    const bool unknown = solve.difficulty == v1::DIFFICULTY_UNSPECIFIED;
    groups[{unknown, solve.difficulty, solve.estimator}][strategy].push_back(&solve);
    if (strategies.empty() || strategies.back() != strategy) strategies.push_back(strategy);
  }
  HtmlTable table{.caption = "By estimated difficulty",
                  .columns = {{"difficulty", Kind::kText},
                              {"estimated by", Kind::kText},
                              {"strategy", Kind::kText},
                              {"probability of hard"},
                              {"accuracy"},
                              {"billed"},
                              {"sequential"},
                              {"problems"}},
                  .header_column = 2};
  for (const auto& [key, by_strategy] : groups) {
    const auto& [unknown, difficulty, estimator] = key;
    for (const std::string& strategy : strategies) {
      const auto found = by_strategy.find(strategy);
      if (found == by_strategy.end()) continue;
      const Measures figures = MeasureSolves(found->second, {});
      HtmlRow row{
          .cells = {unknown ? "none" : EscapeHtml(ShortName(difficulty)),
                    unknown ? "-" : EscapeHtml(estimator), StrategyHtml(strategy),
                    unknown ? "-" : absl::StrFormat("%.2f", MeanHardProbability(found->second))},
          .emphasised = IsAdaptive(strategy)};
      Append(EstimateCells(figures), row);
      Append({Grouped(figures.figures.problems)}, row);
      table.rows.push_back(std::move(row));
    }
  }
  return ToHtml(table);
}

}  // namespace sextant
