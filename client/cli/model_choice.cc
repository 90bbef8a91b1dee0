#include "client/cli/model_choice.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sextant {

absl::StatusOr<std::string> ChooseModel(const std::string& named,
                                        const v1::ListModelsResponse& models) {
  std::vector<std::string> names;
  for (const v1::Model& model : models.models()) {
    if (model.name() == named) return named;
    names.push_back(model.name());
  }
  if (!named.empty()) {
    return absl::NotFoundError(
        absl::StrCat("model is '", named, "', expected one of ", absl::StrJoin(names, ", ")));
  }
  if (names.size() == 1) return names.front();
  return absl::InvalidArgumentError(absl::StrCat("the server has ", names.size(), " models (",
                                                 absl::StrJoin(names, ", "),
                                                 "), expected --model with one of them"));
}

}  // namespace sextant
