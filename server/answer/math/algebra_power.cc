// Powers, rational and other.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/answer/math/algebra.h"

namespace sextant::math {
namespace {

constexpr int64_t kLargestDivisor = 1000;  // That trial division looks for.
constexpr int64_t kMaxExpanded = 24;       // A sum to a higher power stays a power.

bool IsOneTerm(const Quotient& a) { return a.under.empty() && a.over.size() == 1; }

// The root of a perfect square of a rational.
std::optional<Rational> SquareRoot(const Rational& value) {
  if (value.Sign() < 0) return std::nullopt;
  const fmpz* over = fmpq_numref(value.get());
  const fmpz* under = fmpq_denref(value.get());
  if (!fmpz_is_square(over) || !fmpz_is_square(under)) return std::nullopt;
  Rational root;
  fmpz_sqrt(fmpq_numref(root.get()), over);
  fmpz_sqrt(fmpq_denref(root.get()), under);
  return root;
}

}  // namespace

// A positive rational to a power, as powers of primes.
std::optional<Monomial> Algebra::Factors(const Rational& positive, Exponent exponent) {
  Monomial powers;
  const auto add = [&](const Rational& prime, int64_t times, int64_t sign) {
    const int id = Intern({AtomKind::kPrime, prime.ToString(), true, prime});
    const int64_t over = times * sign * exponent.over;
    if (over > kMaxPower || over < -kMaxPower) return false;
    const std::optional<Exponent> power =
        MakeExponent(Rational(static_cast<int64_t>(over), exponent.under));
    if (power.has_value()) powers.push_back({id, *power});
    return true;
  };
  const Rational parts[] = {positive.Numerator(), positive.Denominator()};
  for (int side = 0; side < 2; ++side) {
    Rational rest = parts[side];
    const std::optional<int64_t> small = rest.ToInteger();
    int64_t sign = side == 0 ? 1 : -1;
    if (!small.has_value()) {
      // Too long to factor: only a whole root of it is looked for.
      fmpz_t root;
      fmpz_init(root);
      int64_t times = 1;
      if (exponent.under < 64 &&
          fmpz_root(root, fmpq_numref(rest.get()), static_cast<slong>(exponent.under)) != 0) {
        fmpz_set(fmpq_numref(rest.get()), root);
        times = exponent.under;
      }
      fmpz_clear(root);
      if (!add(rest, times, sign)) return std::nullopt;
      continue;
    }
    int64_t left = *small;
    int64_t prime = 2;
    for (; prime <= kLargestDivisor && prime * prime <= left; prime += prime == 2 ? 1 : 2) {
      int64_t times = 0;
      while (left % prime == 0) {
        left /= prime;
        ++times;
      }
      if (times > 0 && !add(Rational(prime), times, sign)) return std::nullopt;
    }
    if (!effort_.Spend(1 + prime / 64)) return std::nullopt;
    if (left == 1) continue;
    // What is left has no small divisor, but may be a power of a large one.
    Rational base(left);
    const int times = fmpz_is_perfect_power(fmpq_numref(base.get()), fmpq_numref(base.get()));
    if (times == 0) base = Rational(left);
    if (!add(base, times == 0 ? 1 : times, sign)) return std::nullopt;
  }
  std::sort(powers.begin(), powers.end(),
            [this](const Power& a, const Power& b) { return AtomBefore(a.atom, b.atom); });
  return powers;
}

Algebra::Result Algebra::RaiseRational(const Rational& base, Exponent exponent) {
  if (base.IsZero()) return exponent.over > 0 ? Result(Quotient{}) : std::nullopt;
  if (exponent.under == 1) {
    if (const std::optional<Rational> power = base.Power(exponent.over)) {
      if (!power->TooBig()) return Constant(*power);
    }
    const bool odd = exponent.over % 2 != 0;
    const Rational size = base.Sign() < 0 ? -base : base;
    std::optional<Monomial> powers = Factors(size, exponent);
    if (!powers.has_value()) return std::nullopt;
    Reduced raised{Rational(base.Sign() < 0 && odd ? -1 : 1), *std::move(powers)};
    if (!Reduce(raised)) return std::nullopt;
    return Quotient{{Term{raised.factor, raised.powers}}, {}};
  }
  if (base.Sign() < 0) {
    // Odd roots of negative numbers are real, as in school.
    if (exponent.under % 2 != 0) {
      const Result size = RaiseRational(-base, exponent);
      if (!size.has_value() || exponent.over % 2 == 0) return size;
      return Negate(*size);
    }
    if (exponent.under != 2) return std::nullopt;
    const Result size = RaiseRational(-base, exponent);
    const Result turn = RaiseToInteger(I(), exponent.over);
    if (!size.has_value() || !turn.has_value()) return std::nullopt;
    return Multiply(*size, *turn);
  }
  std::optional<Monomial> powers = Factors(base, exponent);
  if (!powers.has_value()) return std::nullopt;
  Reduced raised{Rational(1), *std::move(powers)};
  if (!Reduce(raised)) return std::nullopt;
  return Quotient{{Term{raised.factor, raised.powers}}, {}};
}

Algebra::Result Algebra::RaiseToInteger(const Quotient& base, int64_t exponent) {
  if (exponent == 0) return Constant(Rational(1));
  if (exponent < 0) {
    const Result inverse = Divide(Constant(Rational(1)), base);
    if (!inverse.has_value()) return std::nullopt;
    return exponent == -1 ? inverse : RaiseToInteger(*inverse, -exponent);
  }
  if (exponent == 1) return base;
  if (base.over.empty()) return Quotient{};
  if (IsOneTerm(base)) {
    const Term& term = base.over[0];
    const Result factor = RaiseRational(term.factor, {exponent, 1});
    std::optional<Reduced> powers = RaisePowers(term.powers, {exponent, 1});
    if (!factor.has_value() || !powers.has_value()) return std::nullopt;
    const std::optional<Sum> unfolded =
        Unfold(Sum{{std::move(powers->factor), std::move(powers->powers)}});
    if (!unfolded.has_value()) return std::nullopt;
    return Multiply(*factor, Quotient{*unfolded, {}});
  }
  if (exponent <= kMaxExpanded) {
    Algebra::Result power = base;
    const int spent = operations_;
    for (int64_t i = 1; i < exponent && power.has_value(); ++i) power = Multiply(*power, base);
    if (power.has_value()) return power;
    operations_ = spent + 500;  // The expansion was dropped, but it has cost something.
    if (operations_ > kMaxOperations) return std::nullopt;
  }
  if (!base.under.empty()) return std::nullopt;
  // Kept as a power whose base is not expanded.
  return OpaquePower(base, exponent);
}

Quotient Algebra::OpaquePower(const Quotient& base, int64_t exponent) {
  const int id = Intern({AtomKind::kFunction, absl::StrCat("(", Print(base), ")")});
  Quotient power;
  power.over.push_back({Rational(1), {Power{id, {exponent, 1}}}});
  return power;
}

// sqrt(a + b sqrt(c)) where that is sqrt(p) + sqrt(q) with rational p and q.
std::optional<Quotient> Algebra::Denest(const Sum& sum) {
  if (sum.size() != 2) return std::nullopt;
  const Term* plain = nullptr;
  const Term* root = nullptr;
  for (const Term& term : sum) (term.powers.empty() ? plain : root) = &term;
  if (plain == nullptr || root == nullptr || plain->factor.Sign() <= 0) return std::nullopt;
  Rational square = root->factor * root->factor;
  for (const Power& power : root->powers) {
    const bool is_root = At(power.atom).kind == AtomKind::kPrime && power.exponent.over == 1 &&
                         power.exponent.under == 2;
    if (!is_root) return std::nullopt;
    square = square * At(power.atom).prime;
  }
  const std::optional<Rational> norm = SquareRoot(plain->factor * plain->factor - square);
  if (!norm.has_value()) return std::nullopt;
  const Rational half(1, 2);
  const Result p = RaiseRational((plain->factor + *norm) * half, {1, 2});
  const Result q = RaiseRational((plain->factor - *norm) * half, {1, 2});
  if (!p.has_value() || !q.has_value()) return std::nullopt;
  return Add(*p, root->factor.Sign() > 0 ? *q : Negate(*q));
}

Quotient Algebra::SumAtom(const Sum& sum, Exponent exponent) {
  const int id =
      Intern({AtomKind::kSum, absl::StrCat("(", Print({sum, {}}), ")"), false, {}, {}, sum});
  Quotient power;
  power.over.push_back({Rational(1), {Power{id, exponent}}});
  return power;
}

// One term to a fraction: what is positive for sure is raised on its own.
Algebra::Result Algebra::RaiseTerm(const Term& term, Exponent exponent) {
  Monomial positive;
  Monomial other;
  for (const Power& power : term.powers)
    (At(power.atom).positive ? positive : other).push_back(power);
  const Rational size = term.factor.Sign() < 0 ? -term.factor : term.factor;
  // An odd root takes the sign out.
  const bool odd = exponent.under % 2 != 0;
  const bool negative = term.factor.Sign() < 0 && !odd;
  Result raised = RaiseRational(other.empty() || odd ? term.factor : size, exponent);
  std::optional<Reduced> powers = RaisePowers(positive, exponent);
  if (!raised.has_value() || !powers.has_value()) return std::nullopt;
  raised = Multiply(*raised, Quotient{{Term{powers->factor, powers->powers}}, {}});
  if (!raised.has_value() || other.empty()) return raised;
  // sqrt(1/x) is not 1/sqrt(x) for a negative x.
  const bool simple = other.size() == 1 && !negative && other[0].exponent.over > 0 &&
                      other[0].exponent.over <= other[0].exponent.under &&
                      At(other[0].atom).kind != AtomKind::kI;
  if (simple) {
    const std::optional<Reduced> alone = RaisePowers(other, exponent);
    if (!alone.has_value()) return std::nullopt;
    return Multiply(*raised, Quotient{{Term{alone->factor, alone->powers}}, {}});
  }
  const Sum rest{{Rational(negative ? -1 : 1), other}};
  return Multiply(*raised, SumAtom(rest, exponent));
}

Algebra::Result Algebra::RaiseToFraction(const Quotient& base, Exponent exponent) {
  if (base.over.empty()) return exponent.over > 0 ? Result(Quotient{}) : std::nullopt;
  if (IsOneTerm(base)) return RaiseTerm(base.over[0], exponent);
  if (!base.under.empty()) {
    const int id = Intern({AtomKind::kGroup, absl::StrCat("(", Print(base), ")")});
    Quotient power;
    power.over.push_back({Rational(1), {Power{id, exponent}}});
    return power;
  }
  Rational content = Content(base.over);
  if (content.Sign() < 0) content = -content;
  Sum primitive = base.over;
  for (Term& term : primitive) term.factor = term.factor / content;
  const Result outer = RaiseRational(content, exponent);
  if (!outer.has_value()) return std::nullopt;
  if (exponent.under == 2) {
    if (const Result root = Denest(primitive)) {
      const Result power = RaiseToInteger(*root, exponent.over);
      return power.has_value() ? Multiply(*outer, *power) : std::nullopt;
    }
  }
  return Multiply(*outer, SumAtom(primitive, exponent));
}

Algebra::Result Algebra::Raise(const Quotient& base, const Quotient& exponent) {
  if (!effort_.Spend(2)) return std::nullopt;
  if (const std::optional<Rational> power = AsRational(exponent)) {
    if (power->IsZero()) {
      return base.over.empty() ? std::nullopt : Result(Constant(Rational(1)));
    }
    const std::optional<Exponent> ratio = MakeExponent(*power);
    if (!ratio.has_value()) {
      // A tower: 9^(9^9) is not expanded, but 1^n is 1.
      return OpaqueTower(base, exponent);
    }
    return ratio->under == 1 ? RaiseToInteger(base, ratio->over) : RaiseToFraction(base, *ratio);
  }
  if (!exponent.under.empty() || !IsOneTerm(base)) return OpaqueTower(base, exponent);
  // b^(2x + y) is (b^x)^2 b^y for one b above 0, or one that stands alone.
  const Term& term = base.over[0];
  const bool number = term.powers.empty() && term.factor.Sign() > 0;
  const bool atom =
      term.powers.size() == 1 && term.factor.IsOne() && term.powers[0].exponent == Exponent{} &&
      At(term.powers[0].atom).kind != AtomKind::kPower && At(term.powers[0].atom).text[0] != '(';
  if (!number && !atom) return OpaqueTower(base, exponent);
  Monomial bases = term.powers;
  if (number) {
    const std::optional<Monomial> factors = Factors(term.factor, {1, 1});
    if (!factors.has_value()) return std::nullopt;
    bases = *factors;
  }
  Result product = Constant(Rational(1));
  for (const Power& factor : bases) {
    for (const Term& part : exponent.over) {
      const std::optional<Exponent> ratio = MakeExponent(part.factor * ToRational(factor.exponent));
      if (!ratio.has_value()) return OpaqueTower(base, exponent);
      int id = factor.atom;
      if (!part.powers.empty()) {
        const Atom b = At(factor.atom);
        int storeys = 1;
        for (const Power& above : part.powers)
          storeys = std::max(storeys, At(above.atom).storeys + 1);
        if (storeys > kMaxStoreys) return std::nullopt;
        id = Intern({AtomKind::kPower, b.text, b.positive, {}, part.powers, {}, storeys});
      }
      Reduced power{Rational(1), {Power{id, *ratio}}};
      if (!Reduce(power)) return std::nullopt;
      product = Multiply(*product, Quotient{{Term{power.factor, power.powers}}, {}});
      if (!product.has_value()) return std::nullopt;
    }
  }
  return product;
}

Algebra::Result Algebra::OpaqueTower(const Quotient& base, const Quotient& exponent) {
  const std::optional<Rational> number = AsRational(base);
  if (number.has_value() && (number->IsZero() || number->IsOne())) return std::nullopt;
  const std::string text = absl::StrCat("(", Print(base), ")^(", Print(exponent), ")");
  if (text.size() > 400) return std::nullopt;
  return Opaque(text);
}

}  // namespace sextant::math
