// The solves whose outcome was reported to this server lately, so that each counts once.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace sextant {

// Not thread-safe.
class ReportWindow {
 public:
  static constexpr size_t kRemembered = 65'536;  // About 10 MB when it is full.

  // Of more solves than `remembered` the earliest are forgotten.
  explicit ReportWindow(size_t remembered = kRemembered) : remembered_(remembered) {}

  // Remembers the first verdict on a solve. Unset: this is it; else the one that it has.
  std::optional<bool> Remember(const std::string& solve_id, bool correct) {
    const auto [known, is_new] = verdicts_.emplace(solve_id, correct);
    if (!is_new) return known->second;
    order_.push_back(&known->first);
    if (order_.size() > remembered_) {
      verdicts_.erase(verdicts_.find(*order_.front()));
      order_.pop_front();
    }
    return std::nullopt;
  }

 private:
  const size_t remembered_;
  std::unordered_map<std::string, bool> verdicts_;
  std::deque<const std::string*> order_;  // Keys of `verdicts_`, whose places do not change.
};

}  // namespace sextant
