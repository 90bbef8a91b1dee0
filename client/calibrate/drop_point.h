// How long a trace of a model is worth going on with.
#pragma once
#include <vector>

namespace sextant {

struct LengthOutcome {
  double tokens = 0;
  bool right = false;
  double weight = 0;  // Above 0.
};

// The shortest length, in tokens and at least `mean_tokens`, from which no plan "go on until some
// later length" is expected to give `least_yield` right answers for each `mean_tokens` further
// tokens. Infinite where there is none. Lengths are looked at in steps of an eighth of the mean, up
// to eight times of it.
//
// The best plan, not the mean of all that comes: traces that loop to the token limit would hide
// that the next stretch still brings right answers.
double DropPoint(const std::vector<LengthOutcome>& traces, double mean_tokens, double least_yield);

}  // namespace sextant
