#include "server/expected_use.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "server/prompt_tokens.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

constexpr double kLogLengthDeviation = 0.4;
constexpr double kBytesPerPromptToken = 4;
constexpr double kMillion = 1e6;
// Share of a full vote's tokens that waves need, and what the margin that is asked for adds.
constexpr double kWavesShare = 0.35, kWavesByMargin = 0.4;
// What they use of a budget that does not hold them all.
constexpr double kShareOfBudget = 0.45;
constexpr double kUnlimited = std::numeric_limits<double>::infinity();

double PromptBytes(const v1::SolveRequest& request) {
  size_t bytes = request.prompt().size();
  for (const v1::Message& message : request.messages()) bytes += message.content().size();
  return static_cast<double>(bytes);
}

int64_t Rounded(double tokens) { return static_cast<int64_t>(std::llround(tokens)); }

// The clock at which traces that run side by side have generated `tokens` together.
double ClockWhenSpent(const std::vector<double>& sorted_lengths, double tokens) {
  double ended = 0;  // Tokens of the traces that are over.
  for (size_t i = 0; i < sorted_lengths.size(); ++i) {
    const double running = static_cast<double>(sorted_lengths.size() - i);
    if (ended + running * sorted_lengths[i] >= tokens) return (tokens - ended) / running;
    ended += sorted_lengths[i];
  }
  return sorted_lengths.back();
}

}  // namespace

std::vector<double> ExpectedLengths(int n, double mean_tokens) {
  const boost::math::normal_distribution<double> standard;
  std::vector<double> lengths(static_cast<size_t>(n));
  for (int i = 1; i <= n; ++i) {
    const double z = boost::math::quantile(standard, (i - 0.375) / (n + 0.25));
    lengths[static_cast<size_t>(i - 1)] = std::exp(kLogLengthDeviation * z);
  }
  const double sum = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  for (double& length : lengths) length *= n * mean_tokens / sum;
  return lengths;
}

std::optional<double> ExpectedAgreement(const v1::Strategy& strategy, const ModelProfile& profile,
                                        double hard_probability) {
  if (strategy.has_beam_search()) return std::nullopt;
  const int finishes = FinishCount(strategy);  // 0: the strategy has no k.
  const int votes = finishes > 0 ? finishes : std::max(1, TraceCount(strategy));
  if (votes == 1) return profile.answer_rate;
  const DifficultyProfile by = profile.difficulty.value_or(DifficultyProfile());
  if (!by.agreement_easy || !by.agreement_hard) return profile.agreement;
  return *by.agreement_easy + hard_probability * (*by.agreement_hard - *by.agreement_easy);
}

ExpectedUse::ExpectedUse(const v1::SolveRequest& request, const ModelConfig& model,
                         absl::Duration time_left)
    : mean_tokens_(model.typical_trace_tokens),
      prompt_tokens_(std::ceil(PromptBytes(request) / kBytesPerPromptToken)),
      sampling_limit_(LongestTraceTokens(request, model)),
      tokens_per_second_(model.tokens_per_second),
      price_(model.price) {
  const v1::Budget& budget = request.budget();
  if (budget.max_sequential_tokens() > 0) {
    sequential_limit_ = static_cast<double>(budget.max_sequential_tokens());
  }
  if (model.tokens_per_second > 0 && time_left < absl::InfiniteDuration()) {
    deadline_limit_ = std::max(0.0, absl::ToDoubleSeconds(time_left)) * model.tokens_per_second;
  }
  if (budget.max_tokens() > 0) token_budget_ = static_cast<double>(budget.max_tokens());
  if (budget.max_cost_usd() > 0) cost_budget_ = budget.max_cost_usd();
  native_beams_ =
      !model.backends.empty() &&
      std::all_of(model.backends.begin(), model.backends.end(), [](const auto& backend) {
        return backend.beam_search == BeamSearchMode::kNative;
      });
}

double ExpectedUse::trace_limit() const {
  return std::min({sampling_limit_, sequential_limit_, deadline_limit_});
}

double ExpectedUse::trace_tokens() const { return std::min(mean_tokens_, trace_limit()); }

double ExpectedUse::traces_by_tokens() const {
  return token_budget_ / std::max(1.0, trace_tokens());
}

double ExpectedUse::traces_by_cost() const {
  if (!price_) return kUnlimited;
  const double trace_cost = (prompt_tokens_ * price_->prompt_per_million +
                             trace_tokens() * price_->completion_per_million) /
                            kMillion;
  return trace_cost > 0 ? cost_budget_ / trace_cost : kUnlimited;
}

ExpectedUse::Demand ExpectedUse::ParallelTraces(int n, int k) const {
  Demand demand;
  demand.prompt = n * prompt_tokens_;
  demand.lengths = ExpectedLengths(n, mean_tokens_);
  for (double& length : demand.lengths) length = std::min(length, trace_limit());
  demand.sequential = demand.lengths[static_cast<size_t>(k - 1)];
  for (double& length : demand.lengths) {
    length = std::min(length, demand.sequential);
    demand.billed += length;
  }
  return demand;
}

ExpectedUse::Demand ExpectedUse::WarmedUpVote(int n, int warmup) const {
  Demand demand = ParallelTraces(n, n);
  const double first = ParallelTraces(warmup, warmup).sequential;
  const double rest = ParallelTraces(n - warmup, n - warmup).sequential;
  demand.sequential = std::min({first + rest, sequential_limit_, deadline_limit_});
  demand.lengths.clear();  // They do not run side by side.
  return demand;
}

ExpectedUse::Demand ExpectedUse::Waves(const v1::Adaptive& adaptive) const {
  const int n = std::max(1, adaptive.n());
  const Demand all = ParallelTraces(n, n);
  const int first = std::min(n, adaptive.first());
  Demand demand;
  // Most of the traces start at once: it ends about when half of them have answered.
  if (2 * first > n) {
    demand = ParallelTraces(first, (first + 1) / 2);
  } else {
    demand.billed =
        std::max(trace_tokens(), (kWavesShare + kWavesByMargin * adaptive.margin()) * all.billed);
    demand.sequential = all.sequential;
  }
  demand.prompt = std::ceil(demand.billed / all.billed * n) * prompt_tokens_;
  demand.lengths.clear();
  return demand;
}

ExpectedUse::Demand ExpectedUse::Beams(const v1::BeamSearch& beam) const {
  Demand demand;
  demand.sequential = trace_tokens();
  if (native_beams_) {
    demand.billed = demand.sequential;
    demand.prompt = prompt_tokens_;
    return demand;
  }
  const double continuations = double{1} * beam.width() * beam.expansion();
  const double steps = std::ceil(demand.sequential / beam.step_tokens());
  demand.billed = continuations * demand.sequential;
  demand.prompt = continuations * steps * (prompt_tokens_ + demand.sequential / 2);
  return demand;
}

ExpectedUse::Demand ExpectedUse::DemandOf(const v1::Strategy& strategy) const {
  if (strategy.has_beam_search()) return Beams(strategy.beam_search());
  const int n = std::max(1, TraceCount(strategy));
  if (strategy.has_adaptive()) return Waves(strategy.adaptive());
  const int warmup = strategy.majority_vote().warmup();
  if (strategy.majority_vote().keep() > 0 && warmup > 0 && warmup < n) {
    return WarmedUpVote(n, warmup);
  }
  // Only First Finish Search ends before its last trace.
  return ParallelTraces(n, strategy.has_first_finish() ? FinishCount(strategy) : n);
}

double ExpectedUse::Affordable(const Demand& demand) const {
  if (!price_ || cost_budget_ == kUnlimited) return token_budget_;
  const double left = cost_budget_ - demand.prompt * price_->prompt_per_million / kMillion;
  if (left <= 0) return 0;
  if (price_->completion_per_million == 0) return token_budget_;
  return std::min(token_budget_, left * kMillion / price_->completion_per_million);
}

bool ExpectedUse::Fits(const v1::Strategy& strategy) const {
  const Demand demand = DemandOf(strategy);
  // It launches what the budget holds, and needs but one trace.
  if (strategy.has_adaptive()) return trace_tokens() <= Affordable(demand) + 0.5;
  // Half a token of slack, because n lengths sum up to n times their mean only up to rounding.
  return demand.billed <= Affordable(demand) + 0.5;
}

v1::Expectation ExpectedUse::Of(const v1::Strategy& strategy) const {
  const Demand demand = DemandOf(strategy);
  const double affordable = Affordable(demand);
  double billed = demand.billed;
  double sequential = demand.sequential;
  if (strategy.has_adaptive() && billed > affordable) {
    billed = std::min(affordable, std::max(trace_tokens(), kShareOfBudget * affordable));
    sequential = billed;  // One by one.
  }
  if (billed > affordable) {
    sequential = demand.lengths.empty() ? sequential * affordable / billed
                                        : ClockWhenSpent(demand.lengths, affordable);
    billed = affordable;
  }
  v1::Expectation expectation;
  expectation.set_billed_tokens(Rounded(billed));
  expectation.set_sequential_tokens(Rounded(sequential));
  if (tokens_per_second_ > 0) expectation.set_seconds(sequential / tokens_per_second_);
  if (price_) {
    expectation.set_cost_usd(
        (demand.prompt * price_->prompt_per_million + billed * price_->completion_per_million) /
        kMillion);
  }
  return expectation;
}

}  // namespace sextant
