// What the server says, laid out for people. Texts of models are made safe to print.
#pragma once
#include <string>

#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Answer, agreement, strategy and why, candidates, bill and time; traces with their texts where the
// response holds them. Ends with a line break, as the others do.
std::string ShowResponse(const v1::SolveResponse& response);

// The bill alone: tokens finished and cancelled with the estimated part, prompt, traces, cost.
std::string ShowBill(const v1::Usage& usage);

std::string ShowPlan(const v1::Plan& plan);
std::string ShowModels(const v1::ListModelsResponse& models);

std::string ShowReport(const v1::ReportOutcomeResponse& response);

}  // namespace sextant
