// How hard a problem is before anything has run: the caller's hint, else an estimate from the
// prompt. What a judge says is judge.h, what the first traces show pilot.h.
#pragma once
#include "absl/strings/string_view.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// From this probability of being hard on a problem counts as hard.
inline constexpr double kHardFrom = 0.5;

// A hint gives its own difficulty with probability 0 or 1 (estimator "hint"). Without one, and
// unless the model's configuration says `before: none` (estimator "none", 0.5, hard), the last
// message is looked at (estimator "prompt_features"), its first 64 KiB:
//   log-odds of hard = -1.5 + 0.6 * log2(bytes / 200), that term from -1.2 to 1.8
//                      + 0.15 * LaTeX commands (at most 8)
//                      + 0.05 * numbers (at most 10)
//                      + 0.8 * phrases such as "prove" or "find all" (at most 3)
// and a problem is hard from a probability of 0.5 on. The weights are set by hand, and
// docs/difficulty.md says how little they tell on competition problems: a rough ordering, not a
// calibrated probability.
//
// Where the configuration names a judge its word replaces this; the reason says when it is not
// asked. Pure; any thread.
v1::DifficultyEstimate EstimateDifficulty(const v1::SolveRequest& request,
                                          const DifficultyConfig& config = {});

// Whether a solve of `request` asks the judge of `config` first: not where the request gives a hint
// or names its strategy, since then nothing would follow from what it says.
bool AsksJudge(const v1::SolveRequest& request, const DifficultyConfig& config);

// The problem itself: the last message.
absl::string_view ProblemText(const v1::SolveRequest& request);

// The estimate with this probability, 0 to 1.
v1::DifficultyEstimate DifficultyOf(double hard_probability, absl::string_view estimator);

}  // namespace sextant
