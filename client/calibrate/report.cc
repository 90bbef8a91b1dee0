#include "client/calibrate/report.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/calibrate/recommend_report.h"
#include "client/cli/text.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

std::string Tokens(double tokens) { return Grouped(std::llround(tokens)); }

std::string Share(const std::optional<double>& share) {
  return share.has_value() ? Percent(*share) : "-";
}

std::string Accuracy(const BootstrapEstimate& estimate) {
  return absl::StrFormat("%.1f %% [%.1f, %.1f]", 100 * estimate.value, 100 * estimate.low,
                         100 * estimate.high);
}

std::string Difference(const BootstrapEstimate& estimate) {
  return absl::StrFormat("%+.1f [%+.1f, %+.1f]", 100 * estimate.value, 100 * estimate.low,
                         100 * estimate.high);
}

std::vector<std::string> EffectRow(const std::string& name, const LengthEffect& effect) {
  if (effect.problems == 0) return {name, "0", "0", "-", "-", "-"};
  return {name,
          Grouped(effect.problems),
          Grouped(effect.deciding),
          Accuracy(effect.short_accuracy),
          Accuracy(effect.long_accuracy),
          Difference(effect.difference)};
}

// The first column is text, the others are figures.
std::string FigureTable(const Rows& rows) {
  std::vector<Align> columns(rows.front().size(), Align::kRight);
  columns[0] = Align::kLeft;
  return Table(columns, rows);
}

std::string EffectTable(const HorizonFinding& finding) {
  return FigureTable({{"problems", "with both", "deciding", "short traces", "long traces",
                       "short minus long, points"},
                      EffectRow("easy", finding.easy),
                      EffectRow("hard", finding.hard),
                      EffectRow("all", finding.all)});
}

std::string LengthTable(const LengthProfile& lengths) {
  Rows rows = {{"tokens"}};
  for (const double share : kLengthShares) {
    rows[0].push_back(absl::StrFormat("%.0f %%", 100 * share));
  }
  const auto add = [&rows](const std::string& name,
                           const std::optional<LengthQuantiles>& quantiles) {
    if (!quantiles.has_value()) return;
    rows.push_back({name});
    for (const double tokens : *quantiles) rows.back().push_back(Tokens(tokens));
  };
  add("all traces", lengths.all);
  add("right", lengths.right);
  add("wrong or no answer", lengths.wrong);
  return FigureTable(rows);
}

std::string AccuracyLines(const ModelProfile& profile) {
  std::string text = absl::StrCat("accuracy of one trace ", Share(profile.accuracy),
                                  ", agreement of all traces ", Share(profile.agreement), "\n");
  if (profile.accuracy_by_length.has_value()) {
    absl::StrAppend(&text, "accuracy from the shortest fifth of the traces to the longest:");
    for (const double accuracy : *profile.accuracy_by_length) {
      absl::StrAppend(&text, "  ", Percent(accuracy));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string DifficultyTable(const DifficultyProfile& difficulty) {
  const auto tokens = [](const std::optional<double>& length) {
    return length.has_value() ? Tokens(*length) : std::string("-");
  };
  const double hard_share = difficulty.hard_share.value_or(0);
  return FigureTable({{"problems", "share", "accuracy", "agreement", "mean tokens"},
                      {"easy", Percent(1 - hard_share), Share(difficulty.accuracy_easy),
                       Share(difficulty.agreement_easy), tokens(difficulty.length_easy)},
                      {"hard", Percent(hard_share), Share(difficulty.accuracy_hard),
                       Share(difficulty.agreement_hard), tokens(difficulty.length_hard)}});
}

Json EstimateJson(const BootstrapEstimate& estimate) {
  return {{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

Json EffectJson(const LengthEffect& effect) {
  Json difference = EstimateJson(effect.difference);
  difference["above_zero"] = effect.difference.above_zero;
  return {{"problems", effect.problems},
          {"deciding", effect.deciding},
          {"short", EstimateJson(effect.short_accuracy)},
          {"long", EstimateJson(effect.long_accuracy)},
          {"difference", std::move(difference)}};
}

template <typename Value>
void AddIfSet(const char* key, const std::optional<Value>& value, Json& object) {
  if (value.has_value()) object[key] = *value;
}

Json ProfileJson(const ModelProfile& profile) {
  Json object = {
      {"horizon", std::string(HorizonName(profile.horizon.value_or(Horizon::kUnknown)))}};
  AddIfSet("typical_trace_tokens", profile.typical_trace_tokens, object);
  AddIfSet("traces", profile.traces, object);
  AddIfSet("problems", profile.problems, object);
  AddIfSet("accuracy", profile.accuracy, object);
  AddIfSet("agreement", profile.agreement, object);
  AddIfSet("answer_rate", profile.answer_rate, object);
  AddIfSet("drop_after", profile.drop_after, object);
  AddIfSet("accuracy_by_length", profile.accuracy_by_length, object);
  Json& lengths = object["lengths"] = Json::object();
  AddIfSet("all", profile.lengths.all, lengths);
  AddIfSet("right", profile.lengths.right, lengths);
  AddIfSet("wrong", profile.lengths.wrong, lengths);
  Json& difficulty = object["difficulty"] = Json::object();
  const DifficultyProfile figures = profile.difficulty.value_or(DifficultyProfile());
  AddIfSet("hard_share", figures.hard_share, difficulty);
  AddIfSet("accuracy_easy", figures.accuracy_easy, difficulty);
  AddIfSet("accuracy_hard", figures.accuracy_hard, difficulty);
  AddIfSet("agreement_easy", figures.agreement_easy, difficulty);
  AddIfSet("agreement_hard", figures.agreement_hard, difficulty);
  AddIfSet("length_easy", figures.length_easy, difficulty);
  AddIfSet("length_hard", figures.length_hard, difficulty);
  if (profile.pilot.has_value()) {
    object["pilot"] = {{"intercept", profile.pilot->intercept},
                       {"support", profile.pilot->support},
                       {"length", profile.pilot->length}};
  }
  return object;
}

}  // namespace

std::string CalibrationText(const Calibration& calibration) {
  const ModelProfile& profile = calibration.profile;
  const HorizonFinding& finding = calibration.horizon;
  return absl::StrCat(
      Printable(calibration.model), ": horizon ", HorizonName(finding.horizon), "\n",
      finding.reason, "\n", Count(*profile.traces, "trace"), " of ",
      Count(*profile.problems, "problem"), " in ", Count(calibration.datasets, "data set"),
      ", which weigh the same; ", Tokens(*profile.typical_trace_tokens),
      " tokens a trace on average\n\n", EffectTable(finding),
      "Traces with an answer; short: no longer than their problem's geometric mean; "
      "intervals: 95 %, over problems.\n\n",
      LengthTable(profile.lengths), "\n", AccuracyLines(profile), "\n",
      DifficultyTable(profile.difficulty.value_or(DifficultyProfile())), "\n",
      RecommendationText(calibration.recommendations, finding.horizon));
}

std::string ComparisonText(const std::vector<Calibration>& calibrations) {
  Rows rows = {{"model", "horizon", "all", "easy", "hard", "accuracy", "tokens"}};
  for (const Calibration& one : calibrations) {
    rows.push_back({Printable(one.model), std::string(HorizonName(one.horizon.horizon)),
                    Difference(one.horizon.all.difference), Difference(one.horizon.easy.difference),
                    Difference(one.horizon.hard.difference), Share(one.profile.accuracy),
                    Tokens(*one.profile.typical_trace_tokens)});
  }
  std::vector<Align> columns(rows.front().size(), Align::kRight);
  columns[0] = columns[1] = Align::kLeft;
  return absl::StrCat(
      "Accuracy of short minus long traces in points, on all, easy and hard "
      "problems, with 95 % intervals:\n\n",
      Table(columns, rows));
}

nlohmann::ordered_json CalibrationJson(const Calibration& calibration) {
  const HorizonFinding& finding = calibration.horizon;
  return {{"model", calibration.model},
          {"horizon", std::string(HorizonName(finding.horizon))},
          {"reason", finding.reason},
          {"whole_texts", finding.whole_texts},
          {"thinking_texts", finding.thinking_texts},
          {"short_minus_long",
           {{"all", EffectJson(finding.all)},
            {"easy", EffectJson(finding.easy)},
            {"hard", EffectJson(finding.hard)}}},
          {"profile", ProfileJson(calibration.profile)},
          {"recommended", RecommendationJson(calibration.recommendations)}};
}

std::string LeftOutText(const LeftOut& left_out) {
  std::string text;
  const auto add = [&text](int64_t count, absl::string_view what, absl::string_view why) {
    if (count > 0) absl::StrAppend(&text, "left out: ", Count(count, what), " ", why, "\n");
  };
  add(left_out.failed_solves, "solve", "that failed");
  add(left_out.failed_traces, "trace", "that failed");
  add(left_out.stopped_solves, "solve",
      "that stopped traces, whose finished ones are the short ones; expected strategy "
      "majority_vote(n=8,stop=all)");
  add(left_out.beams, "row", "of beam search, which is no sample");
  add(left_out.unreadable_truths, "trace", "whose true answer is none of its kind");
  return text;
}

}  // namespace sextant
