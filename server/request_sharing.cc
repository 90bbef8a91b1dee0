#include "server/request_sharing.h"

#include <algorithm>

namespace sextant {
namespace {

bool MayBeCut(const v1::Budget& budget) {
  return budget.max_tokens() > 0 || budget.max_sequential_tokens() > 0 || budget.max_cost_usd() > 0;
}

bool WantsEveryTrace(const v1::Strategy& strategy) {
  const v1::MajorityVote& vote = strategy.majority_vote();
  return strategy.has_majority_vote() && vote.stop() == v1::STOP_ALL && vote.window() == 0;
}

}  // namespace

int ChoicesPerRequest(const v1::SolveRequest& request, const ModelConfig& model,
                      const v1::Strategy& strategy) {
  if (!WantsEveryTrace(strategy) || MayBeCut(request.budget())) return 0;
  int choices = strategy.majority_vote().n();
  for (const BackendConfig& backend : model.backends) choices = std::min(choices, backend.choices);
  return choices > 1 ? choices : 0;
}

}  // namespace sextant
