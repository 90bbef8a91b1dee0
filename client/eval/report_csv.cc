#include "client/eval/report_csv.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace sextant {
namespace {

// Names beside values, so that header and lines cannot disagree.
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string Number(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.10g", value) : "";
}

void AddEstimate(const std::string& name, const Estimate& estimate, Fields& fields) {
  const std::optional<Interval>& interval = estimate.interval;
  fields.emplace_back(name, Number(estimate.value));
  fields.emplace_back(name + "_low", interval.has_value() ? Number(interval->low) : "");
  fields.emplace_back(name + "_high", interval.has_value() ? Number(interval->high) : "");
}

void AddComparison(const std::string& baseline, const std::optional<Comparison>& comparison,
                   Fields& fields) {
  const Estimate none{.value = NAN};
  const bool there = comparison.has_value();
  fields.emplace_back("against", there ? baseline : "");
  fields.emplace_back("paired_problems", there ? absl::StrCat(comparison->problems) : "");
  AddEstimate("accuracy_difference", there ? comparison->accuracy_difference : none, fields);
  AddEstimate("billed_ratio", there ? comparison->billed_ratio : none, fields);
  AddEstimate("sequential_ratio", there ? comparison->sequential_ratio : none, fields);
}

struct Line {
  std::string model;
  std::string strategy;
  std::string dataset;
  std::string baseline;
};

Fields FieldsOf(const Line& line, const Measures& measures) {
  const Figures& figures = measures.figures;
  Fields fields = {{"model", line.model},
                   {"strategy", line.strategy},
                   {"dataset", line.dataset},
                   {"problems", absl::StrCat(figures.problems)},
                   {"failed", absl::StrCat(figures.failed)},
                   {"no_answer", absl::StrCat(figures.no_answer)}};
  AddEstimate("accuracy", measures.accuracy, fields);
  AddEstimate("billed_tokens", measures.billed_tokens, fields);
  AddEstimate("sequential_tokens", measures.sequential_tokens, fields);
  fields.emplace_back("finished_tokens", Number(figures.finished_tokens));
  fields.emplace_back("cancelled_tokens", Number(figures.cancelled_tokens));
  fields.emplace_back("estimated_tokens", Number(figures.estimated_tokens));
  fields.emplace_back("prompt_tokens", Number(figures.prompt_tokens));
  fields.emplace_back("agreement", Number(figures.agreement));
  fields.emplace_back("wall_seconds", Number(figures.wall_seconds));
  fields.emplace_back("cost_usd", figures.cost_usd.has_value() ? Number(*figures.cost_usd) : "");
  AddComparison(line.baseline, measures.comparison, fields);
  return fields;
}

std::string Joined(const Fields& fields, std::string Fields::value_type::*part) {
  const auto append = [part](std::string* out, const Fields::value_type& field) {
    out->append(Quoted(field.*part));
  };
  return absl::StrJoin(fields, ",", append) + "\r\n";
}

}  // namespace

std::string ReportCsv(const std::string& model, const EvalMeasures& measures) {
  std::string csv = Joined(FieldsOf({}, {}), &Fields::value_type::first);
  const auto add = [&](const std::string& strategy, const std::string& dataset,
                       const Measures& figures) {
    const Line line = {model, strategy, dataset, measures.baseline};
    csv += Joined(FieldsOf(line, figures), &Fields::value_type::second);
  };
  for (const StrategyMeasures& entry : measures.strategies) {
    add(entry.strategy, "all", entry.overall);
    for (const auto& [dataset, figures] : entry.by_dataset) add(entry.strategy, dataset, figures);
  }
  return csv;
}

}  // namespace sextant
