// What the log says of solves and of their traces.
#pragma once
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/call_facts.h"
#include "server/metrics.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Whose solve it is.
struct SolveNames {
  const std::string& solve_id;
  const CallFacts& facts;  // Of the call that it was started for.
};

// What only a configuration with `log.texts` logs, each up to kMaxLoggedBytes.
struct SolveTexts {
  std::string prompt;
  std::string reference_answer;
};
inline constexpr size_t kMaxLoggedBytes = 16 << 10;

// One line: names, plan, bill and times of a solve that has ended. At level info, or warning where
// it failed; `status` is CANCELLED where its caller has left. What a model server says of a failure
// is quoted. Without `texts` neither the prompt nor an answer is in it.
void LogSolve(const SolveNames& names, const SolveObservation& solve, const absl::Status& status,
              const SolveTexts* texts);

// One line at level debug: a trace that ended by itself, was dropped, or failed.
void LogTrace(const SolveNames& names, const v1::Trace& trace);

// One line at level info: a verdict that was reported.
void LogReport(const v1::ReportOutcomeResponse& report);

}  // namespace sextant
