// Runs every problem with every strategy, some at a time, against one server.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "client/eval/problems.h"
#include "client/sextant_client.h"

namespace sextant {

struct EvalStrategy {
  std::string text;       // As the caller wrote it.
  v1::Strategy strategy;  // Without a kind the server's policy decides.
};

struct EvalRun {
  std::vector<Problem> problems;
  std::vector<EvalStrategy> strategies;
  v1::SolveRequest base;  // What all requests share: model, budget, sampling, include_traces.
  CallOptions call;
  int concurrency = 8;  // Solves at once. At least 1.
};

// One solve of a run that has ended. `index` counts problems within strategies: the order of the
// rows.
struct EvalSolve {
  int64_t index = 0;
  const EvalStrategy& strategy;
  const Problem& problem;
  const SolveResult& result;
};

// Calls `on_end` on this thread for every solve that ended, failed ones included, in finishing
// order. A solve that the server refuses because it is busy is started again after the delay that
// it asks for, up to 100 times, before anything new is. A response with an answer but without a
// verdict is turned into an INTERNAL failure: it cannot be scored. `interrupted` is asked several
// times a second; once true, running solves are cancelled, without on_end.
void RunEval(const SextantClient& client, const EvalRun& run,
             const std::function<void(const EvalSolve&)>& on_end,
             const std::function<bool()>& interrupted);

}  // namespace sextant
