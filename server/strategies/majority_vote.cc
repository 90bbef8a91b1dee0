#include "server/strategies/strategies.h"

namespace sextant {

// Launch n traces; the answer that most of them give. arXiv 2203.11171. Stops, unless told to wait
// for all, as soon as the open traces together could not overturn the leader.
Task<Verdict> MajorityVote(Traces& traces, const v1::MajorityVote& params) {
  traces.Launch(params.n());
  const bool lossless = params.stop() != v1::STOP_ALL;
  Ballot ballot(traces.vote_rule());
  while (traces.open() > 0 && !(lossless && ballot.IsCertain(traces.open()))) {
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
