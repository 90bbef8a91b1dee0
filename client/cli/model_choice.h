// Which model a command means.
#pragma once
#include <string>

#include "absl/status/statusor.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// `named` when the server has it, and the server's only model when `named` is empty. NOT_FOUND when
// it has no such model; INVALID_ARGUMENT, with the models to choose from, when it has several and
// none was named.
absl::StatusOr<std::string> ChooseModel(const std::string& named,
                                        const v1::ListModelsResponse& models);

}  // namespace sextant
