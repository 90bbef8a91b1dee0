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

// Counts elementary steps, a few hundredths of a microsecond each: a comparison of two terms, a
// node of a formula, with more for its value at one point. One count runs through all readings of
// a text, that of its normal form included, so that the dearest text is given up after the same
// step on every machine: never by the clock. Most answers take less than a hundred steps. Values
// are what costs most, so none is computed twice for one normal form. Use one for each text.
class Effort {
 public:
  static constexpr int64_t kMaxSteps = 5000;

  // False once more is spent than there was: what is being read is then no mathematics.
  bool Spend(int64_t steps) {
    left_ -= steps;
    return left_ > 0;
  }
  bool IsSpent() const { return left_ <= 0; }
  int64_t left() const { return left_; }

  // The value of an expression with this normal form; nullptr if it was not computed yet. What was
  // not found may be tried once more, as limits of one reading do not hold for the next; but not
  // when a normal form is only read back.
  const ValueSummary* Find(absl::string_view canonical) const {
    for (const auto& [known, value] : values_) {
      if (known == canonical && (value.known || reads_back_)) return &value;
    }
    return nullptr;
  }
  void Remember(absl::string_view canonical, ValueSummary value) {
    values_.emplace_back(std::string(canonical), std::move(value));
  }
  void StartReadingBack() { reads_back_ = true; }
  void StopReadingBack() { reads_back_ = false; }

 private:
  int64_t left_ = kMaxSteps;
  std::vector<std::pair<std::string, ValueSummary>> values_;
  bool reads_back_ = false;
};

}  // namespace sextant
