#include "client/eval/report_stops.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/cli/text.h"
#include "client/enum_names.h"
#include "client/eval/html.h"
#include "client/eval/measures.h"

namespace sextant {
namespace {

using Kind = HtmlColumn::Kind;

constexpr size_t kExamples = 12;  // Of a kind.

// "token budget"; "failed" for a solve without a response.
std::string StopText(const Observation& solve) {
  if (solve.score.failed) return "failed";
  return absl::StrReplaceAll(ShortName(solve.stop_reason), {{"_", " "}});
}

// Counts, traces and tokens of some solves.
struct Group {
  std::map<std::string, int> stops;
  std::vector<std::string> why;  // Of the first.
  int solves = 0;
  int correct = 0;
  int provisional = 0;
  double billed = 0;
  double sequential = 0;
  double started = 0;
  double finished = 0;
  double cancelled = 0;
  double failed = 0;

  void Add(const Observation& solve) {
    const v1::Usage& usage = solve.score.usage;
    ++stops[StopText(solve)];
    if (solves == 0) why = solve.why;
    ++solves;
    correct += solve.score.correct ? 1 : 0;
    provisional += solve.provisional ? 1 : 0;
    billed += static_cast<double>(usage.billed_tokens());
    sequential += static_cast<double>(usage.sequential_tokens());
    started += usage.traces_started();
    finished += usage.traces_finished();
    cancelled += usage.traces_cancelled();
    failed += usage.traces_failed();
  }

  double Mean(double sum) const { return sum / solves; }

  // "decided 10, token budget 2", the commonest first.
  std::string StopsText() const {
    std::vector<std::pair<std::string, int>> sorted(stops.begin(), stops.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return absl::StrJoin(sorted, ", ", [](std::string* out, const auto& stop) {
      absl::StrAppend(out, stop.first, " ", Grouped(stop.second));
    });
  }

  std::vector<std::string> TraceCells() const {
    std::vector<std::string> cells;
    for (const double sum : {started, finished, cancelled, failed}) {
      cells.push_back(absl::StrFormat("%.1f", Mean(sum)));
    }
    return cells;
  }
};

const HtmlColumn kTraceColumns[] = {{"traces started"}, {"finished"}, {"cancelled"}, {"failed"}};

std::string Outcome(const Score& score) {
  if (score.failed) return "failed";
  if (!score.answered) return "no answer";
  return score.correct ? "correct" : "wrong";
}

std::string Sentences(const std::vector<std::string>& why) {
  return EscapeHtml(absl::StrJoin(why, " "));
}

// The last sentence, which decided, opens to all: most solves share the others.
std::string FoldedSentences(const std::vector<std::string>& why) {
  if (why.size() < 2) return Sentences(why);
  return absl::StrCat("<details><summary>", EscapeHtml(why.back()), "</summary>", Sentences(why),
                      "</details>");
}

// A text problem_id is quoted in JSON; people read it without.
std::string ProblemName(const Observation& solve) {
  absl::string_view id = solve.problem_id;
  if (id.size() >= 2 && id.front() == '"' && id.back() == '"') id = id.substr(1, id.size() - 2);
  return absl::StrCat(solve.score.dataset, " ", id);
}

HtmlRow ExampleRow(const Observation& solve) {
  const v1::Usage& usage = solve.score.usage;
  std::string stop = StopText(solve);
  if (solve.provisional) stop += ", provisional";
  return {.cells = {EscapeHtml(ProblemName(solve)), EscapeHtml(solve.score.strategy),
                    Outcome(solve.score), EscapeHtml(stop), Grouped(usage.billed_tokens()),
                    Grouped(usage.sequential_tokens()), Grouped(usage.traces_started()),
                    Grouped(usage.traces_finished()), Grouped(usage.traces_cancelled()),
                    Grouped(usage.traces_failed()), absl::StrFormat("%.2f", solve.score.agreement),
                    solve.row.empty() ? "-" : EscapeHtml(solve.row),
                    solve.ran.empty() ? "-" : EscapeHtml(solve.ran)},
          .note = FoldedSentences(solve.why)};
}

std::string ExampleTable(const std::string& caption, const Solves& solves) {
  HtmlTable table{.caption = caption,
                  .columns = {{"problem", Kind::kText},
                              {"strategy", Kind::kText},
                              {"outcome", Kind::kText},
                              {"stopped by", Kind::kText},
                              {"billed"},
                              {"sequential"}}};
  table.columns.insert(table.columns.end(), std::begin(kTraceColumns), std::end(kTraceColumns));
  table.columns.push_back({"agreement"});
  table.columns.push_back({"policy row", Kind::kText});
  table.columns.push_back({"ran", Kind::kText});
  for (size_t i = 0; i < std::min(kExamples, solves.size()); ++i) {
    table.rows.push_back(ExampleRow(*solves[i]));
  }
  return table.rows.empty() ? "" : ToHtml(table);
}

}  // namespace

std::string StopTable(const std::vector<Observation>& observations) {
  std::vector<std::pair<std::string, Group>> groups;
  for (const Observation& solve : observations) {
    const std::string& strategy = solve.score.strategy;
    if (groups.empty() || groups.back().first != strategy) groups.push_back({strategy, {}});
    groups.back().second.Add(solve);
  }
  HtmlTable table{.caption = "How solves ended",
                  .columns = {{"strategy", Kind::kText}, {"stopped by", Kind::kText}}};
  table.columns.insert(table.columns.end(), std::begin(kTraceColumns), std::end(kTraceColumns));
  table.columns.push_back({"provisional answers"});
  for (const auto& [strategy, group] : groups) {
    HtmlRow row{.cells = {StrategyHtml(strategy), EscapeHtml(group.StopsText())},
                .emphasised = IsAdaptive(strategy)};
    for (std::string& cell : group.TraceCells()) row.cells.push_back(std::move(cell));
    row.cells.push_back(Grouped(group.provisional));
    table.rows.push_back(std::move(row));
  }
  return ToHtml(table);
}

std::string PolicyTable(const std::vector<Observation>& observations) {
  std::map<std::tuple<std::string, std::string, std::string>, Group> groups;
  for (const Observation& solve : observations) {
    if (ChosenByPolicy(solve)) groups[{solve.policy, solve.row, solve.ran}].Add(solve);
  }
  if (groups.empty()) return "";
  HtmlTable table{.caption = "What the policy chose",
                  .columns = {{"policy", Kind::kText},
                              {"row", Kind::kText},
                              {"ran", Kind::kText},
                              {"solves"},
                              {"correct"},
                              {"billed"},
                              {"sequential"},
                              {"stopped by", Kind::kText}},
                  .header_column = 1};
  table.columns.insert(table.columns.end(), std::begin(kTraceColumns), std::end(kTraceColumns));
  for (const auto& [key, group] : groups) {
    const auto& [policy, policy_row, ran] = key;
    HtmlRow row{.cells = {EscapeHtml(policy), EscapeHtml(policy_row), EscapeHtml(ran),
                          Grouped(group.solves), Percent(group.Mean(group.correct)),
                          TokensText(group.Mean(group.billed)),
                          TokensText(group.Mean(group.sequential)), EscapeHtml(group.StopsText())},
                .note = "For example: " + Sentences(group.why)};
    for (std::string& cell : group.TraceCells()) row.cells.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
  }
  return ToHtml(table);
}

std::string ExampleTables(const std::vector<Observation>& observations) {
  Solves expensive;
  for (const Observation& solve : observations) {
    if (ChosenByPolicy(solve) || IsAdaptive(solve.score.strategy)) expensive.push_back(&solve);
  }
  std::stable_sort(expensive.begin(), expensive.end(),
                   [](const Observation* a, const Observation* b) {
                     return a->score.usage.billed_tokens() > b->score.usage.billed_tokens();
                   });
  Solves wrong;
  for (const Observation* solve : expensive) {
    if (!solve->score.correct) wrong.push_back(solve);
  }
  const auto caption = [](const char* which, const Solves& solves) {
    return absl::StrCat(which, " (", std::min(kExamples, solves.size()), " of ",
                        Grouped(static_cast<int64_t>(solves.size())), ")");
  };
  return absl::StrCat(
      ExampleTable(caption("The most expensive solves", expensive), expensive),
      ExampleTable(caption("Solves without the right answer, by tokens", wrong), wrong));
}

}  // namespace sextant
