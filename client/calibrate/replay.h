// Replays the adaptive strategy on the recorded traces of a problem: the server's own rule, in
// tokens.
//
// All traces run at the same speed, one token a tick of the clock, and end where they ended when
// they were recorded. A trace that is stopped is billed for the tokens that it had generated at
// that tick, as there is no network here. Between ends the rule is asked again each eighth of a
// mean length (the server does so each 24th), where traces become late and what they state has
// changed.
#pragma once
#include <cstddef>

#include "client/calibrate/traces.h"
#include "server/answer/vote.h"
#include "server/strategies/adaptive_rule.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct ReplayModel {
  AdaptiveModel facts;
  TieRule ties = TieRule::kShorter;
};

// What one solve came to.
struct Replayed {
  bool right = false;
  double billed = 0;      // Tokens of all traces.
  double sequential = 0;  // The clock at which the answer was known.
};

// A solve that takes the problem's traces in their order from number `first` on, around the end.
// `params` has every field set but n: that is the number of the problem's traces, at least 1.
Replayed Replay(const CalibrationProblem& problem, size_t first, v1::Adaptive params,
                const ReplayModel& model);

// A vote of all of the problem's traces.
Replayed VoteOfAll(const CalibrationProblem& problem, TieRule ties);

}  // namespace sextant
