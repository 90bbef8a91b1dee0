// From the result of one solve to what an evaluation keeps of it: a score, and a row of JSON.
#pragma once
#include <string>

#include "client/eval/problems.h"
#include "client/eval/summary.h"
#include "client/sextant_client.h"

namespace sextant {

// `strategy` is the strategy as the caller wrote it.
Score ScoreOf(const std::string& strategy, const Problem& problem, const SolveResult& result);

// One JSON object on one line, without its newline: `dataset`, `problem_id`, `reference_answer`
// (the true one), `answer_kind` with what belongs to it, `strategy`, `answer` (null when there is
// none), `correct`, every figure of Usage as a number, `stop_reason` and `plan` (null when the
// solve failed), `code` and `error` (when it failed), and `traces` when the response holds any.
std::string RowJson(const std::string& strategy, const Problem& problem, const SolveResult& result);

}  // namespace sextant
