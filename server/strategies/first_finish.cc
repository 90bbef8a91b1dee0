#include <algorithm>

#include "server/strategies/strategies.h"

namespace sextant {

// FFS-k@n: launch n traces, keep the first k that answer, cancel the rest, vote. arXiv 2505.18149.
// A trace that ends without an answer does not count towards k; when fewer than k answer, all of
// them vote.
Task<Verdict> FirstFinish(Traces& traces, const v1::FirstFinish& params) {
  traces.Launch(params.n());
  const bool lossless = params.stop() == v1::STOP_LOSSLESS;
  Ballot ballot(traces.vote_rule());
  while (traces.open() > 0 && ballot.votes() < params.k()) {
    if (lossless && ballot.IsCertain(std::min(traces.open(), params.k() - ballot.votes()))) break;
    Task<const Trace*> next = traces.Next();
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr) break;
    if (trace->answer) ballot.Add(VoteOf(*trace));
  }
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = ballot.Decide()};
  co_return verdict;
}

}  // namespace sextant
