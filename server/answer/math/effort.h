// What reading one text as mathematics has cost and found out so far.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

// Whether an expression's value is known, and what of it a reading needs.
struct ValueSummary {
  bool known = false;
  std::string key;
  bool constant = false;  // And real; with `order` near its value.
  bool rational = false;
  double order = 0;
};

// Counts elementary steps, of about 0.07 us: products and comparisons of terms, nodes of formulas,
// and with more for each of them the values of nodes. One count runs through all readings of a
// text, that of its normal form included, so that the dearest text is given up after the same step
// on every machine: never by the clock. Most answers take less than a hundred steps. Values cost
// most, so none is computed twice for one normal form. Use one Effort for each text.
class Effort {
 public:
  static constexpr int64_t kMaxSteps = 5000;
  static constexpr int64_t kMaxStepsOfValue = 3600;  // Of one expression; evaluator.h holds to it.

  // False once more is spent than there was: what is being read is then no mathematics.
  bool Spend(int64_t steps) {
    left_ -= steps;
    return left_ > 0;
  }
  bool IsSpent() const { return left_ <= 0; }
  int64_t left() const { return left_; }

  // The value of an expression or relation with this normal form; nullptr if it has to be computed.
  const ValueSummary* Find(absl::string_view canonical) const {
    for (const auto& [known, value] : values_) {
      if (known == canonical && MayUse(canonical, value)) return &value;
    }
    return nullptr;
  }
  void Remember(absl::string_view canonical, ValueSummary value) {
    values_.emplace_back(std::string(canonical), std::move(value));
  }
  // From here on a normal form is read, to see whether it is its own.
  void StartReadingBack(absl::string_view canonical) {
    read_back_ = std::string(canonical);
    left_before_ = left_;
  }
  void StopReadingBack() { read_back_.clear(); }

 private:
  // A normal form has to come to what it comes to as an answer. Of the values so far, that of the
  // whole cannot change this, where there would be steps enough to compute it.
  bool MayUse(absl::string_view canonical, const ValueSummary& value) const {
    if (read_back_.empty()) return true;
    return value.known && canonical == read_back_ &&
           left_before_ - left_ + kMaxStepsOfValue < kMaxSteps;
  }

  int64_t left_ = kMaxSteps;
  int64_t left_before_ = 0;  // When the reading back started.
  std::vector<std::pair<std::string, ValueSummary>> values_;
  std::string read_back_;
};

}  // namespace sextant
