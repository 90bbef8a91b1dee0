// Which parameters of the adaptive strategy suit a model: the policy's, unless its recorded traces
// clearly say otherwise.
//
// For each goal the row of the built-in policy for the model's horizon is compared with rows that
// differ from it in one parameter (the grid is in recommend.cc), each replayed on the traces from
// several first samples. A variant's value is its accuracy in points less what it costs,
//   100 * accuracy - tokens * billed - time * sequential,
// billed and sequential as shares of a vote of all traces, with the prices
//   goal       tokens   time
//   balanced       10      2
//   cheap          20      1
//   fast            2     10
//   accurate        2      1
// so that, for balanced, a point of accuracy pays for a tenth of a vote's tokens. A variant that
// loses more than a point of accuracy is not considered.
//
// Among some twenty variants one looks good by luck. So the best of one half of the problems is
// valued on the other half, and the halves are swapped; what it gains there over the policy's row
// is bootstrapped over problems. Only where the whole 95 % interval is above 0 is the best of all
// problems recommended, else the policy's row. Mean length, answer rate and drop point are those of
// all problems for every variant.
#pragma once
#include <string>
#include <vector>

#include "client/calibrate/traces.h"
#include "client/eval/bootstrap.h"
#include "server/profile.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Means over problems, then over data sets with equal weight.
struct VariantFigures {
  v1::Adaptive params;  // Without n.
  double accuracy = 0;  // 0 to 1.
  double billed = 0;    // Share of a vote of all traces.
  double sequential = 0;
  double value = 0;  // See above.
};

struct Recommendation {
  v1::Goal goal = v1::GOAL_BALANCED;
  std::string row;        // Name of the built-in policy's row.
  bool is_policy = true;  // The recommended parameters are those of that row.
  v1::Adaptive params;    // Recommended; without n.
  // Gain in value of choosing on one half of the problems, on the other. Without an interval there
  // were too few problems, and nothing was replayed.
  Estimate held_out;
  std::vector<VariantFigures> variants;  // The policy's row, then the others, best first.
};

// One for each goal. `profile` is what calibration found on the same problems. Looks at 1,000
// problems at most and at the first 8 traces of each; fewer than 30 problems with two traces or
// more are too few.
std::vector<Recommendation> Recommend(const std::vector<CalibrationProblem>& problems,
                                      const ModelProfile& profile);

// The recommended parameters as a row of a policy, a line without its indent:
//   - {name: balanced-long, horizon: long, goal: balanced, strategy: "adaptive(...)"}
std::string PolicyRowText(const Recommendation& recommendation, Horizon horizon);

}  // namespace sextant
