// A simulated model that is asked how hard a problem is: it says the problem's own difficulty, with
// an error. No model judges; the text says that it is simulated.
#pragma once
#include "simulator/problems.h"
#include "simulator/simulated_model.h"
#include "simulator/token_text.h"

namespace sextant {

// What `model`, which has a `judge`, answers to a question of server/judge_prompt.h about
// `problem`: some sentences and a last line "Difficulty: N", N being 100 (difficulty + error) kept
// within 0 to 100. The error is normal, fixed by model and problem: a judge is asked at temperature
// 0, where the seed changes nothing.
TokenText SimulateJudge(const SimulatedModel& model, const Problem& problem);

}  // namespace sextant
