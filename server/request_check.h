// The limits of a request, as the contract documents them. Everything that a caller sends is
// checked here before it is used; only an answer's pattern is compiled elsewhere, by AnswerReader.
#pragma once
#include "absl/status/status.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// The first wrong field in the order of the contract: INVALID_ARGUMENT names field, value and what
// was expected. `model` is the one that the request names. Pure; any thread.
absl::Status CheckRequest(const v1::SolveRequest& request, const ModelConfig& model);

}  // namespace sextant
