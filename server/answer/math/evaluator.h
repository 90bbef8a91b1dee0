// The value of an expression as a ball.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/math/ball.h"
#include "server/answer/math/effort.h"
#include "server/answer/math/expression.h"

namespace sextant::math {

constexpr int kStepsOfCost = 2;
// Of one statement; about 0.15 us each.
constexpr int kMaxCost = Effort::kMaxStepsOfValue / kStepsOfCost;

using MaybeComplex = std::optional<Complex>;

// Whether the value depends on the point.
bool HasVariable(const Expressions& expressions, int node);

// The rational that is written there: a number, a fraction of numbers, one with a minus.
std::optional<Rational> SmallRational(const Expressions& expressions, int node);

// Evaluates expressions of one statement, all of them within one limit of cost. A value is missing
// when it is unknown, unbounded or too dear.
class Evaluator {
 public:
  Evaluator(const Expressions& expressions, Effort& effort) : in_(expressions), effort_(effort) {}
  const Expressions& expressions() const { return in_; }

  // Where variables are put from here on: 0 to kPoints - 1, or -1 for no point.
  void SetPlace(int point) {
    point_ = point;
    lossy_ = false;
  }
  // A part of a sum was too small to be seen in the result.
  bool lossy() const { return lossy_; }

  MaybeComplex Of(int id);
  // Nothing was evaluated yet.
  bool IsFresh() const { return cost_ == 0; }

 private:
  // False when this statement, or the text that it is part of, has cost enough.
  bool Spend(int cost) {
    cost_ += cost;
    return effort_.Spend(kStepsOfCost * cost) && cost_ <= kMaxCost;
  }
  // nullopt for values that are unbounded or too large.
  static MaybeComplex Checked(MaybeComplex value);
  // The value of a variable here.
  Complex AtPoint(absl::string_view name) const;
  MaybeComplex Sum(const Node& node);
  MaybeComplex Arithmetic(const Node& node);
  MaybeComplex Raise(const Node& node);
  MaybeComplex RaiseRational(const Complex& base, const Rational& exponent);
  MaybeComplex Call(const Node& node);
  bool KeepsSign(int id);
  MaybeComplex UnknownSize(int id, const Complex& value);
  MaybeComplex Logarithm(absl::string_view name, const Complex& x);
  MaybeComplex Gamma(const Complex& x);
  MaybeComplex CallWithTwo(absl::string_view name, const Complex& x, int second);
  MaybeComplex Choose(const Complex& n, const Rational& k);
  MaybeComplex Unknown(const Node& node);

  const Expressions& in_;
  Effort& effort_;
  // What KeepsSign has found out about a node.
  std::vector<std::pair<int, bool>> keeps_sign_;
  int point_ = -1;
  int cost_ = 0;
  bool lossy_ = false;
};

}  // namespace sextant::math
