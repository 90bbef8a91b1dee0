// What a strategy is expected to use: tokens, latency in tokens, cost. An estimate from the model's
// typical trace.
//
// The model of trace lengths. The lengths of n traces of one problem are log-normal with mean T,
// the model's `typical_trace_tokens`, and a standard deviation of the logarithm of s = 0.4. The
// i-th shortest of n is put at its expected place, by Blom's approximation of normal order
// statistics:
//   L(i, n) = c * exp(s * z(i, n)),   z(i, n) = quantile((i - 0.375) / (n + 0.25)),
// with c such that the n lengths sum up to n * T. So for n = 8 the shortest has 0.53 T, the
// longest 1.67 T. s = 0.4 lies between the values that reproduce the mean shortest and longest of 8
// traces in arXiv 2512.02008's data: 0.27 and 0.29 (short horizon), 0.44 and 0.39 (long), 0.37 and
// 0.78 (non-reasoning).
//
// A trace ends at L or at the trace limit, whichever is less: the smallest of the longest trace
// that the sampling and the model's context (prompt_tokens.h) allow,
// `budget.max_sequential_tokens`, and what fits into the deadline when the model's speed is known.
// With those lengths l(1) <= ... <= l(n), and l for n = 1:
//   simple              billed l                               sequential l
//   majority_vote(n)    billed l(1) + ... + l(n)               sequential l(n); with keep, the
//                       longest of its warm-up and then the longest of the rest
//   first_finish(k,n)   billed sum of min(l(i), l(k))          sequential l(k)
//   last_finish(k,n)    as majority_vote
//   beam_search(w,e)    billed w * e * l; natively l           sequential l
//   adaptive(n)         billed (0.35 + 0.4 margin) of majority_vote(n)'s, at its sequential; where
//                       more than half of n start at once, that of first_finish(k = first/2, n =
//                       first). A budget that holds less is used by 0.45, one trace after the
//                       other. The shares follow the means of docs/evaluation.md.
// An early stop of a vote, or of a weak trace, is not counted on, so its bill is the most to
// expect. Every trace also pays for the prompt, taken as one token for 4 bytes; beams pay for
// prompt and half their text again at each step.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Expected lengths of n traces whose mean is `mean_tokens`, shortest first. n is 1 or more.
std::vector<double> ExpectedLengths(int n, double mean_tokens);

// The share of the votes that the answer is expected to get, from calibration; unset where
// `profile` does not say. One vote is all of them, if its trace answers: the profile's
// `answer_rate`. Several are taken to agree as the profile's do, with its figures for easy and for
// hard problems, if it has them, weighed by `hard_probability`. A stop that waits for agreement
// makes that the least to expect. Unset for beams, which are no samples.
std::optional<double> ExpectedAgreement(const v1::Strategy& strategy, const ModelProfile& profile,
                                        double hard_probability);

// Immutable; refers to nothing that it was made from.
class ExpectedUse {
 public:
  // `request` has passed CheckRequest. `time_left` is infinite without a deadline.
  ExpectedUse(const v1::SolveRequest& request, const ModelConfig& model, absl::Duration time_left);

  // What a strategy with every parameter set uses, cut where the token or cost budget ends.
  v1::Expectation Of(const v1::Strategy& strategy) const;
  // Whether the token and cost budgets are expected to hold all of it.
  bool Fits(const v1::Strategy& strategy) const;

  // Tokens of a typical trace: the mean length, or the trace limit when that is less.
  double trace_tokens() const;
  // Longest trace possible, in tokens, by each limit; infinite where there is none.
  double sampling_limit() const { return sampling_limit_; }
  double sequential_limit() const { return sequential_limit_; }
  double deadline_limit() const { return deadline_limit_; }
  // Typical traces that the budget of tokens and that of cost hold; infinite where there is none.
  double traces_by_tokens() const;
  double traces_by_cost() const;

 private:
  // Tokens, before any budget cuts them.
  struct Demand {
    double billed = 0;
    double sequential = 0;
    double prompt = 0;
    std::vector<double> lengths;  // Of traces that run side by side; empty for beams.
  };

  Demand DemandOf(const v1::Strategy& strategy) const;
  Demand ParallelTraces(int n, int k) const;
  Demand WarmedUpVote(int n, int warmup) const;
  Demand Waves(const v1::Adaptive& adaptive) const;
  Demand Beams(const v1::BeamSearch& beam) const;
  // Completion tokens that the budgets pay for.
  double Affordable(const Demand& demand) const;
  double trace_limit() const;

  double mean_tokens_;
  double prompt_tokens_;
  double sampling_limit_;
  double sequential_limit_ = std::numeric_limits<double>::infinity();
  double deadline_limit_ = std::numeric_limits<double>::infinity();
  double token_budget_ = std::numeric_limits<double>::infinity();
  double cost_budget_ = std::numeric_limits<double>::infinity();  // USD.
  double tokens_per_second_;                                      // Of one trace; 0: unknown.
  std::optional<PriceConfig> price_;
  bool native_beams_ = false;
};

}  // namespace sextant
