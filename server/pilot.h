// How hard a problem is by its first traces. They are the first wave of the solve, so that this
// costs nothing. Pure; any thread.
//
//   log-odds of hard = intercept + support * s + length * l
//   s  votes for the leading answer less those for all others, at least 0, over ended traces + 1:
//      2/3 for two that agree, 1/3 where one of two has no answer, 0 where two differ
//   l  log of the mean length over the model's mean length, from -2 to 2. Traces that still run
//      count with what they have, once that is more than the mean of those that have ended: late
//      ones make a problem look harder. 0 where the model's length was never measured.
//
// Hard means that the answer of a vote over eight traces is wrong; from a probability of 0.5 on a
// problem is taken as hard.
//
// The defaults were fitted on 2026-11-25 to the eight models of arXiv 2512.02008 together (144
// problems, 8 traces each, lengths over each model's mean) by `sextant calibrate`, which also fits
// a model's own; tests/replay/difficulty.py --fit makes them to 0.01. More features were tried
// (differing answers, missing ones and late traces apart from each other) and told no more.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace sextant {

struct PilotModel {
  double intercept = 0.67;
  double support = -2.87;
  double length = 0.24;
};

// What the traces of a solve have shown, failed ones apart. Lengths are tokens.
struct PilotTraces {
  int leading = 0;                   // Votes for the leading answer.
  int votes = 0;                     // Ended traces that answered.
  std::vector<double> ended_tokens;  // Of traces that ended, with an answer or without.
  std::vector<double> running_tokens;
};

// Fewer ended traces tell nothing about agreement.
inline constexpr size_t kFewestPilots = 2;

struct PilotFeatures {
  double support = 0;
  double length = 0;
};
// At least one trace has ended. `mean_tokens` is the model's, above 0; unset: never measured.
PilotFeatures FeaturesOf(const PilotTraces& traces, std::optional<double> mean_tokens);

struct PilotEstimate {
  double hard_probability = 0;
  std::string why;  // A clause: "2 of 2 ended traces agree at 0.70 of the mean length".
};
// Nothing before kFewestPilots traces have ended.
std::optional<PilotEstimate> EstimateByPilot(const PilotModel& model, const PilotTraces& traces,
                                             std::optional<double> mean_tokens);

}  // namespace sextant
