// What a report keeps of one solve: its score, and how it was planned and how it ended. No texts of
// models are kept, so that a long evaluation stays small in memory.
#pragma once
#include <string>
#include <vector>

#include "client/eval/problems.h"
#include "client/eval/summary.h"
#include "client/sextant_client.h"

namespace sextant {

struct Observation {
  Score score;
  std::string problem_id;  // As JSON, see Problem.
  // The server's reasons, as sentences; the error of a solve that failed.
  std::vector<std::string> why;
  // The rest is empty when the solve failed: there was no response then.
  v1::StopReason stop_reason = v1::STOP_REASON_UNSPECIFIED;
  bool provisional = false;
  bool simulated = false;  // Its text says that a simulated model wrote it.
  std::string policy;
  std::string row;  // The policy's row that fired; "request" when the caller named the strategy.
  std::string ran;  // The strategy that ran, with every parameter.
  v1::Difficulty difficulty = v1::DIFFICULTY_UNSPECIFIED;
  double hard_probability = 0;
  std::string estimator;  // What estimated the difficulty.
};

// `strategy` is the strategy as the caller wrote it.
Observation ObservationOf(const std::string& strategy, const Problem& problem,
                          const SolveResult& result);

// The policy, not the caller, chose what ran.
bool ChosenByPolicy(const Observation& observation);

std::vector<Score> ScoresOf(const std::vector<Observation>& observations);

}  // namespace sextant
