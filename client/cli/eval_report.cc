#include "client/cli/eval_report.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"

namespace sextant {
namespace {

std::string Tokens(double mean) { return Grouped(std::llround(mean)); }

std::vector<std::string> TableRow(const std::string& strategy, const std::string& dataset,
                                  const Figures& figures) {
  return {Printable(strategy),
          Printable(dataset),
          Grouped(figures.problems),
          Percent(figures.accuracy),
          Tokens(figures.finished_tokens),
          Tokens(figures.billed_tokens),
          Tokens(figures.sequential_tokens),
          absl::StrFormat("%.2f", figures.wall_seconds),
          figures.cost_usd.has_value() ? Dollars(*figures.cost_usd) : "-",
          Grouped(figures.no_answer),
          Grouped(figures.failed)};
}

}  // namespace

std::string ShowSummary(const std::string& model, const std::vector<StrategyFigures>& results) {
  std::vector<std::vector<std::string>> rows = {{"strategy", "data set", "problems", "accuracy",
                                                 "finished", "billed", "sequential", "seconds",
                                                 "cost", "no answer", "failed"}};
  for (const StrategyFigures& result : results) {
    if (result.by_dataset.size() == 1) {
      rows.push_back(TableRow(result.strategy, result.by_dataset[0].first, result.overall));
      continue;
    }
    rows.push_back(TableRow(result.strategy, "mean", result.overall));
    for (const auto& [dataset, figures] : result.by_dataset) {
      rows.push_back(TableRow("", dataset, figures));
    }
  }
  std::vector<Align> columns(rows.front().size(), Align::kRight);
  columns[0] = columns[1] = Align::kLeft;
  return absl::StrCat(Printable(model),
                      ": means per problem, then over data sets with equal weight; "
                      "finished, billed and sequential are tokens\n\n",
                      Table(columns, rows));
}

void EvalProgress::Add(const Score& score) {
  ++ended_;
  correct_ += score.correct ? 1 : 0;
  failed_ += score.failed ? 1 : 0;
  const bool tenth_is_full = ended_ * 10 / total_ != (ended_ - 1) * 10 / total_;
  if (!line_.is_terminal() && !tenth_is_full) return;
  line_.Show(absl::StrCat("eval: ", Grouped(ended_), " of ", Count(total_, "solve"), ", ",
                          Percent(static_cast<double>(correct_) / static_cast<double>(ended_)),
                          " correct, ", Grouped(failed_), " failed"));
}

void EvalFailures::Add(const EvalSolve& solve) {
  const absl::Status& status = solve.result.status;
  if (status.ok()) return;
  if (count_++ == 0) first_ = status;
  Kind& kind = kinds_[status.code()];
  if (kind.count++ == 0) {
    kind.example = absl::StrCat("problem ", solve.problem.id, " of ", solve.problem.dataset, ", ",
                                solve.strategy.text, ": ", std::string(status.message()));
  }
}

std::string EvalFailures::Text() const {
  std::string text;
  for (const auto& [code, kind] : kinds_) {
    absl::StrAppend(&text, Count(kind.count, "solve"), " failed with ",
                    absl::StatusCodeToString(code), " and counted as wrong; the first was ",
                    Printable(kind.example), "\n");
  }
  return text;
}

}  // namespace sextant
