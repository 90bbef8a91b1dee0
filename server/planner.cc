#include "server/planner.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/difficulty.h"
#include "server/expected_use.h"
#include "server/prompt_tokens.h"
#include "server/request_sharing.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

void SetTraceCount(v1::Strategy& strategy, int n) {
  if (strategy.has_majority_vote()) strategy.mutable_majority_vote()->set_n(n);
  if (strategy.has_first_finish()) strategy.mutable_first_finish()->set_n(n);
  if (strategy.has_last_finish()) strategy.mutable_last_finish()->set_n(n);
  if (strategy.has_adaptive()) strategy.mutable_adaptive()->set_n(n);
}

void SetFinishCount(v1::Strategy& strategy, int k) {
  if (strategy.has_first_finish()) strategy.mutable_first_finish()->set_k(k);
  if (strategy.has_last_finish()) strategy.mutable_last_finish()->set_k(k);
}

bool HasTraceCount(const v1::Strategy& strategy) {
  return strategy.has_majority_vote() || strategy.has_first_finish() ||
         strategy.has_last_finish() || strategy.has_adaptive();
}

template <typename Message>
void FillStop(Message& message, v1::Stop default_stop) {
  if (message.stop() == v1::STOP_UNSPECIFIED) message.set_stop(default_stop);
}

// What an adaptive strategy is without a policy's word: that of deploy/policies/sextant.yaml for
// unknown horizons.
void FillAdaptive(v1::Adaptive& adaptive) {
  if (adaptive.first() == 0) adaptive.set_first(3);
  if (!adaptive.has_margin()) adaptive.set_margin(0.4);
  if (!adaptive.has_spare()) adaptive.set_spare(1);
  if (!adaptive.has_late_after()) adaptive.set_late_after(1.25);
  if (!adaptive.has_drop_after()) adaptive.set_drop_after(1.75);
  if (!adaptive.has_stated()) adaptive.set_stated(0.5);
  if (!adaptive.has_length_exponent()) adaptive.set_length_exponent(0);
  if (adaptive.weights() == v1::WEIGHTS_UNSPECIFIED) adaptive.set_weights(v1::WEIGHTS_LENGTH);
}

int DefaultWarmup(int n) { return std::min(n - 1, std::clamp(n / 4, 4, 16)); }

// Sets every parameter that does not depend on the budget.
void FillDefaults(v1::Strategy& strategy) {
  if (strategy.has_adaptive()) FillAdaptive(*strategy.mutable_adaptive());
  if (FinishCount(strategy) == 0) SetFinishCount(strategy, 1);
  if (strategy.has_majority_vote()) FillStop(*strategy.mutable_majority_vote(), v1::STOP_LOSSLESS);
  if (strategy.has_first_finish()) FillStop(*strategy.mutable_first_finish(), v1::STOP_ALL);
  if (strategy.has_last_finish()) FillStop(*strategy.mutable_last_finish(), v1::STOP_ALL);
  if (!strategy.has_beam_search()) return;
  v1::BeamSearch& beam = *strategy.mutable_beam_search();
  if (beam.width() == 0) beam.set_width(kDefaultBeamWidth);
  if (beam.step_tokens() == 0) beam.set_step_tokens(kDefaultStepTokens);
  if (beam.step_delimiter().empty()) {
    beam.set_step_delimiter(kDefaultStepDelimiter.data(), kDefaultStepDelimiter.size());
  }
  if (beam.expansion() == 0) beam.set_expansion(kDefaultExpansion);
  if (beam.length_penalty() == 0) beam.set_length_penalty(kDefaultLengthPenalty);
}

// Writes one plan, with a sentence for each decision as it is made.
class PlanWriter {
 public:
  explicit PlanWriter(const PlanInputs& inputs)
      : inputs_(inputs),
        request_(inputs.request),
        model_(inputs.model),
        policy_(inputs.policy),
        time_left_(inputs.time_left),
        load_(inputs.load),
        use_(inputs.request, inputs.model, inputs.time_left) {}

  v1::Plan Write();

 private:
  // How many traces a strategy may have.
  struct Caps {
    int given;   // An n that is written down is lowered to this.
    int chosen;  // An n that is chosen here is at most this.
  };

  v1::Expectation Expect(const v1::Strategy& strategy) const;
  void ExplainTraceLimits();
  void ExplainBudgets();
  StrategyTemplate Choose();
  v1::Goal GoalUnderLoad();
  PolicyCell Cell();  // What the policy is asked about, with the reasons.
  StrategyTemplate ChooseByPolicy();
  void SetRunnerUp(const PolicyRow& row);
  void SetOtherDifficulty(PolicyCell cell, const PolicyRow& fired);
  // A row's strategy with every parameter set, without reasons.
  v1::Strategy CompleteRow(const PolicyRow& row) const;
  // Parameters that the request leaves out are those of the row that would fire.
  void TakeFromPolicy(v1::Adaptive& adaptive);
  v1::Strategy Complete(StrategyTemplate chosen, Caps caps);
  int ChooseTraceCount(const StrategyTemplate& chosen, Caps caps);
  // Sets what depends on n of the stopping of weak traces. `n` is 1 or more.
  template <typename Message>
  void FillConfidence(Message& message, int n);
  bool FitsWith(StrategyTemplate chosen, int n) const;
  void Because(std::string sentence) { plan_.add_reasons(std::move(sentence)); }

  int requested_cap() const { return request_.budget().max_traces(); }  // 0: none.
  int default_cap() const { return requested_cap() > 0 ? requested_cap() : model_.max_traces; }
  std::string cap_name() const {
    return requested_cap() > 0 ? "budget.max_traces" : "the model's max_traces";
  }

  const PlanInputs& inputs_;
  const v1::SolveRequest& request_;
  const ModelConfig& model_;
  const Policy& policy_;
  const absl::Duration time_left_;
  const double load_;
  const ExpectedUse use_;
  v1::Plan plan_;
};

v1::Plan PlanWriter::Write() {
  plan_.set_horizon(ToProto(model_.horizon));
  plan_.set_policy(policy_.name);
  *plan_.mutable_difficulty() = inputs_.difficulty == nullptr
                                    ? EstimateDifficulty(request_, model_.difficulty)
                                    : *inputs_.difficulty;
  Because(absl::StrFormat("Model %s has horizon %s and a typical trace of %d tokens.", model_.name,
                          HorizonName(model_.horizon), model_.typical_trace_tokens));
  // What was paid for is worth a sentence.
  if (inputs_.difficulty != nullptr) Because(inputs_.difficulty->reason());
  ExplainTraceLimits();
  ExplainBudgets();

  const bool is_requested = request_.strategy().kind_case() != v1::Strategy::KIND_NOT_SET;
  const int limit = requested_cap() > 0 ? requested_cap() : kMaxTraces;
  const Caps caps{is_requested ? limit : default_cap(), default_cap()};
  *plan_.mutable_strategy() = Complete(Choose(), caps);
  plan_.set_strategy_text(StrategyText(plan_.strategy()));
  if (const int choices = ChoicesPerRequest(request_, model_, plan_.strategy()); choices > 0) {
    plan_.set_choices_per_request(choices);
    Because(absl::StrFormat("%d traces share a request, as all of them are wanted.", choices));
  }
  *plan_.mutable_expected() = Expect(plan_.strategy());
  if (!use_.Fits(plan_.strategy())) {
    Because(
        absl::StrFormat("The budget is expected to end the solve early, after %d tokens, with the "
                        "best answer so far.",
                        plan_.expected().billed_tokens()));
  }
  return std::move(plan_);
}

v1::Expectation PlanWriter::Expect(const v1::Strategy& strategy) const {
  v1::Expectation expected = use_.Of(strategy);
  const std::optional<double> agreement = ExpectedAgreement(
      strategy, model_.profile.value_or(ModelProfile()), plan_.difficulty().hard_probability());
  if (agreement) expected.set_agreement(*agreement);
  return expected;
}

void PlanWriter::ExplainTraceLimits() {
  const int asked = AskedTraceTokens(request_, model_);
  if (const int longest = LongestTraceTokens(request_, model_); longest < asked) {
    Because(
        absl::StrFormat("Traces may have %d tokens instead of %d: what the context of %d leaves "
                        "beside the prompt.",
                        longest, asked, model_.context_tokens));
  }
  const double typical = model_.typical_trace_tokens;
  const std::string consequence = absl::StrFormat(
      "less than a typical trace (%.0f): many traces will be cut before they answer.", typical);
  if (use_.sampling_limit() < typical) {
    Because(absl::StrFormat("The longest trace allowed has %.0f tokens, %s", use_.sampling_limit(),
                            consequence));
  }
  if (use_.sequential_limit() < typical) {
    Because(absl::StrFormat("budget.max_sequential_tokens is %.0f, %s", use_.sequential_limit(),
                            consequence));
  }
  if (time_left_ == absl::InfiniteDuration()) return;
  const double seconds = absl::ToDoubleSeconds(time_left_);
  if (model_.tokens_per_second == 0) {
    Because(
        absl::StrFormat("The deadline leaves %.1f s; it does not shape the plan, because the "
                        "model has no tokens_per_second to tell how many tokens that is.",
                        seconds));
  } else if (use_.deadline_limit() < typical) {
    Because(absl::StrFormat("The deadline leaves %.1f s, %.0f tokens at %g tokens a second, %s",
                            seconds, use_.deadline_limit(), model_.tokens_per_second, consequence));
  }
}

void PlanWriter::ExplainBudgets() {
  const v1::Budget& budget = request_.budget();
  const auto explain = [&](const std::string& limit, double traces) {
    Because(absl::StrFormat("%s holds %.1f typical traces%s", limit, traces,
                            traces < 1 ? ": not even one is sure to finish." : "."));
  };
  if (budget.max_tokens() > 0) {
    explain(absl::StrCat("budget.max_tokens (", budget.max_tokens(), ")"), use_.traces_by_tokens());
  }
  if (budget.max_cost_usd() > 0) {
    explain(absl::StrCat("budget.max_cost_usd (", budget.max_cost_usd(), ")"),
            use_.traces_by_cost());
  }
}

StrategyTemplate PlanWriter::Choose() {
  if (request_.strategy().kind_case() == v1::Strategy::KIND_NOT_SET) return ChooseByPolicy();
  plan_.set_row("request");
  Because(absl::StrCat("The request names the strategy ", StrategyText(request_.strategy()), "."));
  StrategyTemplate chosen{request_.strategy()};
  if (chosen.strategy.has_adaptive()) TakeFromPolicy(*chosen.strategy.mutable_adaptive());
  return chosen;
}

void PlanWriter::TakeFromPolicy(v1::Adaptive& adaptive) {
  const PolicyRow& row = policy_.RowFor(Cell());
  if (!row.strategy.strategy.has_adaptive()) return;
  v1::Adaptive merged = row.strategy.strategy.adaptive();
  merged.MergeFrom(adaptive);
  if (adaptive.n() == 0) merged.clear_n();
  adaptive = merged;
  Because(absl::StrCat("What it leaves out is taken from row ", row.name, " of policy ",
                       policy_.name, "."));
}

PolicyCell PlanWriter::Cell() {
  const double held = std::min(use_.traces_by_tokens(), use_.traces_by_cost());
  const bool is_low = held < std::min(policy_.low_budget_below, default_cap());
  const double lengths =
      std::min(use_.sequential_limit(), use_.deadline_limit()) / model_.typical_trace_tokens;
  const bool is_tight = lengths < policy_.tight_time_below;
  if (std::isfinite(held)) {
    Because(absl::StrFormat("The budget is %s: it holds %.1f typical traces, %s %d.",
                            BudgetLevelName(is_low ? BudgetLevel::kLow : BudgetLevel::kHigh), held,
                            is_low ? "fewer than" : "at least",
                            std::min(policy_.low_budget_below, default_cap())));
  }
  if (std::isfinite(lengths)) {
    Because(absl::StrFormat("Time is %s: it holds %.1f lengths of a typical trace, %s %g.",
                            TimeLevelName(is_tight ? TimeLevel::kTight : TimeLevel::kLoose),
                            lengths, is_tight ? "fewer than" : "at least",
                            policy_.tight_time_below));
  }
  return {.horizon = model_.horizon,
          .budget = is_low ? BudgetLevel::kLow : BudgetLevel::kHigh,
          .time = is_tight ? TimeLevel::kTight : TimeLevel::kLoose,
          .difficulty = plan_.difficulty().difficulty(),
          .goal = GoalUnderLoad()};
}

v1::Goal PlanWriter::GoalUnderLoad() {
  const v1::Goal asked = request_.budget().goal();
  const v1::Goal goal = asked == v1::GOAL_UNSPECIFIED ? v1::GOAL_BALANCED : asked;
  if (load_ <= policy_.busy_above || goal == v1::GOAL_CHEAP) return goal;
  const v1::Goal less = goal == v1::GOAL_BALANCED ? v1::GOAL_CHEAP : v1::GOAL_BALANCED;
  Because(absl::StrFormat(
      "The service is busy (%.2f of its capacity, above %g), so goal %s is planned as %s.", load_,
      policy_.busy_above, GoalName(goal), GoalName(less)));
  return less;
}

StrategyTemplate PlanWriter::ChooseByPolicy() {
  const PolicyCell cell = Cell();
  const PolicyRow& row = policy_.RowFor(cell);
  plan_.set_row(row.name);
  Because(absl::StrFormat("Row %s of policy %s fires for %s: %s.", row.name, policy_.name,
                          CellText(cell), StrategyName(row.strategy.strategy)));
  if (row.hedge_after) {
    plan_.set_hedge_after_seconds(absl::ToDoubleSeconds(*row.hedge_after));
    Because(absl::StrFormat("A trace that says nothing for %s is asked of a second server as well.",
                            absl::FormatDuration(*row.hedge_after)));
  }
  if (const PolicyRow* next = policy_.NextRowFor(cell, row)) SetRunnerUp(*next);
  SetOtherDifficulty(cell, row);
  return row.strategy;
}

v1::Strategy PlanWriter::CompleteRow(const PolicyRow& row) const {
  return PlanWriter(inputs_).Complete(row.strategy, {default_cap(), default_cap()});
}

void PlanWriter::SetOtherDifficulty(PolicyCell cell, const PolicyRow& fired) {
  if (model_.difficulty.during == DifficultyDuring::kNone) return;
  if (request_.difficulty() != v1::DIFFICULTY_UNSPECIFIED) return;  // The caller knows.
  const bool is_hard = cell.difficulty == v1::DIFFICULTY_HARD;
  cell.difficulty = is_hard ? v1::DIFFICULTY_EASY : v1::DIFFICULTY_HARD;
  const PolicyRow& row = policy_.RowFor(cell);
  const bool both_adapt =
      row.strategy.strategy.has_adaptive() && fired.strategy.strategy.has_adaptive();
  if (row.name == fired.name || !both_adapt) return;
  plan_.mutable_other_difficulty()->set_row(row.name);
  *plan_.mutable_other_difficulty()->mutable_adaptive() = CompleteRow(row).adaptive();
  Because(absl::StrFormat("Row %s goes on if the first traces show that the problem is %s.",
                          row.name, is_hard ? "easy" : "hard"));
}

void PlanWriter::SetRunnerUp(const PolicyRow& row) {
  const v1::Strategy strategy = CompleteRow(row);
  v1::RunnerUp& runner_up = *plan_.mutable_runner_up();
  runner_up.set_row(row.name);
  runner_up.set_strategy_text(StrategyText(strategy));
  *runner_up.mutable_expected() = Expect(strategy);
}

v1::Strategy PlanWriter::Complete(StrategyTemplate chosen, Caps caps) {
  v1::Strategy& strategy = chosen.strategy;
  FillDefaults(strategy);
  if (strategy.has_beam_search() && strategy.beam_search().width() > caps.given) {
    Because(absl::StrFormat("%s lowers the width from %d to %d.", cap_name(),
                            strategy.beam_search().width(), caps.given));
    strategy.mutable_beam_search()->set_width(caps.given);
  }
  if (!HasTraceCount(strategy)) return strategy;

  const int given_n = TraceCount(strategy);
  const int n = given_n == 0 ? ChooseTraceCount(chosen, caps) : std::min(given_n, caps.given);
  if (n < given_n) {
    Because(absl::StrFormat("%s lowers n from %d to %d.", cap_name(), given_n, n));
  }
  SetTraceCount(strategy, n);
  if (strategy.has_majority_vote()) {
    v1::MajorityVote& vote = *strategy.mutable_majority_vote();
    FillConfidence(vote, n);
    if (vote.keep() > 0) {
      Because(absl::StrFormat("With keep, %d traces end before the other %d start.", vote.warmup(),
                              n - vote.warmup()));
    }
  }
  if (strategy.has_adaptive()) FillConfidence(*strategy.mutable_adaptive(), n);
  if (chosen.k_is_n) SetFinishCount(strategy, n);
  if (FinishCount(strategy) > n) {
    Because(absl::StrFormat("k is lowered with it, from %d to %d.", FinishCount(strategy), n));
    SetFinishCount(strategy, n);
  }
  return strategy;
}

template <typename Message>
void PlanWriter::FillConfidence(Message& message, int n) {
  if (message.keep() > 0 && n == 1) {
    Because("keep is left out: the only trace sets no bar for others.");
    message.clear_keep();
  }
  const int given = message.warmup();
  if (message.keep() <= 0) {
    message.clear_warmup();
  } else if (given == 0 || given >= n) {
    message.set_warmup(DefaultWarmup(n));
    if (given > 0) {
      Because(absl::StrFormat("warmup is lowered from %d to %d, as n is %d.", given,
                              message.warmup(), n));
    }
  }
  const bool is_used = message.keep() > 0 || message.weights() == v1::WEIGHTS_CONFIDENCE;
  if (!is_used) message.clear_window();
  if (is_used && message.window() == 0) message.set_window(kDefaultConfidenceWindow);
}

bool PlanWriter::FitsWith(StrategyTemplate chosen, int n) const {
  SetTraceCount(chosen.strategy, n);
  if (chosen.k_is_n) SetFinishCount(chosen.strategy, n);
  return use_.Fits(chosen.strategy);
}

int PlanWriter::ChooseTraceCount(const StrategyTemplate& chosen, Caps caps) {
  const int k = chosen.k_is_n ? 1 : std::max(1, FinishCount(chosen.strategy));
  if (k > caps.chosen) {
    const int n = std::min(k, caps.given);
    Because(
        absl::StrFormat("n is %d, because k is %d and %s is %d.", n, k, cap_name(), default_cap()));
    return n;
  }
  int most = caps.chosen;
  // It looks at the budget as it goes, and launches no more than that holds.
  if (chosen.strategy.has_adaptive() || FitsWith(chosen, most)) {
    Because(absl::StrFormat("n is %d: the most that %s allows.", most, cap_name()));
    return most;
  }
  // The bill grows with n, so halving finds the last n that fits; `most` is known not to.
  int fits = k;
  while (most - fits > 1) {
    const int middle = fits + (most - fits) / 2;
    (FitsWith(chosen, middle) ? fits : most) = middle;
  }
  Because(FitsWith(chosen, fits)
              ? absl::StrFormat("n is %d: the most whose expected bill fits the budget.", fits)
              : absl::StrFormat("n is %d, the fewest possible, although its expected bill does not "
                                "fit the budget.",
                                fits));
  return fits;
}

}  // namespace

v1::Horizon ToProto(Horizon horizon) {
  switch (horizon) {
    case Horizon::kUnknown:
      return v1::HORIZON_UNSPECIFIED;
    case Horizon::kShort:
      return v1::HORIZON_SHORT;
    case Horizon::kLong:
      return v1::HORIZON_LONG;
    case Horizon::kNonReasoning:
      return v1::HORIZON_NON_REASONING;
  }
  return v1::HORIZON_UNSPECIFIED;
}

absl::StatusOr<v1::Plan> MakePlan(const PlanInputs& inputs) {
  if (absl::Status status = CheckStrategy(inputs.request.strategy()); !status.ok()) return status;
  return PlanWriter(inputs).Write();
}

}  // namespace sextant
