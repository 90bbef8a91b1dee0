// Sums of a few terms with small coefficients over one denominator: what most answers are, such as
// 2x + 2 or sqrt(3)/2. They have the same normal form as in algebra.h, without memory or long
// numbers. An operation gives nullopt for what does not fit, and that is left to Algebra.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sextant::math {

constexpr size_t kShortNames = 3;
constexpr int kShortDegree = 6;                           // Of a product of variables.
constexpr int64_t kShortFactor = (int64_t{1} << 31) - 1;  // Of a result.

constexpr size_t kShortTerms = 6;

struct ShortTerm {
  int64_t factor = 0;
  uint32_t radicand = 1;  // Of a square root beside it; square-free.
  uint32_t powers = 0;    // Of the variables, in a byte each; that of the first comes first.

  int Power(size_t variable) const { return static_cast<int>(powers >> ShiftOf(variable) & 0xff); }
  int Degree() const { return Power(0) + Power(1) + Power(2); }
  static constexpr unsigned ShiftOf(size_t variable) {
    return 8 * static_cast<unsigned>(kShortNames - 1 - variable);
  }
};

class ShortSum {
 public:
  explicit ShortSum(int64_t number = 0);
  // Copies the terms that there are.
  ShortSum(const ShortSum& other) : ShortSum() { *this = other; }
  ShortSum& operator=(const ShortSum& other) {
    size_ = other.size_;
    under_ = other.under_;
    for (size_t i = 0; i < size_; ++i) terms_[i] = other.terms_[i];
    return *this;
  }
  static ShortSum Variable(size_t index);

  // No factor is 0, and no integer divides all of them and the denominator; empty for 0.
  absl::Span<const ShortTerm> terms() const { return {terms_.data(), size_}; }
  int64_t under() const { return under_; }
  bool IsRational() const;
  // A rational and one square root beside it.
  bool HasOneRoot() const;
  bool IsPolynomial() const;  // Without roots.
  // All numbers are up to kShortFactor.
  bool IsSmall() const;

  ShortSum Negated() const;
  std::optional<ShortSum> Plus(const ShortSum& other) const;
  std::optional<ShortSum> Times(const ShortSum& other) const;
  std::optional<ShortSum> Over(const ShortSum& other) const;
  std::optional<ShortSum> Power(int exponent) const;  // From 1 on.
  std::optional<ShortSum> Root() const;               // Of a rational from 0 on.

  // As Algebra::Print does it; letter i of `names` is the name of variable i, in the order of the
  // alphabet. Sorts the terms.
  std::string Print(absl::string_view names);

 private:
  bool Add(const ShortTerm& term);
  void Reduce();

  std::array<ShortTerm, kShortTerms> terms_;
  size_t size_ = 0;
  int64_t under_ = 1;
};

}  // namespace sextant::math
