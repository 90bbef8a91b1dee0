// What an adaptive solve does next: stop, drop a trace, launch one, or wait. Pure.
//
// The rule. A vote is settled when the leader's margin m is a share `margin` of the votes r that
// are still to be expected; with a share of 1 that is about the lossless stop. What the rest does
// is to estimate m and r well, and to keep just as many traces running as the stop can still need.
//   m     leader's weight less the runner-up's. A finished trace weighs (length /
//   L)^-length_exponent, a
//         running one that has stated an answer `stated`; L is the model's mean length.
//   rate  (answered + 2 * answer_rate) / (finished + 2): the chance that a trace of this problem
//         answers; answer_rate is the model's.
//   r     over running traces of u tokens: rate * exp(-max(0, u / L - 1)), times 1 - stated for one
//         that has stated an answer; and rate for each trace that may still be launched.
//   drop  a running trace of `drop_after` tokens, unless it is the only hope: no answer, nothing
//         else running, and no budget for another.
//   want  traces that are not late (u <= late_after * L) to have running: `first` until one has
//         finished; then (margin * r - m) / (1 + margin), rounded up, at least 1: the number that
//         settles the vote if all of them agree with the leader. `spare` more once answers differ
//         or are missing.
// With a token budget B, of which `left` is left, l = (finished tokens + L / 2) / (finished + 1/2)
// is this problem's expected length:
//   a trace may still be launched for each l that is left once the running ones have been paid,
//   each max(l - u, 0.35 max(l, u)); and no more run than left / (0.3 L), the latest is dropped
//   first.
//
// Found on the recorded traces of arXiv 2512.02008; docs/evaluation.md has the figures.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "server/answer/vote.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// What is known of a model before it is asked. Tokens.
struct AdaptiveModel {
  double mean_tokens = 4096;  // L. Above 0.
  double answer_rate = 0.92;  // Share of its traces that answer, 0 to 1.
  // Beyond this length a trace is not worth its tokens. Infinite: never drop.
  double drop_after = std::numeric_limits<double>::infinity();
};

// A solve, as it stands.
struct AdaptiveState {
  struct Running {
    int index = 0;
    int64_t tokens = 0;
    std::optional<Answer> stated;  // So far.
  };
  std::vector<Vote> votes;  // Of finished traces that answered.
  int finished = 0;         // With an answer or without.
  int64_t finished_tokens = 0;
  std::vector<Running> running;  // In the order of launch.
  int launched = 0;              // Dropped and failed ones included.
  double tokens_left = std::numeric_limits<double>::infinity();  // Of the budget.
};

struct AdaptiveMove {
  enum class Kind { kStop, kDrop, kLaunch, kWait };
  Kind kind = Kind::kWait;
  int trace = -1;   // The one to drop.
  std::string why;  // A clause for the caller: "42 leads by 2.0, ...". Empty for kWait.
};

// The votes and statements of a solve, as they weigh.
Ballot BallotOf(const AdaptiveState& state, const v1::Adaptive& params, const VoteRule& rule);

// `params` has every field set.
AdaptiveMove NextMove(const AdaptiveState& state, const v1::Adaptive& params,
                      const AdaptiveModel& model, const VoteRule& rule);

}  // namespace sextant
