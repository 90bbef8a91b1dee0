#include "server/answer/math/algebra.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace sextant::math {
namespace {

std::optional<Exponent> Lowest(int64_t over, int64_t under) {
  if (under < 0) {
    over = -over;
    under = -under;
  }
  int64_t a = over < 0 ? -over : over;
  int64_t b = under;
  while (b != 0) std::swap(a %= b, b);
  if (a == 0) return std::nullopt;
  over /= a;
  under /= a;
  if (over > kMaxPower || over < -kMaxPower || under > kMaxPower) return std::nullopt;
  return Exponent{static_cast<int64_t>(over), static_cast<int64_t>(under)};
}

std::optional<Exponent> Plus(Exponent a, Exponent b) {
  if (a.under == 1 && b.under == 1) return Lowest(a.over + b.over, 1);
  return Lowest(a.over * b.under + b.over * a.under, a.under * b.under);
}

std::optional<Exponent> Times(Exponent a, Exponent b) {
  return Lowest(a.over * b.over, a.under * b.under);
}

bool Less(Exponent a, Exponent b) { return a.over * b.under < b.over * a.under; }

int64_t FloorOf(Exponent a) {
  const int64_t quotient = a.over / a.under;
  return a.over % a.under < 0 ? quotient - 1 : quotient;
}

}  // namespace

std::optional<Exponent> MakeExponent(const Rational& value) {
  const std::optional<int64_t> over = value.Numerator().ToInteger();
  const std::optional<int64_t> under = value.Denominator().ToInteger();
  if (!over.has_value() || !under.has_value()) return std::nullopt;
  return Lowest(*over, *under);
}

Rational ToRational(Exponent exponent) { return Rational(exponent.over, exponent.under); }

Quotient Algebra::Constant(const Rational& value) {
  Quotient constant;
  if (!value.IsZero()) constant.over.push_back({value, {}});
  return constant;
}

int Algebra::Intern(Atom atom) {
  for (size_t i = 0; i < atoms_.size(); ++i) {
    const Atom& known = *atoms_[i];
    effort_.Spend(1);
    if (known.kind != atom.kind || known.text != atom.text) continue;
    if (atom.kind == AtomKind::kPower && CompareTerms(known.exponent, atom.exponent) != 0) continue;
    return static_cast<int>(i);
  }
  int rank = 0;
  for (size_t i = 0; i < atoms_.size(); ++i) {
    if (BelongsBefore(atom, *atoms_[i])) {
      ++places_[i].rank;
    } else {
      ++rank;
    }
  }
  places_.push_back({atom.kind, rank});
  atoms_.push_back(std::make_unique<Atom>(std::move(atom)));
  return static_cast<int>(atoms_.size()) - 1;
}

namespace {
Quotient OneAtom(int id, Exponent exponent = {}) {
  Quotient quotient;
  quotient.over.push_back({Rational(1), {Power{id, exponent}}});
  return quotient;
}
}  // namespace

Quotient Algebra::Variable(absl::string_view name) {
  return OneAtom(Intern({AtomKind::kVariable, std::string(name)}));
}
Quotient Algebra::Pi() { return OneAtom(Intern({AtomKind::kPi, "pi", true})); }
Quotient Algebra::E() { return OneAtom(Intern({AtomKind::kE, "e", true})); }
Quotient Algebra::I() { return OneAtom(Intern({AtomKind::kI, "i"})); }
Quotient Algebra::Opaque(absl::string_view text) {
  return OneAtom(Intern({AtomKind::kFunction, std::string(text)}));
}

bool Algebra::BelongsBefore(const Atom& left, const Atom& right) const {
  if (left.kind != right.kind) return left.kind < right.kind;
  if (left.kind == AtomKind::kPrime) return left.prime < right.prime;
  if (left.text != right.text) return left.text < right.text;
  return CompareTerms(left.exponent, right.exponent) < 0;
}

double Algebra::Degree(const Monomial& powers) const {
  double sum = 0;
  for (const Power& power : powers) {
    const AtomKind kind = places_[static_cast<size_t>(power.atom)].kind;
    if (kind == AtomKind::kI) sum -= 1e6;
    if (kind == AtomKind::kVariable)
      sum += static_cast<double>(power.exponent.over) / static_cast<double>(power.exponent.under);
  }
  return sum;
}

// The order in which terms are written: real before imaginary, higher degree first, then by name.
int Algebra::CompareTerms(const Monomial& a, const Monomial& b) const {
  const double difference = Degree(a) - Degree(b);
  if (difference != 0) return difference > 0 ? -1 : 1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].atom != b[i].atom) return AtomBefore(a[i].atom, b[i].atom) ? -1 : 1;
    if (!(a[i].exponent == b[i].exponent)) return Less(b[i].exponent, a[i].exponent) ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : (a.size() > b.size() ? -1 : 1);
}

std::optional<Sum> Algebra::Collect(Sum terms) const {
  // A sort compares each term a few times, with each of its powers.
  const auto bits = static_cast<int64_t>(std::bit_width(terms.size()));
  if (!effort_.Spend(1 + bits * static_cast<int64_t>(terms.size()) / 4)) return std::nullopt;
  if (terms.size() > 1) {
    std::sort(terms.begin(), terms.end(), [this](const Term& a, const Term& b) {
      return CompareTerms(a.powers, b.powers) < 0;
    });
  }
  Sum collected;
  for (Term& term : terms) {
    if (!collected.empty() && CompareTerms(collected.back().powers, term.powers) == 0) {
      collected.back().factor = collected.back().factor + term.factor;
    } else {
      if (!collected.empty() && collected.back().factor.IsZero()) collected.pop_back();
      collected.push_back(std::move(term));
    }
    if (collected.back().factor.TooBig()) return std::nullopt;
  }
  if (!collected.empty() && collected.back().factor.IsZero()) collected.pop_back();
  if (collected.size() > kMaxTerms) return std::nullopt;
  return collected;
}

std::optional<Sum> Algebra::AddSums(const Sum& a, const Sum& b) const {
  Sum all = a;
  all.insert(all.end(), b.begin(), b.end());
  return Collect(std::move(all));
}

// i^2 is -1, and whole powers of primes are numbers.
bool Algebra::Reduce(Reduced& product) const {
  for (size_t i = 0; i < product.powers.size();) {
    Power& power = product.powers[i];
    const Atom& atom = At(power.atom);
    int64_t whole = 0;
    if (atom.kind == AtomKind::kI) {
      if (power.exponent.under != 1) return false;
      const int64_t turns = ((power.exponent.over % 4) + 4) % 4;
      if (turns >= 2) product.factor = -product.factor;
      whole = power.exponent.over - turns % 2;
    } else if (atom.kind == AtomKind::kPrime && FloorOf(power.exponent) != 0) {
      whole = FloorOf(power.exponent);
      const std::optional<Rational> value = atom.prime.Power(whole);
      if (value.has_value()) {
        product.factor = product.factor * *value;
        if (product.factor.TooBig()) return false;
      } else {
        whole = 0;
      }
    }
    power.exponent.over -= whole * power.exponent.under;
    if (power.exponent.over == 0) {
      product.powers.erase(product.powers.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return true;
}

std::optional<Algebra::Reduced> Algebra::MultiplyPowers(const Monomial& a,
                                                        const Monomial& b) const {
  if (!effort_.Spend(1 + static_cast<int64_t>(a.size() + b.size()) / 4)) return std::nullopt;
  Reduced product{Rational(1), {}};
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && AtomBefore(a[i].atom, b[j].atom))) {
      product.powers.push_back(a[i++]);
    } else if (i == a.size() || AtomBefore(b[j].atom, a[i].atom)) {
      product.powers.push_back(b[j++]);
    } else {
      const std::optional<Exponent> sum = Plus(a[i].exponent, b[j].exponent);
      if (sum.has_value()) product.powers.push_back({a[i].atom, *sum});
      ++i;
      ++j;
    }
  }
  if (!Reduce(product)) return std::nullopt;
  return product;
}

std::optional<Algebra::Reduced> Algebra::RaisePowers(const Monomial& a, Exponent exponent) const {
  Reduced raised{Rational(1), a};
  for (Power& power : raised.powers) {
    const std::optional<Exponent> product = Times(power.exponent, exponent);
    if (!product.has_value()) return std::nullopt;
    power.exponent = *product;
  }
  if (!Reduce(raised)) return std::nullopt;
  return raised;
}

std::optional<Sum> Algebra::MultiplySums(const Sum& a, const Sum& b) {
  if (a.empty() || b.empty()) return Sum{};
  // Long numbers cost more.
  const auto words = static_cast<size_t>(
      1 + (fmpq_height_bits(a[0].factor.get()) + fmpq_height_bits(b[0].factor.get())) / 64);
  operations_ += static_cast<int>(a.size() * b.size() * words);
  if (a.size() * b.size() > kMaxProducts || operations_ > kMaxOperations) return std::nullopt;
  if (!effort_.Spend(static_cast<int64_t>(a.size() * b.size() * (words - 1)))) return std::nullopt;
  Sum terms;
  terms.reserve(a.size() * b.size());
  for (const Term& left : a) {
    for (const Term& right : b) {
      std::optional<Reduced> product = MultiplyPowers(left.powers, right.powers);
      if (!product.has_value()) return std::nullopt;
      product->factor = product->factor * left.factor * right.factor;
      terms.push_back({std::move(product->factor), std::move(product->powers)});
    }
  }
  std::optional<Sum> product = Collect(std::move(terms));
  if (!product.has_value()) return std::nullopt;
  return Unfold(*product);
}

// The square of sqrt(x + 1) is x + 1 again.
std::optional<Sum> Algebra::Unfold(const Sum& sum) {
  for (size_t i = 0; i < sum.size(); ++i) {
    for (size_t j = 0; j < sum[i].powers.size(); ++j) {
      const Power power = sum[i].powers[j];
      const Atom& atom = At(power.atom);
      if (atom.kind == AtomKind::kGroup && power.exponent.under == 1) return std::nullopt;
      if (atom.kind != AtomKind::kSum) continue;
      const int64_t whole = power.exponent.over / power.exponent.under;
      if (whole < 1 || whole > 8) continue;
      Term left = sum[i];
      left.powers[j].exponent.over -= power.exponent.under;
      if (left.powers[j].exponent.over == 0)
        left.powers.erase(left.powers.begin() + static_cast<std::ptrdiff_t>(j));
      const Sum base = atom.sum;
      const std::optional<Sum> unfolded = MultiplySums({left}, base);
      if (!unfolded.has_value()) return std::nullopt;
      Sum others = sum;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      const std::optional<Sum> all = AddSums(others, *unfolded);
      if (!all.has_value() || ++operations_ > kMaxOperations) return std::nullopt;
      return Unfold(*all);
    }
  }
  return sum;
}

Quotient Algebra::Negate(Quotient a) const {
  for (Term& term : a.over) term.factor = -term.factor;
  return a;
}

Algebra::Result Algebra::Add(const Quotient& a, const Quotient& b) {
  if (!effort_.Spend(1)) return std::nullopt;
  if (a.under.empty() && b.under.empty()) {
    std::optional<Sum> sum = AddSums(a.over, b.over);
    if (!sum.has_value()) return std::nullopt;
    return Quotient{*std::move(sum), {}};
  }
  const Sum one = Constant(Rational(1)).over;
  const Sum& under_a = a.under.empty() ? one : a.under;
  const Sum& under_b = b.under.empty() ? one : b.under;
  const std::optional<Sum> left = MultiplySums(a.over, under_b);
  const std::optional<Sum> right = MultiplySums(b.over, under_a);
  const std::optional<Sum> under = MultiplySums(under_a, under_b);
  if (!left.has_value() || !right.has_value() || !under.has_value()) return std::nullopt;
  const std::optional<Sum> over = AddSums(*left, *right);
  if (!over.has_value()) return std::nullopt;
  return Simplify({*over, *under});
}

// The usual case, without its ceremony.
Algebra::Result Algebra::Scale(Quotient a, const Rational& factor) {
  if (factor.IsZero()) return Quotient{};
  for (Term& term : a.over) {
    term.factor = term.factor * factor;
    if (term.factor.TooBig()) return std::nullopt;
  }
  return a;
}

Algebra::Result Algebra::Multiply(const Quotient& a, const Quotient& b) {
  if (!effort_.Spend(1)) return std::nullopt;
  if (const std::optional<Rational> factor = AsRational(b)) return Scale(a, *factor);
  if (const std::optional<Rational> factor = AsRational(a)) return Scale(b, *factor);
  std::optional<Sum> over = MultiplySums(a.over, b.over);
  if (!over.has_value()) return std::nullopt;
  if (a.under.empty() && b.under.empty()) return Quotient{*std::move(over), {}};
  if (a.under.empty() || b.under.empty())
    return Simplify({*over, a.under.empty() ? b.under : a.under});
  const std::optional<Sum> under = MultiplySums(a.under, b.under);
  if (!under.has_value()) return std::nullopt;
  return Simplify({*over, *under});
}

Algebra::Result Algebra::Divide(const Quotient& a, const Quotient& b) {
  if (b.over.empty()) return std::nullopt;
  if (const std::optional<Rational> divisor = AsRational(b))
    return Scale(a, Rational(1) / *divisor);
  const Quotient inverse{b.under.empty() ? Constant(Rational(1)).over : b.under, b.over};
  const Result simple = Simplify(inverse);
  return simple.has_value() ? Multiply(a, *simple) : std::nullopt;
}

std::optional<Rational> Algebra::AsRational(const Quotient& a) {
  if (!a.under.empty()) return std::nullopt;
  if (a.over.empty()) return Rational(0);
  if (a.over.size() == 1 && a.over[0].powers.empty()) return a.over[0].factor;
  return std::nullopt;
}

// One square root of an integer, or one power of pi, and perhaps a rational number beside it.
bool Algebra::IsIrrationalForSure(const Quotient& a) const {
  if (!a.under.empty()) return false;
  int irrational = 0;
  for (const Term& term : a.over) {
    if (term.powers.empty()) continue;
    ++irrational;
    for (const Power& power : term.powers) {
      const AtomKind kind = At(power.atom).kind;
      if (kind == AtomKind::kPrime && power.exponent.under == 1) return false;
      if (kind != AtomKind::kPrime && kind != AtomKind::kPi) return false;
    }
  }
  return irrational == 1;
}

bool Algebra::IsConstantAtom(int id) const {
  const AtomKind kind = At(id).kind;
  return kind == AtomKind::kPrime || kind == AtomKind::kPi || kind == AtomKind::kE ||
         kind == AtomKind::kI;
}

bool Algebra::IsPositive(const Quotient& a) const {
  if (!a.under.empty() || a.over.empty()) return false;
  return std::all_of(a.over.begin(), a.over.end(), [this](const Term& term) {
    return term.factor.Sign() > 0 &&
           std::all_of(term.powers.begin(), term.powers.end(),
                       [this](const Power& power) { return At(power.atom).positive; });
  });
}

}  // namespace sextant::math
