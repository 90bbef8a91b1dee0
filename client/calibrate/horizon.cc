#include "client/calibrate/horizon.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sextant {
namespace {

constexpr int kResamples = 2000;
constexpr uint64_t kSeed = 20260101;
// With fewer, resampling shows less spread than there is.
constexpr int kFewestDeciding = 10;
// A model that thinks may leave it now and then, and one that does not may quote a tag.
constexpr double kFewestThinking = 0.1;

// What one problem says.
struct Contrast {
  bool has_both = false;  // Short and long traces; else it says nothing.
  bool decides = false;
  bool hard = false;
  double short_accuracy = 0;
  double long_accuracy = 0;
};

Contrast ContrastOf(const CalibrationProblem& problem) {
  double log_sum = 0;
  int votes = 0;
  for (const CalibrationTrace& trace : problem.traces) {
    if (!trace.answer.has_value()) continue;
    log_sum += std::log(std::max<double>(1, static_cast<double>(trace.tokens)));
    ++votes;
  }
  const double mean = votes == 0 ? 0 : std::exp(log_sum / votes);
  int shorts = 0, longs = 0, right_shorts = 0, right_longs = 0;
  for (const CalibrationTrace& trace : problem.traces) {
    if (!trace.answer.has_value()) continue;
    // Equal lengths must not be told apart by rounding in the logarithm.
    const bool is_short = static_cast<double>(trace.tokens) <= mean * (1 + 1e-9);
    (is_short ? shorts : longs) += 1;
    (is_short ? right_shorts : right_longs) += trace.right ? 1 : 0;
  }
  if (shorts == 0 || longs == 0) return {};
  const int right = right_shorts + right_longs;
  return {.has_both = true,
          .decides = right > 0 && right < votes,
          .short_accuracy = static_cast<double>(right_shorts) / shorts,
          .long_accuracy = static_cast<double>(right_longs) / longs};
}

using Datasets = std::vector<std::vector<Contrast>>;

struct Accuracies {
  double of_short = 0;
  double of_long = 0;
};

// Which problems count: all, or those of one difficulty.
using Cell = std::optional<bool>;

bool IsIn(const Contrast& contrast, Cell hard) {
  return contrast.has_both && (!hard.has_value() || contrast.hard == *hard);
}

// Sums over the problems of one data set.
struct Sums {
  Accuracies accuracies;
  int problems = 0;

  void Add(const Contrast& contrast) {
    accuracies.of_short += contrast.short_accuracy;
    accuracies.of_long += contrast.long_accuracy;
    ++problems;
  }
};

// Means over data sets with equal weight; nullopt when no problem counted.
std::optional<Accuracies> MeanOf(const std::vector<Sums>& datasets) {
  Accuracies mean;
  int counted = 0;
  for (const Sums& sums : datasets) {
    if (sums.problems == 0) continue;
    mean.of_short += sums.accuracies.of_short / sums.problems;
    mean.of_long += sums.accuracies.of_long / sums.problems;
    ++counted;
  }
  if (counted == 0) return std::nullopt;
  return Accuracies{mean.of_short / counted, mean.of_long / counted};
}

std::optional<Accuracies> Measure(const Datasets& datasets, Cell hard) {
  std::vector<Sums> sums(datasets.size());
  for (size_t i = 0; i < datasets.size(); ++i) {
    for (const Contrast& contrast : datasets[i]) {
      if (IsIn(contrast, hard)) sums[i].Add(contrast);
    }
  }
  return MeanOf(sums);
}

// The same over problems drawn with replacement.
std::optional<Accuracies> Resample(const Datasets& datasets, Cell hard, std::mt19937_64& random) {
  std::vector<Sums> sums(datasets.size());
  for (size_t i = 0; i < datasets.size(); ++i) {
    for (size_t draw = 0; draw < datasets[i].size(); ++draw) {
      const Contrast& contrast = datasets[i][random() % datasets[i].size()];
      if (IsIn(contrast, hard)) sums[i].Add(contrast);
    }
  }
  return MeanOf(sums);
}

BootstrapEstimate EstimateOf(double value, std::vector<double> resampled) {
  if (resampled.empty()) return {.value = value, .low = value, .high = value};
  std::sort(resampled.begin(), resampled.end());
  const auto last = static_cast<double>(resampled.size() - 1);
  const auto positive = std::count_if(resampled.begin(), resampled.end(),
                                      [](double difference) { return difference > 0; });
  return {.value = value,
          .low = resampled[static_cast<size_t>(std::floor(0.025 * last))],
          .high = resampled[static_cast<size_t>(std::ceil(0.975 * last))],
          .above_zero = static_cast<double>(positive) / static_cast<double>(resampled.size())};
}

LengthEffect EffectOf(const Datasets& datasets, Cell hard) {
  LengthEffect effect;
  for (const std::vector<Contrast>& contrasts : datasets) {
    for (const Contrast& contrast : contrasts) {
      if (!IsIn(contrast, hard)) continue;
      ++effect.problems;
      effect.deciding += contrast.decides ? 1 : 0;
    }
  }
  const std::optional<Accuracies> measured = Measure(datasets, hard);
  if (!measured.has_value()) return effect;
  std::vector<double> shorts, longs, differences;
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < kResamples; ++i) {
    const std::optional<Accuracies> resampled = Resample(datasets, hard, random);
    if (!resampled.has_value()) continue;
    shorts.push_back(resampled->of_short);
    longs.push_back(resampled->of_long);
    differences.push_back(resampled->of_short - resampled->of_long);
  }
  effect.short_accuracy = EstimateOf(measured->of_short, std::move(shorts));
  effect.long_accuracy = EstimateOf(measured->of_long, std::move(longs));
  effect.difference = EstimateOf(measured->of_short - measured->of_long, std::move(differences));
  return effect;
}

Datasets ContrastsOf(const std::vector<CalibrationProblem>& problems) {
  const std::vector<bool> hard = HardProblems(problems);
  std::map<std::string, std::vector<Contrast>> by_dataset;
  for (size_t i = 0; i < problems.size(); ++i) {
    Contrast contrast = ContrastOf(problems[i]);
    contrast.hard = hard[i];
    by_dataset[problems[i].dataset].push_back(contrast);
  }
  Datasets datasets;
  for (auto& [name, contrasts] : by_dataset) datasets.push_back(std::move(contrasts));
  return datasets;
}

// Traces of which `counts` is true.
template <typename Predicate>
int CountTraces(const std::vector<CalibrationProblem>& problems, const Predicate& counts) {
  int count = 0;
  for (const CalibrationProblem& problem : problems) {
    count += static_cast<int>(std::count_if(problem.traces.begin(), problem.traces.end(), counts));
  }
  return count;
}

bool ShowsNoThinking(const HorizonFinding& finding) {
  return finding.whole_texts > 0 && finding.thinking_texts < kFewestThinking * finding.whole_texts;
}

bool IsBelowZero(const LengthEffect& effect) {
  return effect.deciding >= kFewestDeciding && effect.difference.high < 0;
}

bool IsAboveZero(const LengthEffect& effect) {
  return effect.deciding >= kFewestDeciding && effect.difference.low > 0;
}

std::string Points(const LengthEffect& effect) {
  if (effect.problems == 0) return "not known, as none has both";
  return absl::StrFormat("%+.1f points [%+.1f, %+.1f]", 100 * effect.difference.value,
                         100 * effect.difference.low, 100 * effect.difference.high);
}

struct Verdict {
  Horizon horizon = Horizon::kUnknown;
  std::string reason;
};

// Which of short and long.
Verdict ByLength(const HorizonFinding& finding) {
  if (finding.all.deciding < kFewestDeciding) {
    return {Horizon::kUnknown,
            absl::StrCat("Only ", finding.all.deciding,
                         " problems have short and long, right and wrong answers; it takes ",
                         kFewestDeciding, " to decide.")};
  }
  const std::string measured = absl::StrCat("short minus long is ", Points(finding.all),
                                            ", on hard problems ", Points(finding.hard), ".");
  const double on_hard = finding.hard.difference.value;
  if (IsBelowZero(finding.hard) || (IsBelowZero(finding.all) && on_hard <= 0)) {
    return {Horizon::kLong, absl::StrCat("Long traces are right more often: ", measured)};
  }
  if (IsAboveZero(finding.all) && on_hard > 0) {
    return {Horizon::kShort, absl::StrCat("Short traces are right more often: ", measured)};
  }
  // A hint for the reader; not enough to act on.
  const double above = finding.all.difference.above_zero;
  return {Horizon::kUnknown, absl::StrCat("The data do not decide: ", measured,
                                          absl::StrFormat(" Of the resamples, %.0f %% lean to %s.",
                                                          100 * std::max(above, 1 - above),
                                                          above > 0.5 ? "short" : "long"))};
}

Verdict VerdictOf(const HorizonFinding& finding, Reasoning reasoning) {
  if (reasoning == Reasoning::kNo) {
    return {Horizon::kNonReasoning,
            "The model does not think before it answers, as the caller says."};
  }
  if (reasoning == Reasoning::kAsTextsShow && ShowsNoThinking(finding)) {
    return {Horizon::kNonReasoning,
            absl::StrCat(finding.thinking_texts, " of ", finding.whole_texts,
                         " whole texts hold marked thinking; say --reasoning if the model thinks "
                         "in plain text.")};
  }
  return ByLength(finding);
}

}  // namespace

double AccuracyOf(const CalibrationProblem& problem) {
  const auto right = std::count_if(problem.traces.begin(), problem.traces.end(),
                                   [](const CalibrationTrace& trace) { return trace.right; });
  return static_cast<double>(right) / static_cast<double>(problem.traces.size());
}

std::vector<bool> HardProblems(const std::vector<CalibrationProblem>& problems) {
  double sum = 0;
  for (const CalibrationProblem& problem : problems) sum += AccuracyOf(problem);
  const double mean = sum / static_cast<double>(problems.size());
  std::vector<bool> hard;
  hard.reserve(problems.size());
  for (const CalibrationProblem& problem : problems) hard.push_back(AccuracyOf(problem) < mean);
  return hard;
}

HorizonFinding FindHorizon(const std::vector<CalibrationProblem>& problems, Reasoning reasoning) {
  HorizonFinding finding;
  finding.whole_texts = CountTraces(
      problems, [](const CalibrationTrace& trace) { return trace.thinking != Thinking::kUnseen; });
  finding.thinking_texts = CountTraces(
      problems, [](const CalibrationTrace& trace) { return trace.thinking == Thinking::kMarked; });
  const Datasets datasets = ContrastsOf(problems);
  finding.all = EffectOf(datasets, std::nullopt);
  finding.easy = EffectOf(datasets, false);
  finding.hard = EffectOf(datasets, true);
  Verdict verdict = VerdictOf(finding, reasoning);
  finding.horizon = verdict.horizon;
  finding.reason = std::move(verdict.reason);
  return finding;
}

}  // namespace sextant
