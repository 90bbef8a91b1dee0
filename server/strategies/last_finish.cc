#include <algorithm>
#include <vector>

#include "server/strategies/strategies.h"

namespace sextant {
namespace {

// The vote of the `k` longest, or of all where there are fewer; of equals those launched first.
Ballot LongestOf(std::vector<Vote> votes, size_t k, const VoteRule& rule) {
  std::sort(votes.begin(), votes.end(), [](const Vote& a, const Vote& b) {
    return a.tokens != b.tokens ? a.tokens > b.tokens : a.index < b.index;
  });
  Ballot ballot(rule);
  for (size_t i = 0; i < std::min(k, votes.size()); ++i) ballot.Add(votes[i]);
  return ballot;
}

// However long the `open` traces become, each that gets among the k longest pushes the shortest of
// the others out. The outcome is certain when it is for every number of them that can get there.
bool IsCertain(const std::vector<Vote>& votes, int k, int open, const VoteRule& rule) {
  for (int answering = 0; answering <= std::min(open, k); ++answering) {
    if (!LongestOf(votes, k - answering, rule).IsCertain(answering)) return false;
  }
  return true;
}

}  // namespace

// LFS-k@n: launch n traces, wait for all, vote over the k longest that answer. arXiv 2512.02008.
Task<Verdict> LastFinish(Traces& traces, const v1::LastFinish& params) {
  traces.Launch(params.n());
  const bool lossless = params.stop() == v1::STOP_LOSSLESS;
  std::vector<Vote> votes;
  while (traces.open() > 0 &&
         !(lossless && IsCertain(votes, params.k(), traces.open(), traces.vote_rule()))) {
    Task<const Trace*> next = traces.Next();
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr) break;
    if (trace->answer) votes.push_back(VoteOf(*trace));
  }
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = LongestOf(std::move(votes), params.k(), traces.vote_rule()).Decide()};
  co_return verdict;
}

}  // namespace sextant
