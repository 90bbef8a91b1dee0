#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/strategies/adaptive_rule.h"
#include "server/strategies/strategies.h"

namespace sextant {
namespace {

// Moves are reconsidered when a trace ends, and each time that the longest one has grown by this
// share of a mean length: running traces state answers and become late.
constexpr double kCheckpoints = 24;

AdaptiveState StateOf(const Traces& traces, bool with_statements) {
  AdaptiveState state;
  state.launched = traces.launched();
  state.tokens_left = traces.spending().TokensLeft();
  for (const auto& trace : traces.all()) {
    if (trace->is_open()) {
      std::optional<Answer> stated;
      if (with_statements) stated = trace->Stated();
      state.running.push_back({trace->index(), trace->tokens(), std::move(stated)});
    } else if (trace->state == Trace::State::kFinished) {
      ++state.finished;
      state.finished_tokens += trace->tokens();
      if (trace->answer) state.votes.push_back(VoteOf(*trace));
    }
  }
  return state;
}

// The moves of one solve as sentences. Launches that follow each other are one.
class Diary {
 public:
  void Launched(int64_t clock, const std::string& why) {
    if (launched_++ == 0) why_ = absl::StrFormat("At %d tokens: %s", clock, why);
  }
  void Add(int64_t clock, absl::string_view what, const std::string& why) {
    Flush();
    sentences_.push_back(absl::StrFormat("At %d tokens: %s, so %s.", clock, why, what));
  }
  // The launches so far become a sentence.
  void Flush() {
    if (launched_ == 0) return;
    sentences_.push_back(absl::StrFormat("%s, so %d %s launched.", why_, launched_,
                                         launched_ == 1 ? "trace is" : "traces are"));
    launched_ = 0;
  }
  std::vector<std::string> Take() {
    Flush();
    return std::move(sentences_);
  }

 private:
  std::vector<std::string> sentences_;
  int launched_ = 0;
  std::string why_;
};

}  // namespace

// Launch what the vote can still need; at every event stop, drop, launch or wait: see
// adaptive_rule.h.
Task<Verdict> Adaptive(Traces& traces, const v1::Adaptive& asked, const AdaptiveModel& model) {
  v1::Adaptive params = asked;
  const bool with_statements = params.stated() > 0;
  if (with_statements) traces.WatchAnswers();
  const int64_t step = std::max<int64_t>(1, std::llround(model.mean_tokens / kCheckpoints));
  Diary diary;
  while (true) {
    AdaptiveMove move;
    if (!traces.stop_reason()) {
      const AdaptiveState state = StateOf(traces, with_statements);
      move = NextMove(state, params, model, traces.vote_rule());
    }
    const int64_t clock = traces.decided_clock();
    if (move.kind == AdaptiveMove::Kind::kStop) {
      diary.Add(clock, "the solve stops", move.why);
      break;
    }
    if (move.kind == AdaptiveMove::Kind::kDrop) {
      diary.Add(clock, "it is dropped", move.why);
      traces.Drop(*traces.all()[move.trace]);
      continue;
    }
    if (move.kind == AdaptiveMove::Kind::kLaunch) {
      TraceLaunch launch{.clock = clock};
      const bool launched = traces.Launch(std::move(launch));
      if (launched) diary.Launched(clock, move.why);
      if (!launched) params.set_n(traces.launched());  // A budget allows no more.
      continue;
    }
    diary.Flush();
    Task<const Trace*> next = traces.NextBefore((traces.running_clock() / step + 1) * step);
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr && traces.stop_reason()) break;
  }
  const AdaptiveState end = StateOf(traces, with_statements);
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = BallotOf(end, params, traces.vote_rule()).Decide(),
                  .decisions = diary.Take()};
  if (verdict.vote.answer) {
    const Trace& shown = *traces.all()[verdict.vote.representative];
    verdict.provisional = shown.state != Trace::State::kFinished;
  }
  co_return verdict;
}

}  // namespace sextant
