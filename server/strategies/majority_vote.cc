#include <algorithm>

#include "absl/strings/str_format.h"
#include "server/strategies/strategies.h"

namespace sextant {
namespace {

// What a bar that has been set means for the traces to come.
std::string BarDecision(const Traces& traces, int warmup) {
  const std::string start = absl::StrFormat("At %d tokens: the first %d traces have ended, so ",
                                            traces.decided_clock(), warmup);
  const std::optional<double> bar = traces.confidence_bar().height();
  if (!bar) return start + "the others run to their end: none of the first has a group confidence.";
  return absl::StrFormat(
      "%sa trace is stopped once its group confidence over %d tokens is below %.2f.", start,
      traces.confidence_window(), *bar);
}

// Launches `n` traces, or as many as the budget allows; returns how many.
int LaunchAt(Traces& traces, int64_t clock, int n) {
  int launched = 0;
  while (launched < n && traces.Launch(TraceLaunch{.clock = clock})) ++launched;
  return launched;
}

}  // namespace

// Launch n traces; the answer that most of them give. arXiv 2203.11171. Stops, unless told to wait
// for all, as soon as the open traces together could not overturn the leader. With `keep`, the
// first `warmup` traces end before the others start, so that those have a bar to be stopped at.
Task<Verdict> MajorityVote(Traces& traces, const v1::MajorityVote& params) {
  int later = params.keep() > 0 ? std::max(0, params.n() - params.warmup()) : 0;
  traces.Launch(params.n() - later);
  const bool lossless = params.stop() != v1::STOP_ALL;
  Verdict verdict;
  Ballot ballot(traces.vote_rule());
  while (traces.open() + later > 0 && !(lossless && ballot.IsCertain(traces.open() + later))) {
    if (traces.open() == 0) {
      // What a budget does not allow now, it does not allow once these have ended either.
      if (LaunchAt(traces, traces.decided_clock(), later) > 0) {
        verdict.decisions.push_back(BarDecision(traces, params.warmup()));
      }
      later = 0;
      continue;
    }
    Task<const Trace*> next = traces.Next();
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr) break;
    if (trace->answer) ballot.Add(VoteOf(*trace));
    if (trace->is_weak()) {
      verdict.decisions.push_back(
          absl::StrFormat("At %d tokens: %s, so it is stopped.", trace->clock(), trace->WhyWeak()));
    }
  }
  Task<bool> close = traces.Close();
  co_await std::move(close);
  verdict.vote = ballot.Decide();
  co_return verdict;
}

}  // namespace sextant
