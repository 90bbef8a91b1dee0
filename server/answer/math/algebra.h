// Exact algebra: quotients of sums of products of atoms with rational powers. Atoms are primes
// under roots, pi, e, i, variables, and what cannot be taken apart, such as sin(x) or sqrt(x + 1).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "server/answer/math/effort.h"
#include "server/answer/math/rational.h"

namespace sextant::math {

// Beyond these a formula stays as it is written, or is not read at all.
constexpr size_t kMaxTerms = 60;
constexpr size_t kMaxProducts = 600;  // Of terms, in one multiplication.
constexpr int kMaxOperations = 2000;  // Products of terms in one statement.
constexpr int kMaxStoreys = 4;  // Of a power of a power of ...; each may double what is written.
constexpr int64_t kMaxPower = int64_t{1} << 30;

// A power: lowest terms, positive denominator.
struct Exponent {
  int64_t over = 1;
  int64_t under = 1;
};
inline bool operator==(Exponent a, Exponent b) { return a.over == b.over && a.under == b.under; }

struct Power {
  int atom = 0;
  Exponent exponent;
};
using Monomial = absl::InlinedVector<Power, 2>;  // Sorted by atom; no power is 0.

struct Term {
  Rational factor;
  Monomial powers;
};
using Sum = std::vector<Term>;  // Sorted, no factor is 0; empty for 0.

struct Quotient {
  Sum over;
  Sum under;  // Empty for 1; else at least two terms.
};

enum class AtomKind : uint8_t { kPrime, kPi, kE, kVariable, kPower, kFunction, kSum, kGroup, kI };

struct Atom {
  AtomKind kind = AtomKind::kVariable;
  std::string text;       // As it is written; for kPower the base.
  bool positive = false;  // A constant above 0.
  Rational prime;         // kPrime: a prime, or an integer that could not be factored.
  Monomial exponent;      // kPower: what the base is raised to.
  Sum sum;                // kSum.
  int storeys = 0;        // kPower: how many powers its exponent stacks up, its own included.
};

// What makes c (x - value) zero, and the sign of c; 0 if that is not known.
struct LinearSolution {
  std::string name;
  Quotient value;
  int sign = 0;
};

// The atoms of one statement and the operations on formulas of them. An operation gives nullopt
// when a limit is passed or it has no value.
class Algebra {
 public:
  using Result = std::optional<Quotient>;

  explicit Algebra(Effort& effort) : effort_(effort) {}

  static Quotient Constant(const Rational& value);
  Quotient Variable(absl::string_view name);
  Quotient Pi();
  Quotient E();
  Quotient I();
  // A constant or function that is not taken apart; `text` is how it is written.
  Quotient Opaque(absl::string_view text);

  Result Add(const Quotient& a, const Quotient& b);
  Result Multiply(const Quotient& a, const Quotient& b);
  Result Divide(const Quotient& a, const Quotient& b);
  Result Raise(const Quotient& base, const Quotient& exponent);
  Quotient Negate(Quotient a) const;

  std::string Print(const Quotient& a) const;
  // Without its denominator and up to a rational factor above 0, as an equation or inequality
  // with 0 needs it.
  static Quotient Primitive(Quotient a);
  std::optional<LinearSolution> SolveLinear(const Quotient& a, absl::string_view name);
  // Where the value is rational.
  static std::optional<Rational> AsRational(const Quotient& a);
  // A rational and one root of an integer or power of pi beside it; false may mean anything.
  bool IsIrrationalForSure(const Quotient& a) const;
  // A sum of constants above 0; false may mean anything.
  bool IsPositive(const Quotient& a) const;

 private:
  struct Reduced {
    Rational factor;
    Monomial powers;
  };

  int Intern(Atom atom);
  const Atom& At(int id) const { return *atoms_[static_cast<size_t>(id)]; }
  bool AtomBefore(int a, int b) const {
    return places_[static_cast<size_t>(a)].rank < places_[static_cast<size_t>(b)].rank;
  }
  bool BelongsBefore(const Atom& a, const Atom& b) const;
  double Degree(const Monomial& powers) const;
  int CompareTerms(const Monomial& a, const Monomial& b) const;
  std::optional<Sum> Collect(Sum terms) const;

  std::optional<Reduced> MultiplyPowers(const Monomial& a, const Monomial& b) const;
  std::optional<Reduced> RaisePowers(const Monomial& a, Exponent exponent) const;
  bool Reduce(Reduced& product) const;
  std::optional<Sum> MultiplySums(const Sum& a, const Sum& b);
  std::optional<Sum> Unfold(const Sum& sum);
  std::optional<Sum> AddSums(const Sum& a, const Sum& b) const;

  std::string PrintTerm(const Rational& factor, const Monomial& powers) const;
  std::string PrintPower(const Power& power) const;
  std::string PrintSum(const Sum& sum) const;

  static Result Scale(Quotient a, const Rational& factor);
  Result Simplify(Quotient a);
  Result Rationalise(Quotient a);
  void CancelPowers(Quotient& a);
  bool CancelDivisor(Quotient& a);
  std::optional<Sum> DivideExactly(const Sum& a, const Sum& b);
  static Rational Content(const Sum& sum);
  bool IsConstantAtom(int id) const;

  Result RaiseToInteger(const Quotient& base, int64_t exponent);
  Result RaiseToFraction(const Quotient& base, Exponent exponent);
  Result RaiseRational(const Rational& base, Exponent exponent);
  Result RaiseTerm(const Term& term, Exponent exponent);
  std::optional<Quotient> Denest(const Sum& sum);
  Quotient SumAtom(const Sum& sum, Exponent exponent);
  Quotient OpaquePower(const Quotient& base, int64_t exponent);
  Result OpaqueTower(const Quotient& base, const Quotient& exponent);
  std::optional<Monomial> Factors(const Rational& positive, Exponent exponent);

  // What the order of terms needs to know of an atom.
  struct Place {
    AtomKind kind = AtomKind::kVariable;
    int rank = 0;  // In the order of all atoms so far.
  };

  Effort& effort_;
  // Atoms are referred to while others are added.
  std::vector<std::unique_ptr<Atom>> atoms_;
  std::vector<Place> places_;
  int operations_ = 0;
};

std::optional<Exponent> MakeExponent(const Rational& value);
Rational ToRational(Exponent exponent);

}  // namespace sextant::math
