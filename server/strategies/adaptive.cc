#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/difficulty.h"
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

PilotTraces PilotTracesOf(const Traces& traces) {
  PilotTraces pilots;
  Ballot ballot;
  for (const auto& trace : traces.all()) {
    const auto tokens = static_cast<double>(trace->tokens());
    if (trace->state == Trace::State::kFinished) {
      pilots.ended_tokens.push_back(tokens);
      if (trace->answer) ballot.Add(VoteOf(*trace));
    } else if (trace->state != Trace::State::kFailed) {
      pilots.running_tokens.push_back(tokens);  // One that was dropped is as long as it is.
    }
  }
  const VoteResult vote = ballot.Decide();
  if (vote.answer) pilots.leading = vote.candidates.front().votes;
  pilots.votes = ballot.votes();
  return pilots;
}

// What an adaptive solve goes by: the parameters, and the vote that follows from them.
struct Course {
  v1::Adaptive params;
  VoteRule rule;
  const Pilot::Row* row = nullptr;  // Null: what the plan says.

  void Follow(const Pilot::Row& next) {
    const int n = std::min(params.n(), next.params.n());
    params = next.params;
    params.set_n(n);  // Neither row, nor a budget that was met, allows more.
    rule.length_exponent = params.length_exponent();
    row = &next;
  }
};

// Looks at the difficulty each time that a trace has ended, and changes the course with it.
class Lookout {
 public:
  // `pilot` may be null.
  explicit Lookout(const Pilot* pilot) : pilot_(pilot) {}

  void Look(const Traces& traces, Course& course, Diary& diary) {
    if (pilot_ == nullptr) return;
    const PilotTraces pilots = PilotTracesOf(traces);
    if (pilots.ended_tokens.size() == seen_) return;
    seen_ = pilots.ended_tokens.size();
    const auto estimate = EstimateByPilot(pilot_->model, pilots, pilot_->mean_tokens);
    if (!estimate) return;
    const std::string why = absl::StrFormat("%s, hard with a probability of %.2f", estimate->why,
                                            estimate->hard_probability);
    estimate_ = DifficultyOf(estimate->hard_probability, "pilot");
    estimate_->set_reason(absl::StrCat(why, "."));
    if (!pilot_->rows) return;
    const bool is_hard = estimate_->difficulty() == v1::DIFFICULTY_HARD;
    const Pilot::Row& row = is_hard ? pilot_->rows->hard : pilot_->rows->easy;
    if (&row == course.row) return;
    course.Follow(row);
    diary.Add(traces.decided_clock(), absl::StrCat("row ", row.name, " goes on"), why);
  }

  std::optional<v1::DifficultyEstimate> Take() { return std::move(estimate_); }

 private:
  const Pilot* pilot_;
  size_t seen_ = 0;
  std::optional<v1::DifficultyEstimate> estimate_;
};

bool LooksAtStatements(const v1::Adaptive& params, const Pilot* pilot) {
  const bool may_change = pilot != nullptr && pilot->rows;
  return params.stated() > 0 || (may_change && (pilot->rows->easy.params.stated() > 0 ||
                                                pilot->rows->hard.params.stated() > 0));
}

}  // namespace

// Launch what the vote can still need; at every event stop, drop, launch or wait: see
// adaptive_rule.h.
Task<Verdict> Adaptive(Traces& traces, const v1::Adaptive& params, const AdaptiveModel& model,
                       const Pilot* pilot) {
  Course course{.params = params, .rule = traces.vote_rule()};
  Lookout lookout(pilot);
  const bool with_statements = LooksAtStatements(params, pilot);
  if (with_statements) traces.WatchAnswers();
  const int64_t step = std::max<int64_t>(1, std::llround(model.mean_tokens / kCheckpoints));
  Diary diary;
  while (true) {
    AdaptiveMove move;
    lookout.Look(traces, course, diary);
    if (!traces.stop_reason()) {
      const AdaptiveState state = StateOf(traces, with_statements);
      move = NextMove(state, course.params, model, course.rule);
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
      if (!launched) course.params.set_n(traces.launched());  // A budget allows no more.
      continue;
    }
    diary.Flush();
    Task<const Trace*> next = traces.NextBefore((traces.running_clock() / step + 1) * step);
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr && traces.stop_reason()) break;
    if (trace != nullptr && trace->is_weak()) {
      diary.Add(traces.decided_clock(), "it is dropped", trace->WhyWeak());
    }
  }
  const AdaptiveState end = StateOf(traces, with_statements);
  Task<bool> close = traces.Close();
  co_await std::move(close);
  Verdict verdict{.vote = BallotOf(end, course.params, course.rule).Decide(),
                  .decisions = diary.Take(),
                  .difficulty = lookout.Take()};
  if (verdict.vote.answer) {
    const Trace& shown = *traces.all()[verdict.vote.representative];
    verdict.provisional = shown.state != Trace::State::kFinished;
  }
  co_return verdict;
}

}  // namespace sextant
