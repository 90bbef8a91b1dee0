#include "server/caller_quotas.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

// Nobody knows when a solve will end.
constexpr absl::Duration kRetrySolves = absl::Seconds(1);
constexpr absl::Duration kSoonestRetry = absl::Milliseconds(100);

// `before` goes on where the limit is the same.
void Renew(std::optional<Allowance>& allowance, double before, double limit, absl::Duration period,
           absl::Time now) {
  if (before == limit && allowance.has_value()) return;
  allowance.reset();
  if (limit > 0) allowance.emplace(limit, period, now);
}

}  // namespace

void Allowance::Use(double amount, absl::Time now) {
  left_ = LeftAt(now) - amount;
  at_ = now;
}

absl::Duration Allowance::Wait(absl::Time now) const {
  const double left = LeftAt(now);
  return left >= 0 ? absl::ZeroDuration() : period_ * (-left / amount_);
}

double Allowance::LeftAt(absl::Time now) const {
  const double inflow =
      amount_ * absl::FDivDuration(std::max(now - at_, absl::ZeroDuration()), period_);
  return std::min(amount_, left_ + inflow);
}

void CallerQuotas::SetCallers(const std::vector<CallerConfig>& callers, absl::Time now) {
  for (auto& [name, quota] : quotas_) quota.configured = false;
  for (const CallerConfig& caller : callers) {
    Quota& quota = quotas_[caller.name];
    const CallerConfig before = std::exchange(quota.limits, caller);
    quota.configured = true;
    Renew(quota.tokens, static_cast<double>(before.tokens_per_minute),
          static_cast<double>(caller.tokens_per_minute), absl::Minutes(1), now);
    Renew(quota.usd, before.usd_per_hour, caller.usd_per_hour, absl::Hours(1), now);
  }
  for (auto it = quotas_.begin(); it != quotas_.end();) {
    const bool is_over = !it->second.configured && it->second.solves == 0;
    it = is_over ? quotas_.erase(it) : std::next(it);
  }
}

std::optional<CallerQuotas::Refusal> CallerQuotas::Enter(const std::string& caller,
                                                         absl::Time now) {
  const auto found = quotas_.find(caller);
  if (found == quotas_.end()) return std::nullopt;
  Quota& quota = found->second;
  const CallerConfig& limits = quota.limits;
  if (limits.max_solves > 0 && quota.solves >= limits.max_solves) {
    return Refusal{absl::StrCat("caller ", caller, " has ", quota.solves,
                                " solves that run or wait (max_solves ", limits.max_solves, ")"),
                   kRetrySolves};
  }
  const auto overdrawn = [&](const std::optional<Allowance>& allowance, absl::string_view limit) {
    const absl::Duration wait = allowance ? allowance->Wait(now) : absl::ZeroDuration();
    if (wait == absl::ZeroDuration()) return std::optional<Refusal>();
    return std::optional<Refusal>(
        {absl::StrCat("caller ", caller, " has used more than its ", limit),
         absl::Ceil(wait, kSoonestRetry)});
  };
  auto refusal =
      overdrawn(quota.tokens, absl::StrCat("tokens_per_minute (", limits.tokens_per_minute, ")"));
  if (!refusal)
    refusal = overdrawn(quota.usd, absl::StrCat("usd_per_hour (", limits.usd_per_hour, ")"));
  if (!refusal) ++quota.solves;
  return refusal;
}

void CallerQuotas::Use(const std::string& caller, int64_t billed_tokens, double usd,
                       absl::Time now) {
  const auto found = quotas_.find(caller);
  if (found == quotas_.end()) return;
  Quota& quota = found->second;
  if (quota.tokens) quota.tokens->Use(static_cast<double>(billed_tokens), now);
  if (quota.usd) quota.usd->Use(usd, now);
}

void CallerQuotas::Leave(const std::string& caller) {
  const auto found = quotas_.find(caller);
  if (found == quotas_.end()) return;
  Quota& quota = found->second;
  // One that came between two configurations was not counted.
  quota.solves = std::max(quota.solves - 1, 0);
  if (quota.solves == 0 && !quota.configured) quotas_.erase(found);
}

}  // namespace sextant
