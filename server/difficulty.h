// How hard a problem is: the caller's hint, else an estimate from the prompt.
#pragma once
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// A hint gives its own difficulty with probability 0 or 1 (estimator "hint"). Without one the last
// message is looked at (estimator "prompt_features"), its first 64 KiB:
//   log-odds of hard = -1.5 + 0.6 * log2(bytes / 200), that term from -1.2 to 1.8
//                      + 0.15 * LaTeX commands (at most 8)
//                      + 0.05 * numbers (at most 10)
//                      + 0.8 * phrases such as "prove" or "find all" (at most 3)
// and a problem is hard from a probability of 0.5 on. The weights are set by hand, not fitted to
// any data set: expect a rough ordering, not a calibrated probability. Pure; any thread.
v1::DifficultyEstimate EstimateDifficulty(const v1::SolveRequest& request);

}  // namespace sextant
