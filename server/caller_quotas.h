// What each configured caller may still use: its solves, its tokens a minute, its spending an hour.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/security_config.h"

namespace sextant {

// An amount that may be used in each period, as a token bucket: it holds one period's amount, is
// full at first and fills evenly. What a solve uses is known when it has ended, so the bucket may
// be overdrawn; then it first has to fill up to zero. Over a long time no more is used than flows
// in, whatever a solve takes.
class Allowance {
 public:
  Allowance(double amount, absl::Duration period, absl::Time now)
      : amount_(amount), period_(period), left_(amount), at_(now) {}

  void Use(double amount, absl::Time now);
  // Until it is no longer overdrawn; 0: it is not.
  absl::Duration Wait(absl::Time now) const;

 private:
  double LeftAt(absl::Time now) const;

  double amount_;
  absl::Duration period_;
  double left_;
  absl::Time at_;  // When `left_` was left.
};

// Pure: it is told the time. Not thread-safe. Holds one entry for each caller that is configured,
// or was and still has solves.
class CallerQuotas {
 public:
  // Limits from now on. Whoever stays keeps what it has used, except of a limit that changes.
  void SetCallers(const std::vector<CallerConfig>& callers, absl::Time now);

  struct Refusal {
    std::string why;
    absl::Duration retry_after;
  };
  // Counts one more solve of `caller`, which runs or waits until Leave(), or refuses it. Who is not
  // configured has no limits.
  std::optional<Refusal> Enter(const std::string& caller, absl::Time now);
  // What one of its solves has used.
  void Use(const std::string& caller, int64_t billed_tokens, double usd, absl::Time now);
  void Leave(const std::string& caller);

 private:
  struct Quota {
    CallerConfig limits;
    bool configured = true;
    int solves = 0;
    std::optional<Allowance> tokens, usd;
  };

  std::map<std::string, Quota> quotas_;
};

}  // namespace sextant
