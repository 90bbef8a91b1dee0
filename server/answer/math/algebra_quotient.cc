// Quotients in lowest terms, as far as that is cheap.
#include <algorithm>
#include <utility>

#include "server/answer/math/algebra.h"

namespace sextant::math {
namespace {

bool IsSquareRoot(Exponent exponent) { return exponent.over == 1 && exponent.under == 2; }

int64_t FloorOf(Exponent a) {
  const int64_t quotient = a.over / a.under;
  return a.over % a.under < 0 ? quotient - 1 : quotient;
}

}  // namespace

Algebra::Result Algebra::Simplify(Quotient a) {
  if (a.over.empty()) return Quotient{};
  if (a.under.empty()) return a;
  if (a.under.size() > 1) {
    Result rational = Rationalise(std::move(a));
    if (!rational.has_value()) return std::nullopt;
    a = *std::move(rational);
  }
  if (a.under.size() > 1) {
    CancelPowers(a);
    if (a.under.size() > 1) CancelDivisor(a);
  }
  if (a.under.size() == 1) {
    const std::optional<Reduced> inverse = RaisePowers(a.under[0].powers, {-1, 1});
    if (!inverse.has_value()) return std::nullopt;
    const Term factor{inverse->factor / a.under[0].factor, inverse->powers};
    std::optional<Sum> over = MultiplySums(a.over, {factor});
    if (!over.has_value()) return std::nullopt;
    return Quotient{*std::move(over), {}};
  }
  if (a.under.empty()) return a;
  // The first factor below is made 1, with the others integers above it where that is possible.
  const Rational content = Content(a.under);
  for (Term& term : a.under) term.factor = term.factor / content;
  for (Term& term : a.over) term.factor = term.factor / content;
  return a;
}

// The greatest rational that leaves integers, with the sign of the first term.
Rational Algebra::Content(const Sum& sum) {
  Rational content;
  for (const Term& term : sum) {
    fmpq_gcd(content.get(), content.get(), term.factor.get());
  }
  return sum.empty() || sum[0].factor.Sign() > 0 ? content : -content;
}

// Takes square roots and i out of a denominator: by 1 - sqrt(2) where 1 + sqrt(2) stands.
Algebra::Result Algebra::Rationalise(Quotient a) {
  for (int round = 0; round < 5 && a.under.size() > 1; ++round) {
    int atom = -1;
    for (const Term& term : a.under) {
      for (const Power& power : term.powers) {
        const AtomKind kind = At(power.atom).kind;
        const bool root = kind == AtomKind::kPrime && IsSquareRoot(power.exponent);
        if (root || kind == AtomKind::kI) {
          atom = power.atom;
        } else if (kind == AtomKind::kPrime) {
          return a;
        }
      }
    }
    if (atom < 0) return a;
    Sum conjugate = a.under;
    for (Term& term : conjugate) {
      const bool has = std::any_of(term.powers.begin(), term.powers.end(),
                                   [atom](const Power& power) { return power.atom == atom; });
      if (has) term.factor = -term.factor;
    }
    std::optional<Sum> over = MultiplySums(a.over, conjugate);
    std::optional<Sum> under = MultiplySums(a.under, conjugate);
    if (!over.has_value() || !under.has_value() || under->empty()) return std::nullopt;
    a = {*std::move(over), *std::move(under)};
  }
  return a;
}

// Takes out the powers that every term has, so that no power is negative and one is 0.
void Algebra::CancelPowers(Quotient& a) {
  std::vector<int> atoms;
  for (const Sum* sum : {&a.over, &a.under}) {
    for (const Term& term : *sum) {
      for (const Power& power : term.powers) {
        if (!IsConstantAtom(power.atom) || At(power.atom).kind == AtomKind::kPi ||
            At(power.atom).kind == AtomKind::kE) {
          if (std::find(atoms.begin(), atoms.end(), power.atom) == atoms.end())
            atoms.push_back(power.atom);
        }
      }
    }
  }
  for (const int atom : atoms) {
    effort_.Spend(1 + static_cast<int64_t>(a.over.size() + a.under.size()) / 4);
    Rational least_all;
    bool first = true;
    for (const Sum* sum : {&a.over, &a.under}) {
      for (const Term& term : *sum) {
        Rational exponent;
        for (const Power& power : term.powers) {
          if (power.atom == atom) exponent = ToRational(power.exponent);
        }
        if (first || exponent < least_all) least_all = exponent;
        first = false;
      }
    }
    const std::optional<Exponent> least = MakeExponent(-least_all);
    if (!least.has_value()) continue;
    const Sum factor{{Rational(1), {Power{atom, *least}}}};
    std::optional<Sum> over = MultiplySums(a.over, factor);
    std::optional<Sum> under = MultiplySums(a.under, factor);
    if (!over.has_value() || !under.has_value()) return;
    a = {*std::move(over), *std::move(under)};
  }
}

std::optional<Sum> Algebra::DivideExactly(const Sum& a, const Sum& b) {
  Sum rest = a;
  Sum quotient;
  const std::optional<Reduced> inverse = RaisePowers(b[0].powers, {-1, 1});
  if (!inverse.has_value()) return std::nullopt;
  for (int step = 0; !rest.empty(); ++step) {
    if (step > 24) return std::nullopt;
    std::optional<Reduced> ratio = MultiplyPowers(rest[0].powers, inverse->powers);
    if (!ratio.has_value()) return std::nullopt;
    for (const Power& power : ratio->powers) {
      const AtomKind kind = At(power.atom).kind;
      if (kind != AtomKind::kPrime && FloorOf(power.exponent) < 0) return std::nullopt;
    }
    Term term{ratio->factor * inverse->factor * rest[0].factor / b[0].factor, ratio->powers};
    quotient.push_back(term);
    term.factor = -term.factor;
    const std::optional<Sum> product = MultiplySums(b, {term});
    if (!product.has_value()) return std::nullopt;
    std::optional<Sum> next = AddSums(rest, *product);
    if (!next.has_value()) return std::nullopt;
    rest = *std::move(next);
  }
  return Collect(std::move(quotient));
}

// Divides both by what they have in common: all of one of them, or, with one variable, Euclid's
// divisor.
bool Algebra::CancelDivisor(Quotient& a) {
  const Sum one = Constant(Rational(1)).over;
  if (std::optional<Sum> whole = DivideExactly(a.over, a.under)) {
    a = {*std::move(whole), {}};
    return true;
  }
  if (a.over.size() > 1) {
    if (std::optional<Sum> whole = DivideExactly(a.under, a.over)) {
      a = {one, *std::move(whole)};
      return true;
    }
  }
  int variable = -1;
  for (const Sum* sum : {&a.over, &a.under}) {
    for (const Term& term : *sum) {
      for (const Power& power : term.powers) {
        if (variable >= 0 && power.atom != variable) return false;
        if (power.exponent.under != 1 || power.exponent.over < 0 || power.exponent.over > 12)
          return false;
        variable = power.atom;
      }
    }
  }
  if (variable < 0 || IsConstantAtom(variable)) return false;
  Sum big = a.over;
  Sum small = a.under;
  const auto degree = [](const Sum& sum) {
    return sum[0].powers.empty() ? int64_t{0} : sum[0].powers[0].exponent.over;
  };
  for (int step = 0; !small.empty() && step < 64; ++step) {
    if (big.empty() || degree(big) < degree(small)) {
      std::swap(big, small);
      if (small.empty()) break;
      continue;
    }
    Term term{-(big[0].factor / small[0].factor), {}};
    const int64_t difference = degree(big) - degree(small);
    if (difference > 0) term.powers.push_back({variable, {difference, 1}});
    const std::optional<Sum> product = MultiplySums(small, {term});
    if (!product.has_value()) return false;
    std::optional<Sum> rest = AddSums(big, *product);
    if (!rest.has_value()) return false;
    big = *std::move(rest);
  }
  const Sum& divisor = small.empty() ? big : small;
  if (!small.empty() && !big.empty()) return false;
  if (divisor.empty() || degree(divisor) < 1) return false;
  std::optional<Sum> over = DivideExactly(a.over, divisor);
  std::optional<Sum> under = DivideExactly(a.under, divisor);
  if (!over.has_value() || !under.has_value()) return false;
  a = {*std::move(over), *std::move(under)};
  return true;
}

}  // namespace sextant::math
