#include "server/strategies/adaptive_rule.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sextant {
namespace {

constexpr double kPriorTraces = 2;    // What the model's answer rate weighs against this problem's.
constexpr double kPriorLength = 0.5;  // What its mean length does, in traces.
constexpr double kLeastRest =
    0.35;  // Share of its length that a running trace goes on for at least.
constexpr double kLengthPerTrace =
    0.3;  // Of L: a budget that leaves less for each carries fewer traces.
constexpr double kRounding = 1e-9;

// The state in the terms of the rule.
class Reckoning {
 public:
  Reckoning(const AdaptiveState& state, const v1::Adaptive& params, const AdaptiveModel& model,
            const VoteRule& rule)
      : state_(state), params_(params), model_(model) {
    const VoteResult vote = BallotOf(state, params, rule).Decide();
    if (!vote.candidates.empty()) {
      leader_ = vote.answer->canonical;
      runner_up_ = vote.candidates.size() > 1 ? vote.candidates[1].weight : 0;
      margin_ = vote.candidates[0].weight - runner_up_;
    }
    const auto answered = static_cast<double>(state.votes.size());
    rate_ = (answered + kPriorTraces * model.answer_rate) / (state.finished + kPriorTraces);
    may_launch_ = MayLaunch();
    expected_ = may_launch_ * rate_;
    for (const AdaptiveState::Running& trace : state.running) {
      const double overdue = std::max(0.0, Lengths(trace) - 1);
      expected_ += rate_ * std::exp(-overdue) * (trace.stated ? 1 - params.stated() : 1);
    }
  }

  bool has_leader() const { return !leader_.empty(); }
  int may_launch() const { return may_launch_; }
  bool IsSettled() const { return has_leader() && margin_ > 0 && margin_ >= needed() - kRounding; }
  bool IsOver() const { return state_.running.empty() && may_launch_ == 0; }

  // A trace that is not worth going on with, or that the budget cannot carry; -1.
  int TraceToDrop() const {
    for (const AdaptiveState::Running& trace : state_.running) {
      const bool only_hope = !has_leader() && state_.running.size() == 1 && !CanReplaceLast();
      const double least = params_.drop_after() * model_.mean_tokens;
      if (params_.drop_after() > 0 && !only_hope &&
          static_cast<double>(trace.tokens) >= std::max(least, model_.drop_after)) {
        return trace.index;
      }
    }
    return -1;
  }
  int TraceBeyondBudget() const {
    const double carried =
        std::max(1.0, std::floor(state_.tokens_left / (kLengthPerTrace * model_.mean_tokens)));
    return static_cast<double>(state_.running.size()) > carried ? state_.running.back().index : -1;
  }

  bool WantsMore() const {
    const auto coming =
        std::count_if(state_.running.begin(), state_.running.end(),
                      [this](const auto& trace) { return Lengths(trace) <= params_.late_after(); });
    return may_launch_ > 0 && coming < Wanted();
  }

  std::string Standing() const {
    if (!has_leader()) {
      return absl::StrFormat("no answer yet from %d finished traces", state_.finished);
    }
    return absl::StrFormat("%s leads by %.2f with %.2f votes still to be expected", leader_,
                           margin_, expected_);
  }

 private:
  double needed() const { return params_.margin() * expected_; }
  double Lengths(const AdaptiveState::Running& trace) const {
    return static_cast<double>(trace.tokens) / model_.mean_tokens;
  }
  // Answers differ, or are missing.
  bool IsHard() const {
    return runner_up_ > 0 || state_.finished > static_cast<int>(state_.votes.size());
  }

  // Whether one more could be launched if nothing ran.
  bool CanReplaceLast() const {
    return state_.launched < params_.n() && state_.tokens_left >= ExpectedLength();
  }

  // Of this problem's traces.
  double ExpectedLength() const {
    return (static_cast<double>(state_.finished_tokens) + kPriorLength * model_.mean_tokens) /
           (state_.finished + kPriorLength);
  }

  int64_t Wanted() const {
    if (state_.finished == 0 && !IsHard()) return params_.first();
    const double settling = std::ceil((needed() - margin_) / (1 + params_.margin()) - kRounding);
    return std::max<int64_t>(1, std::llround(settling)) + (IsHard() ? params_.spare() : 0);
  }

  int MayLaunch() const {
    const int more = std::max(0, params_.n() - state_.launched);
    if (std::isinf(state_.tokens_left)) return more;
    if (state_.launched == 0) return std::min(1, more);
    const double length = ExpectedLength();
    double left = state_.tokens_left;
    for (const AdaptiveState::Running& trace : state_.running) {
      const auto tokens = static_cast<double>(trace.tokens);
      left -= std::max(kLeastRest * std::max(length, tokens), length - tokens);
    }
    return std::clamp(static_cast<int>(std::floor(left / length + kRounding)), 0, more);
  }

  const AdaptiveState& state_;
  const v1::Adaptive& params_;
  const AdaptiveModel& model_;
  std::string leader_;
  double runner_up_ = 0;
  double margin_ = 0;
  double rate_ = 0;
  int may_launch_ = 0;
  double expected_ = 0;
};

}  // namespace

Ballot BallotOf(const AdaptiveState& state, const v1::Adaptive& params, const VoteRule& rule) {
  Ballot ballot(rule);
  for (const Vote& vote : state.votes) ballot.Add(vote);
  if (params.stated() <= 0) return ballot;
  for (const AdaptiveState::Running& trace : state.running) {
    if (!trace.stated) continue;
    ballot.Add({.answer = *trace.stated,
                .tokens = trace.tokens,
                .index = trace.index,
                .provisional = true,
                .share = params.stated()});
  }
  return ballot;
}

AdaptiveMove NextMove(const AdaptiveState& state, const v1::Adaptive& params,
                      const AdaptiveModel& model, const VoteRule& rule) {
  using Kind = AdaptiveMove::Kind;
  const Reckoning now(state, params, model, rule);
  if (now.IsSettled()) {
    return {Kind::kStop, -1,
            absl::StrFormat("%s; %g times that suffices", now.Standing(), params.margin())};
  }
  if (now.IsOver()) return {Kind::kStop, -1, absl::StrCat(now.Standing(), "; no trace is left")};
  if (const int late = now.TraceToDrop(); late >= 0) {
    return {Kind::kDrop, late,
            absl::StrFormat("trace %d is longer than is worth its tokens", late)};
  }
  if (const int last = now.TraceBeyondBudget(); last >= 0) {
    return {Kind::kDrop, last,
            absl::StrFormat("the budget does not carry trace %d any more", last)};
  }
  if (now.WantsMore()) return {Kind::kLaunch, -1, now.Standing()};
  return {};
}

}  // namespace sextant
