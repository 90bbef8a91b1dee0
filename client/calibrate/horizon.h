// Classes a model's horizon: do its short or its long traces tend to be right?
//
// The definition is that of arXiv 2512.02008: accuracy of short and of long traces, on easy and on
// hard problems. Short-horizon models are better in short traces at any difficulty, long-horizon
// models in short ones on easy problems and in long ones on hard problems. It is made a statistic
// with these choices:
// * A trace is short when it is no longer than the geometric mean length of its own problem's
//   voting traces, and not than the model's mean: hard problems have long traces and wrong answers,
//   so that across problems length says how hard they are. The geometric mean, because lengths are
//   skewed, and one runaway trace would move the arithmetic mean past all the others.
// * Only traces with an answer count. The others never vote, and what a token limit cut off has no
//   length of its own.
// * A problem is hard when the model is right on it less often than on its mean problem. Within one
//   problem nothing is gained by leaving a trace out of its own difficulty: the number of right
//   traces is the same for short and long, and leaving one out would put the right and the wrong
//   traces of one problem on two sides of the line.
// * Means are over problems, then over data sets with equal weight. Intervals are 95 % percentile
//   intervals of a bootstrap over the problems of each data set.
#pragma once
#include <string>
#include <vector>

#include "client/calibrate/traces.h"
#include "server/profile.h"

namespace sextant {

struct BootstrapEstimate {
  double value = 0;
  double low = 0;  // Of the 95 % interval.
  double high = 0;
  double above_zero = 0;  // Share of the resamples above 0.
};

// Accuracy of short and long traces over problems that have both.
struct LengthEffect {
  int problems = 0;  // That have both.
  int deciding = 0;  // That also have right and wrong answers; the others can show no difference.
  BootstrapEstimate short_accuracy;
  BootstrapEstimate long_accuracy;
  BootstrapEstimate difference;  // Short minus long.
};

// Whether the model thinks before it answers. Texts without marked thinking look like those of a
// model that does not, which is wrong for a model trained to think in plain text.
enum class Reasoning { kAsTextsShow, kYes, kNo };

struct HorizonFinding {
  Horizon horizon = Horizon::kUnknown;
  std::string reason;  // One sentence.
  LengthEffect all;
  LengthEffect easy;
  LengthEffect hard;
  int whole_texts = 0;     // Texts that are known from their start.
  int thinking_texts = 0;  // Those of them with marked thinking.
};

// The result is the same each time: the bootstrap has a fixed seed.
HorizonFinding FindHorizon(const std::vector<CalibrationProblem>& problems, Reasoning reasoning);

// Share of the problem's traces that are right. It has at least one trace.
double AccuracyOf(const CalibrationProblem& problem);
// For each problem whether it is hard, see above.
std::vector<bool> HardProblems(const std::vector<CalibrationProblem>& problems);

}  // namespace sextant
