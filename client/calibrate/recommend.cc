#include "client/calibrate/recommend.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/calibrate/replay.h"
#include "client/enum_names.h"
#include "server/policy.h"

namespace sextant {
namespace {

constexpr size_t kMostProblems = 1000;
constexpr size_t kFewestProblems = 30;
constexpr size_t kTraces = 8;
constexpr size_t kStarts = 4;  // First samples that a problem is solved from.
// A goal's price is no reason to give up more of the accuracy than this.
constexpr double kMostAccuracyLost = 0.01;
// Where a profile names no drop point; as in the server.
constexpr double kDropAfterLengths = 3;

struct Price {
  v1::Goal goal;
  double tokens;
  double time;
};
constexpr Price kPrices[] = {{v1::GOAL_BALANCED, 10, 2},
                             {v1::GOAL_CHEAP, 20, 1},
                             {v1::GOAL_FAST, 2, 10},
                             {v1::GOAL_ACCURATE, 2, 1}};

// The policy's row, and rows that differ from it in one parameter.
std::vector<v1::Adaptive> Variants(const v1::Adaptive& base) {
  std::vector<v1::Adaptive> variants = {base};
  const auto add = [&](const auto& set, std::initializer_list<double> values) {
    for (const double value : values) {
      v1::Adaptive variant = base;
      set(variant, value);
      if (variant.SerializeAsString() != base.SerializeAsString()) variants.push_back(variant);
    }
  };
  add([](auto& v, double x) { v.set_margin(x); }, {0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1});
  add([](auto& v, double x) { v.set_first(static_cast<int>(x)); }, {1, 2, 3, 4, 7, 8});
  add([](auto& v, double x) { v.set_spare(static_cast<int>(x)); }, {0, 1, 2, 8});
  add([](auto& v, double x) { v.set_late_after(x); }, {0.5, 1.25, 2});
  add([](auto& v, double x) { v.set_stated(x); }, {0, 0.25, 0.5, 0.75});
  add([](auto& v, double x) { v.set_length_exponent(x); }, {-0.1, 0, 0.1});
  return variants;
}

// Problems that say something, cut to the traces that are replayed, by data set.
using Datasets = std::vector<std::vector<CalibrationProblem>>;

Datasets Usable(const std::vector<CalibrationProblem>& problems) {
  const size_t every = problems.size() / (kMostProblems + 1) + 1;
  std::map<std::string, std::vector<CalibrationProblem>> by_dataset;
  for (size_t i = 0; i < problems.size(); i += every) {
    if (problems[i].traces.size() < 2) continue;
    CalibrationProblem problem = problems[i];
    problem.traces.resize(std::min(kTraces, problem.traces.size()));
    by_dataset[problem.dataset].push_back(std::move(problem));
  }
  Datasets datasets;
  for (auto& [name, of_dataset] : by_dataset) datasets.push_back(std::move(of_dataset));
  return datasets;
}

size_t Count(const Datasets& datasets) {
  size_t count = 0;
  for (const auto& dataset : datasets) count += dataset.size();
  return count;
}

// Of every problem: right (0 or 1), billed, sequential.
using Outcomes = std::vector<Stratum>;

template <typename SolveProblem>
Outcomes OutcomesOf(const Datasets& datasets, const SolveProblem& solve) {
  Outcomes outcomes;
  for (const auto& dataset : datasets) {
    Stratum& stratum = outcomes.emplace_back();
    for (const CalibrationProblem& problem : dataset) stratum.push_back(solve(problem));
  }
  return outcomes;
}

std::vector<double> SolveFromEachStart(const CalibrationProblem& problem,
                                       const v1::Adaptive& params, const ReplayModel& model) {
  const size_t starts = std::min(kStarts, problem.traces.size());
  std::vector<double> mean(3, 0);
  for (size_t i = 0; i < starts; ++i) {
    const Replayed solve = Replay(problem, i * problem.traces.size() / starts, params, model);
    mean[0] += (solve.right ? 1.0 : 0.0) / static_cast<double>(starts);
    mean[1] += solve.billed / static_cast<double>(starts);
    mean[2] += solve.sequential / static_cast<double>(starts);
  }
  return mean;
}

// The means over one half of a data set's problems, even or odd, or over all, then over data sets.
enum class Part { kEven, kOdd, kAll };

std::vector<double> Means(const Outcomes& outcomes, Part part) {
  std::vector<double> means(3, 0);
  double counted = 0;
  for (const Stratum& stratum : outcomes) {
    std::vector<double> sums(3, 0);
    double problems = 0;
    for (size_t i = part == Part::kOdd ? 1 : 0; i < stratum.size();
         i += part == Part::kAll ? 1 : 2) {
      for (size_t column = 0; column < 3; ++column) sums[column] += stratum[i][column];
      ++problems;
    }
    if (problems == 0) continue;
    for (size_t column = 0; column < 3; ++column) means[column] += sums[column] / problems;
    ++counted;
  }
  for (double& mean : means) mean /= std::max(1.0, counted);
  return means;
}

// Compares the variants of one goal.
class Comparison {
 public:
  Comparison(const Price& price, std::vector<double> vote_of_all)
      : price_(price), vote_of_all_(std::move(vote_of_all)) {}

  void Add(Outcomes outcomes) { variants_.push_back(std::move(outcomes)); }

  // Points.
  double ValueOf(const std::vector<double>& figures) const {
    return 100 * figures[0] - price_.tokens * Share(figures, 1) - price_.time * Share(figures, 2);
  }
  double Share(const std::vector<double>& figures, size_t column) const {
    return figures[column] / std::max(1.0, vote_of_all_[column]);
  }

  size_t BestOn(Part part) const {
    const std::vector<double> policy = Means(variants_[0], part);
    size_t best = 0;
    double best_value = ValueOf(policy);
    for (size_t i = 1; i < variants_.size(); ++i) {
      const std::vector<double> figures = Means(variants_[i], part);
      if (figures[0] < policy[0] - kMostAccuracyLost || ValueOf(figures) <= best_value) continue;
      best = i;
      best_value = ValueOf(figures);
    }
    return best;
  }

  // What the best of the one half gains over the first variant on the other.
  Estimate HeldOut() const {
    const size_t for_even = BestOn(Part::kOdd);
    const size_t for_odd = BestOn(Part::kEven);
    std::vector<Stratum> gains;
    for (size_t d = 0; d < variants_[0].size(); ++d) {
      Stratum& stratum = gains.emplace_back();
      for (size_t i = 0; i < variants_[0][d].size(); ++i) {
        const Outcomes& chosen = variants_[i % 2 == 0 ? for_even : for_odd];
        stratum.push_back({ValueOf(chosen[d][i]) - ValueOf(variants_[0][d][i])});
      }
    }
    return Bootstrap(gains, {[](const std::vector<double>& means) { return means[0]; }})[0];
  }

 private:
  const Price price_;
  const std::vector<double> vote_of_all_;
  std::vector<Outcomes> variants_;
};

ReplayModel ModelOf(const ModelProfile& profile) {
  ReplayModel model;
  model.facts.mean_tokens = profile.typical_trace_tokens.value_or(1);
  model.facts.answer_rate = profile.answer_rate.value_or(model.facts.answer_rate);
  model.facts.drop_after = profile.drop_after.value_or(kDropAfterLengths * model.facts.mean_tokens);
  if (profile.horizon == Horizon::kLong) model.ties = TieRule::kLonger;
  return model;
}

void Replay(const Datasets& datasets, const ReplayModel& model, const Price& price,
            Recommendation& recommendation) {
  const Outcomes all = OutcomesOf(datasets, [&](const CalibrationProblem& problem) {
    const Replayed vote = VoteOfAll(problem, model.ties);
    return std::vector<double>{vote.right ? 1.0 : 0.0, vote.billed, vote.sequential};
  });
  Comparison comparison(price, Means(all, Part::kAll));
  for (const v1::Adaptive& params : Variants(recommendation.params)) {
    Outcomes outcomes = OutcomesOf(datasets, [&](const CalibrationProblem& problem) {
      return SolveFromEachStart(problem, params, model);
    });
    const std::vector<double> means = Means(outcomes, Part::kAll);
    recommendation.variants.push_back({.params = params,
                                       .accuracy = means[0],
                                       .billed = comparison.Share(means, 1),
                                       .sequential = comparison.Share(means, 2),
                                       .value = comparison.ValueOf(means)});
    comparison.Add(std::move(outcomes));
  }
  recommendation.held_out = comparison.HeldOut();
  const size_t best = comparison.BestOn(Part::kAll);
  const auto& interval = recommendation.held_out.interval;
  if (best > 0 && interval && interval->low > 0) {
    recommendation.is_policy = false;
    recommendation.params = recommendation.variants[best].params;
  }
  std::stable_sort(recommendation.variants.begin() + 1, recommendation.variants.end(),
                   [](const auto& a, const auto& b) { return a.value > b.value; });
}

}  // namespace

std::vector<Recommendation> Recommend(const std::vector<CalibrationProblem>& problems,
                                      const ModelProfile& profile) {
  const Datasets datasets = Usable(problems);
  const ReplayModel model = ModelOf(profile);
  std::vector<Recommendation> recommendations;
  for (const Price& price : kPrices) {
    const PolicyRow& row = BuiltInPolicy().RowFor(
        {.horizon = profile.horizon.value_or(Horizon::kUnknown), .goal = price.goal});
    Recommendation recommendation{
        .goal = price.goal, .row = row.name, .params = row.strategy.strategy.adaptive()};
    recommendation.params.clear_n();
    if (Count(datasets) >= kFewestProblems) Replay(datasets, model, price, recommendation);
    recommendations.push_back(std::move(recommendation));
  }
  return recommendations;
}

std::string PolicyRowText(const Recommendation& recommendation, Horizon horizon) {
  v1::Strategy strategy;
  *strategy.mutable_adaptive() = recommendation.params;
  return absl::StrCat("- {name: ", recommendation.row, ", horizon: ", HorizonName(horizon),
                      ", goal: ", ShortName(recommendation.goal), ", strategy: \"",
                      StrategyText(strategy), "\"}");
}

}  // namespace sextant
