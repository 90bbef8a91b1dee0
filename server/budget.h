// The budgets of one solve, tokens and time, as they are used up.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// What a solve may use.
struct Budget {
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max() / 4;
  int64_t max_tokens = kUnlimited;             // Billed completion tokens over all traces.
  int64_t max_sequential_tokens = kUnlimited;  // Clock that no trace may pass.
  int max_traces = 256;                        // Traces launched.
  double max_cost_usd = std::numeric_limits<double>::infinity();
  absl::Time ends_at =
      absl::InfiniteFuture();  // On the loop's clock; the reserve is taken off already.
};

// What it has used. Loop only.
class Spending {
 public:
  Spending(Budget budget, std::optional<PriceConfig> price) : budget_(budget), price_(price) {}

  const Budget& budget() const { return budget_; }
  void AddCompletion(int64_t tokens) { completion_ += tokens; }
  void AddPrompt(int64_t tokens) { prompt_ += tokens; }
  int64_t completion_tokens() const { return completion_; }
  int64_t prompt_tokens() const { return prompt_; }

  // USD, where the model has a price.
  std::optional<double> cost() const {
    if (!price_) return std::nullopt;
    return (static_cast<double>(prompt_) * price_->prompt_per_million +
            static_cast<double>(completion_) * price_->completion_per_million) /
           1e6;
  }

  // The budget over all traces that is used up, if one is.
  std::optional<v1::StopReason> UsedUp() const {
    if (completion_ >= budget_.max_tokens) return v1::TOKEN_BUDGET;
    if (cost().value_or(0) >= budget_.max_cost_usd) return v1::COST_BUDGET;
    return std::nullopt;
  }

  // Completion tokens that the budgets of tokens and cost still pay for; infinite without one.
  double TokensLeft() const {
    double left = std::numeric_limits<double>::infinity();
    if (budget_.max_tokens < Budget::kUnlimited)
      left = static_cast<double>(budget_.max_tokens - completion_);
    if (price_ && price_->completion_per_million > 0) {
      const double usd = budget_.max_cost_usd - *cost();
      left = std::min(left, usd * 1e6 / price_->completion_per_million);
    }
    return std::max(0.0, left);
  }

  // Longest completion, in tokens, of a trace launched when the clock stood at `clock`: never a
  // constant, always what is left.
  int64_t TokensFor(int64_t clock) const {
    return std::min(budget_.max_tokens - completion_, budget_.max_sequential_tokens - clock);
  }

 private:
  Budget budget_;
  std::optional<PriceConfig> price_;
  int64_t completion_ = 0;
  int64_t prompt_ = 0;
};

}  // namespace sextant
