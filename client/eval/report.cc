#include "client/eval/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/cli/text.h"
#include "client/eval/html.h"
#include "client/eval/measures.h"
#include "client/eval/report_chart.h"
#include "client/eval/report_csv.h"
#include "client/eval/report_stops.h"
#include "client/eval/report_style.h"
#include "client/eval/report_tables.h"

namespace sextant {
namespace {

constexpr size_t kMaxCsvInPage = 256 * 1024;

// "40 in 2 data sets: a (30), b (10)".
std::string ProblemsText(const std::vector<Observation>& observations) {
  std::set<std::pair<std::string, std::string>> problems;
  std::map<std::string, int64_t> datasets;
  for (const Observation& solve : observations) {
    if (!problems.emplace(solve.score.dataset, solve.problem_id).second) continue;
    ++datasets[solve.score.dataset];
  }
  std::string text = absl::StrCat(Grouped(static_cast<int64_t>(problems.size())), " in ",
                                  Count(static_cast<int64_t>(datasets.size()), "data set"));
  const char* separator = ": ";
  for (const auto& [dataset, count] : datasets) {
    absl::StrAppend(&text, separator, dataset, " (", Grouped(count), ")");
    separator = ", ";
  }
  return text;
}

std::string FlagsHtml(const ReportContext& context) {
  if (context.flags.empty()) return "none";
  std::string html;
  for (const auto& [flag, value] : context.flags) {
    absl::StrAppend(&html, "<code>", EscapeHtml(flag), " ", EscapeHtml(value), "</code> ");
  }
  return html;
}

std::string FactsHtml(const ReportContext& context, const std::vector<Observation>& observations) {
  const std::string time =
      absl::FormatTime("%Y-%m-%d %H:%M UTC", context.time, absl::UTCTimeZone());
  return absl::StrCat("<dl>\n<dt>Model</dt><dd>", EscapeHtml(context.model),
                      "</dd>\n<dt>Date</dt><dd>", time, "</dd>\n<dt>Problems</dt><dd>",
                      EscapeHtml(ProblemsText(observations)), "</dd>\n<dt>Flags</dt><dd>",
                      FlagsHtml(context), "</dd>\n<dt>Version</dt><dd>sextant ",
                      EscapeHtml(context.version), "</dd>\n</dl>\n");
}

std::string NoticesHtml(const ReportContext& context,
                        const std::vector<Observation>& observations) {
  std::string html;
  if (context.completeness == Completeness::kInterrupted) {
    absl::StrAppend(&html, "<p class=\"notice\">Interrupted: the figures are of ",
                    Grouped(static_cast<int64_t>(observations.size())), " of ",
                    Grouped(context.planned_solves),
                    " solves. Strategies may stand on different problems; comparisons are over the "
                    "problems that both have.</p>\n");
  }
  const auto simulated = std::count_if(observations.begin(), observations.end(),
                                       [](const Observation& solve) { return solve.simulated; });
  if (simulated > 0) {
    html +=
        "<p class=\"notice\">The model is simulated: its texts say that a simulator made them. "
        "Lengths and correctness are made up; what is measured is what Sextant makes of "
        "them.</p>\n";
  }
  const auto failed = std::count_if(observations.begin(), observations.end(),
                                    [](const Observation& solve) { return solve.score.failed; });
  if (failed > 0) {
    absl::StrAppend(&html, "<p class=\"notice\">", Count(failed, "solve"),
                    " failed. A failed solve counts as wrong, and its tokens count.</p>\n");
  }
  return html;
}

// The result in a sentence for each strategy that the report is about.
std::string HeadlineHtml(const EvalMeasures& measures) {
  std::string html;
  for (const StrategyMeasures& entry : measures.strategies) {
    const std::optional<Comparison>& comparison = entry.overall.comparison;
    if (!IsAdaptive(entry.strategy) || !comparison.has_value()) continue;
    const Estimate& difference = comparison->accuracy_difference;
    absl::StrAppend(&html, "<li><b>", EscapeHtml(entry.strategy),
                    "</b>: ", Percent(entry.overall.accuracy.value), " right, ",
                    PointsText(difference.value), " points against <b>",
                    EscapeHtml(measures.baseline), "</b>");
    if (difference.interval.has_value()) {
      absl::StrAppend(&html, " (95 % interval ", PointsText(difference.interval->low), " to ",
                      PointsText(difference.interval->high), ")");
    }
    absl::StrAppendFormat(&html,
                          ", with %.2f times its billed and %.2f times its sequential tokens.",
                          comparison->billed_ratio.value, comparison->sequential_ratio.value);
    html += "</li>\n";
  }
  return html.empty() ? "" : absl::StrCat("<ul class=\"headline\">\n", html, "</ul>\n");
}

std::string FigureHtml(const Chart& chart) {
  return absl::StrCat("<figure>\n<figcaption>", EscapeHtml(chart.title), "</figcaption>\n",
                      ChartHtml(chart), "</figure>\n");
}

std::string ChartsHtml(const EvalMeasures& measures) {
  Chart billed{.id = "billed",
               .title = "Accuracy against billed tokens",
               .x_title = "billed tokens a problem"};
  Chart sequential{.id = "sequential",
                   .title = "Accuracy against sequential tokens",
                   .x_title = "sequential tokens a problem (latency)"};
  for (size_t i = 0; i < measures.strategies.size(); ++i) {
    const StrategyMeasures& entry = measures.strategies[i];
    ChartPoint point{.name = entry.strategy,
                     .number = static_cast<int>(i) + 1,
                     .accuracy = entry.overall.accuracy,
                     .tokens = entry.overall.billed_tokens,
                     .emphasised = IsAdaptive(entry.strategy)};
    billed.points.push_back(point);
    point.tokens = entry.overall.sequential_tokens;
    sequential.points.push_back(std::move(point));
  }
  return absl::StrCat(
      "<h2>Accuracy and tokens</h2>\n<div class=\"charts\">\n", FigureHtml(billed),
      FigureHtml(sequential),
      "</div>\n<p class=\"soft\">Up and to the left is better. The dashed line joins the Pareto "
      "front: filled points, which no other strategy beats on accuracy and tokens at once. "
      "Diamonds are strategies that adapt. Thin lines are 95 % intervals.</p>\n");
}

std::string StopsHtml(const std::vector<Observation>& observations) {
  const std::string policy = PolicyTable(observations);
  return absl::StrCat(
      "<h2>Where solves stopped, and why</h2>\n"
      "<p class=\"soft\">Counts are solves; traces are means per solve. <i>decided</i>: the "
      "strategy had what it needed before every trace had ended. <i>all finished</i>: every trace "
      "ended by itself. The others name the limit that ended the solve.</p>\n",
      StopTable(observations),
      policy.empty() ? "<p>Every strategy was named by the caller; <code>--strategy auto</code> "
                       "leaves the choice to the policy.</p>\n"
                     : policy,
      ExampleTables(observations));
}

std::string MethodHtml(const ReportContext& context, const EvalMeasures& measures) {
  std::string html = absl::StrCat(
      "<h2>How the figures are made</h2>\n"
      "<p>Figures are means over the problems of a data set, then over data sets with equal "
      "weight. Billed tokens are those of all traces, cancelled ones included; sequential tokens "
      "are the length at which the answer was known: latency in tokens. Prompt tokens are "
      "apart.</p>\n<p>Intervals hold 95 % of ",
      Grouped(kResamples),
      " bootstrap resamples: problems are drawn with replacement within each data set, with a "
      "fixed seed. A comparison draws the same problems for both strategies, so that what makes a "
      "problem hard for both cancels out. Intervals say how much the choice of problems matters; "
      "they do not hold what another run with other samples would change, and with few problems "
      "they are too narrow. Where every problem came out alike they have no width.</p>\n");
  const std::string csv = ReportCsv(context.model, measures);
  if (csv.size() <= kMaxCsvInPage) {
    absl::StrAppend(&html,
                    "<p><a download=\"figures.csv\" href=\"data:text/csv;charset=utf-8;base64,",
                    absl::Base64Escape(csv), "\">The figures as CSV</a></p>\n");
  }
  return html;
}

std::string FiguresHtml(const ReportContext& context,
                        const std::vector<Observation>& observations) {
  if (observations.empty()) return "<p>No solve ended, so there are no figures.</p>\n";
  const EvalMeasures measures = MeasureAll(observations);
  const std::string comparison = ComparisonTable(measures);
  return absl::StrCat(
      HeadlineHtml(measures), ChartsHtml(measures), "<h2>All figures</h2>\n",
      "<p class=\"soft\">Means per problem, with 95 % intervals beneath. Billed, sequential, "
      "finished, cancelled, prompt and estimated are tokens; estimated ones are the part of the "
      "billed that was counted from chunks.</p>\n",
      StrategiesTable(measures),
      comparison.empty() ? ""
                         : "<h2>In pairs</h2>\n<p class=\"soft\">Each strategy against the "
                           "baseline on the same problems. Accuracy is better or worse where the "
                           "interval leaves out zero.</p>\n",
      comparison, "<h2>By data set</h2>\n<p class=\"soft\">The baseline is <b>",
      EscapeHtml(measures.baseline), "</b>.</p>\n", DatasetTables(measures),
      "<h2>By difficulty</h2>\n<p class=\"soft\">As the server estimated it when it planned the "
      "solve, which is not how hard a problem turned out to be.</p>\n",
      DifficultyTable(observations), StopsHtml(observations), MethodHtml(context, measures));
}

}  // namespace

std::string ReportHtml(const ReportContext& context, const std::vector<Observation>& observations) {
  const std::string title = EscapeHtml(absl::StrCat("Strategies on ", context.model));
  // The policy makes sure that the page stays by itself even if an escape were missing.
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
      title, "</title>\n<style>", kReportStyle, "</style>\n</head>\n<body>\n<main>\n<h1>", title,
      "</h1>\n", FactsHtml(context, observations), NoticesHtml(context, observations),
      FiguresHtml(context, observations), "</main>\n</body>\n</html>\n");
}

}  // namespace sextant
