#include "client/calibrate/replay.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace sextant {
namespace {

constexpr double kCheckpoints = 8;  // In a mean length.

class Solve {
 public:
  Solve(const CalibrationProblem& problem, size_t first, const v1::Adaptive& params,
        const ReplayModel& model)
      : problem_(problem),
        first_(first),
        params_(params),
        model_(model),
        rule_{.ties = model.ties,
              .weighting = Weighting::kLength,
              .typical_tokens = model.facts.mean_tokens,
              .length_exponent = params.length_exponent()},
        step_(std::max<int64_t>(1, std::llround(model.facts.mean_tokens / kCheckpoints))) {}

  Replayed Run() {
    while (true) {
      const AdaptiveState state = State();
      const AdaptiveMove move = NextMove(state, params_, model_.facts, rule_);
      if (move.kind == AdaptiveMove::Kind::kStop) return End(state);
      if (move.kind == AdaptiveMove::Kind::kDrop) {
        launched_[static_cast<size_t>(move.trace)].stopped_at = clock_;
      } else if (move.kind == AdaptiveMove::Kind::kLaunch) {
        launched_.push_back({.trace = &TraceAt(launched_.size()), .start = clock_});
      } else {
        clock_ = NextEvent();
      }
    }
  }

 private:
  struct Launched {
    const CalibrationTrace* trace;
    int64_t start;
    int64_t stopped_at = -1;  // -1: it was not.
  };

  const CalibrationTrace& TraceAt(size_t index) const {
    return problem_.traces[(first_ + index) % problem_.traces.size()];
  }
  int64_t Tokens(const Launched& one) const {
    const int64_t until = one.stopped_at >= 0 ? one.stopped_at : clock_;
    return std::min(until - one.start, one.trace->tokens);
  }
  bool HasFinished(const Launched& one) const {
    return one.stopped_at < 0 && Tokens(one) == one.trace->tokens;
  }
  const StatedAnswer* Stated(const Launched& one) const {
    const StatedAnswer* latest = nullptr;
    const auto said = static_cast<double>(Tokens(one));
    for (const StatedAnswer& stated : one.trace->stated) {
      if (stated.at * static_cast<double>(one.trace->tokens) <= said) latest = &stated;
    }
    return latest;
  }

  AdaptiveState State() const {
    AdaptiveState state;
    state.launched = static_cast<int>(launched_.size());
    for (int i = 0; i < state.launched; ++i) {
      const Launched& one = launched_[static_cast<size_t>(i)];
      if (HasFinished(one)) {
        ++state.finished;
        state.finished_tokens += one.trace->tokens;
        if (one.trace->answer) state.votes.push_back({*one.trace->answer, one.trace->tokens, i});
      } else if (one.stopped_at < 0) {
        const StatedAnswer* stated = Stated(one);
        state.running.push_back(
            {i, Tokens(one), stated == nullptr ? std::nullopt : std::optional(stated->answer)});
      }
    }
    return state;
  }

  // The next end of a trace or checkpoint.
  int64_t NextEvent() const {
    int64_t next = (clock_ / step_ + 1) * step_;
    for (const Launched& one : launched_) {
      if (one.stopped_at < 0 && !HasFinished(one)) {
        next = std::min(next, one.start + one.trace->tokens);
      }
    }
    return next;
  }

  Replayed End(const AdaptiveState& state) const {
    Replayed end{.sequential = static_cast<double>(clock_)};
    for (const Launched& one : launched_) end.billed += static_cast<double>(Tokens(one));
    VoteResult vote = BallotOf(state, params_, rule_).Decide();
    if (!vote.answer) vote = ProvisionalVote();
    if (!vote.answer) return end;
    const Launched& shown = launched_[static_cast<size_t>(vote.representative)];
    end.right = HasFinished(shown) ? shown.trace->right : Stated(shown)->right;
    return end;
  }

  // Without an answer of a finished trace: what the others have stated.
  VoteResult ProvisionalVote() const {
    Ballot ballot(rule_);
    for (size_t i = 0; i < launched_.size(); ++i) {
      const StatedAnswer* stated = HasFinished(launched_[i]) ? nullptr : Stated(launched_[i]);
      if (stated == nullptr) continue;
      ballot.Add({stated->answer, Tokens(launched_[i]), static_cast<int>(i)});
    }
    return ballot.Decide();
  }

  const CalibrationProblem& problem_;
  const size_t first_;
  const v1::Adaptive& params_;
  const ReplayModel& model_;
  const VoteRule rule_;
  const int64_t step_;
  std::vector<Launched> launched_;
  int64_t clock_ = 0;
};

}  // namespace

Replayed Replay(const CalibrationProblem& problem, size_t first, v1::Adaptive params,
                const ReplayModel& model) {
  params.set_n(static_cast<int>(problem.traces.size()));
  return Solve(problem, first, params, model).Run();
}

Replayed VoteOfAll(const CalibrationProblem& problem, TieRule ties) {
  Replayed all;
  Ballot ballot({.ties = ties});
  for (size_t i = 0; i < problem.traces.size(); ++i) {
    const CalibrationTrace& trace = problem.traces[i];
    const auto tokens = static_cast<double>(trace.tokens);
    all.billed += tokens;
    all.sequential = std::max(all.sequential, tokens);
    if (trace.answer) ballot.Add({*trace.answer, trace.tokens, static_cast<int>(i)});
  }
  const VoteResult vote = ballot.Decide();
  all.right = vote.answer && problem.traces[static_cast<size_t>(vote.representative)].right;
  return all;
}

}  // namespace sextant
