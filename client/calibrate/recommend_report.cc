#include "client/calibrate/recommend_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/text.h"
#include "client/enum_names.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShownVariants = 4;  // The policy's row among them.

std::string TextOf(const v1::Adaptive& params) {
  v1::Strategy strategy;
  *strategy.mutable_adaptive() = params;
  return StrategyText(strategy);
}

// The parameters of `params` that are not those of `base`: "margin=0.4".
std::string ChangeText(const v1::Adaptive& base, const v1::Adaptive& params) {
  const auto parts = [](const v1::Adaptive& of) {
    std::vector<std::string> texts = absl::StrSplit(TextOf(of), absl::ByAnyChar("(,)"));
    return texts;
  };
  const std::vector<std::string> before = parts(base);
  std::vector<std::string> changed;
  for (const std::string& part : parts(params)) {
    if (std::count(before.begin(), before.end(), part) == 0) changed.push_back(part);
  }
  return absl::StrJoin(changed, ",");
}

std::string GainText(const Estimate& gain) {
  return absl::StrFormat("%+.2f [%+.2f, %+.2f]", gain.value, gain.interval->low,
                         gain.interval->high);
}

std::string VariantTable(const std::vector<Recommendation>& recommendations) {
  std::vector<std::vector<std::string>> rows = {
      {"goal", "parameters", "accuracy", "billed", "sequential", "value"}};
  for (const Recommendation& one : recommendations) {
    for (size_t i = 0; i < std::min(kShownVariants, one.variants.size()); ++i) {
      const VariantFigures& variant = one.variants[i];
      rows.push_back({i == 0 ? ShortName(one.goal) : "",
                      i == 0 ? absl::StrCat("row ", one.row)
                             : ChangeText(one.variants[0].params, variant.params),
                      Percent(variant.accuracy), absl::StrFormat("%.3f", variant.billed),
                      absl::StrFormat("%.3f", variant.sequential),
                      absl::StrFormat("%.2f", variant.value)});
    }
  }
  return Table(
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight},
      rows);
}

bool WasReplayed(const std::vector<Recommendation>& recommendations) {
  return std::any_of(recommendations.begin(), recommendations.end(),
                     [](const Recommendation& one) { return !one.variants.empty(); });
}

}  // namespace

std::string RecommendationText(const std::vector<Recommendation>& recommendations,
                               Horizon horizon) {
  if (!WasReplayed(recommendations)) {
    return "Too few problems with several traces to look for parameters of the adaptive strategy; "
           "the policy's rows are recommended.\n";
  }
  std::string text = absl::StrCat(
      "Adaptive strategy, replayed on these traces (billed, sequential: shares of a vote of all; "
      "value: points of accuracy less the goal's price of tokens and time):\n\n",
      VariantTable(recommendations), "\n");
  for (const Recommendation& one : recommendations) {
    absl::StrAppend(
        &text, ShortName(one.goal), ": ",
        one.is_policy ? absl::StrCat("the policy's row ", one.row)
                      : absl::StrCat("in place of the policy's row: ", PolicyRowText(one, horizon)),
        "; chosen on one half of the problems, the best gains ", GainText(one.held_out),
        " on the other\n");
  }
  return text;
}

std::string RecommendationComment(const std::vector<Recommendation>& recommendations,
                                  Horizon horizon) {
  std::vector<std::string> rows;
  for (const Recommendation& one : recommendations) {
    if (!one.is_policy) rows.push_back(absl::StrCat("#   ", PolicyRowText(one, horizon), "\n"));
  }
  if (rows.empty()) {
    return "# No other parameters of the adaptive strategy than the default policy's are clearly "
           "better for it.\n";
  }
  return absl::StrCat(
      "# Rows that are clearly better for it than those of the same names in the default policy; "
      "paste them into\n# a copy of that, where they hold for every model of this horizon:\n",
      absl::StrJoin(rows, ""));
}

nlohmann::ordered_json RecommendationJson(const std::vector<Recommendation>& recommendations) {
  Json goals = Json::object();
  for (const Recommendation& one : recommendations) {
    Json variants = Json::array();
    for (const VariantFigures& variant : one.variants) {
      variants.push_back({{"strategy", TextOf(variant.params)},
                          {"accuracy", variant.accuracy},
                          {"billed", variant.billed},
                          {"sequential", variant.sequential},
                          {"value", variant.value}});
    }
    Json goal = {{"row", one.row}, {"strategy", TextOf(one.params)}, {"is_policy", one.is_policy}};
    if (one.held_out.interval) {
      goal["held_out_gain"] = {{"value", one.held_out.value},
                               {"low", one.held_out.interval->low},
                               {"high", one.held_out.interval->high}};
    }
    goal["variants"] = std::move(variants);
    goals[ShortName(one.goal)] = std::move(goal);
  }
  return goals;
}

}  // namespace sextant
