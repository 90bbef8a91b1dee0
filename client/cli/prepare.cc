#include "client/cli/prepare.h"

#include <utility>

#include "client/cli/connect.h"
#include "client/cli/model_choice.h"

namespace sextant {

std::variant<PreparedCall, ExitCode> Prepare(const RequestFlags& flags, const GlobalFlags& global,
                                             Console& console) {
  absl::StatusOr<SextantClient> client = Connect(global);
  if (!client.ok()) return Misuse(console, client.status());
  absl::StatusOr<v1::SolveRequest> request = RequestOf(flags, console);
  if (!request.ok()) return Misuse(console, request.status());
  const CallOptions options = CallOptionsOf(flags.budget);
  if (flags.model.empty()) {
    absl::StatusOr<v1::ListModelsResponse> models = client->ListModels(options);
    if (!models.ok()) return Fail(console, models.status());
    absl::StatusOr<std::string> model = ChooseModel("", *models);
    if (!model.ok()) return Misuse(console, model.status());
    request->set_model(*std::move(model));
  }
  return PreparedCall{*std::move(client), *std::move(request), options};
}

}  // namespace sextant
