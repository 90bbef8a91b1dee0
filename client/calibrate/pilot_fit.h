// The coefficients that tell how hard a problem is by a model's first traces; see server/pilot.h.
#pragma once
#include <vector>

#include "client/calibrate/traces.h"
#include "server/pilot.h"

namespace sextant {

// Fits the logistic model of server/pilot.h. A problem is hard when the vote of all its traces is
// wrong. From each problem come the states that a solve would see: waves of two, four and eight of
// its traces, starting from every one of them in turn, at the moment when the second, the third and
// so on has ended; together they weigh as one problem. `mean_tokens` is the model's, above 0.
//
// Three coefficients and often fewer than a hundred problems: a ridge pulls them towards the
// defaults of PilotModel, as strongly as a few problems would. Without problems of at least two
// traces the defaults come back. The result is the same each time.
PilotModel FitPilot(const std::vector<CalibrationProblem>& problems, double mean_tokens);

}  // namespace sextant
