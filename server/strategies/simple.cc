#include "server/strategies/strategies.h"

namespace sextant {

Vote VoteOf(const Trace& trace) {
  return {.answer = *trace.answer,
          .tokens = trace.tokens(),
          .index = trace.index(),
          .confidence = trace.confidence()};
}

// One trace: its answer.
Task<Verdict> Simple(Traces& traces) {
  traces.Launch(1);
  Ballot ballot(traces.vote_rule());
  Task<const Trace*> next = traces.Next();
  const Trace* trace = co_await std::move(next);
  if (trace != nullptr && trace->answer) ballot.Add(VoteOf(*trace));
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = ballot.Decide()};
  co_return verdict;
}

}  // namespace sextant
