#include "server/answer/math/short_sum.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant::math {
namespace {

constexpr uint32_t kMaxRadicand = 1000000;
constexpr int64_t kMaxUnderRoot = 20000;  // Its squares are looked for one by one.

// Never the least integer, so that signs can be turned.
std::optional<int64_t> Product(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product == INT64_MIN) return std::nullopt;
  return product;
}

bool IsNumber(const ShortTerm& term) { return term.radicand == 1 && term.powers == 0; }

std::optional<ShortTerm> TermProduct(const ShortTerm& a, const ShortTerm& b) {
  const uint32_t shared = std::gcd(a.radicand, b.radicand);
  const std::optional<int64_t> factor = Product(a.factor, b.factor);
  if (!factor.has_value()) return std::nullopt;
  const std::optional<int64_t> whole = Product(*factor, shared);
  const uint64_t radicand = uint64_t{a.radicand / shared} * (b.radicand / shared);
  if (!whole.has_value() || radicand > kMaxRadicand) return std::nullopt;
  const ShortTerm product{*whole, static_cast<uint32_t>(radicand), a.powers + b.powers};
  if (product.Degree() > kShortDegree) return std::nullopt;
  return product;
}

// Higher degree first, then by the variables' names, roots before numbers.
bool IsWrittenBefore(const ShortTerm& a, const ShortTerm& b) {
  if (a.Degree() != b.Degree()) return a.Degree() > b.Degree();
  if (a.powers != b.powers) return a.powers > b.powers;
  return a.radicand > b.radicand;
}

// `factor` / `under` with what stands beside it, as a fraction in lowest terms.
void AppendTerm(const ShortTerm& term, int64_t under, absl::string_view names, std::string* text) {
  const int64_t shared = std::gcd(term.factor, under);
  const int64_t over = term.factor / shared;
  const size_t start = text->size();
  const auto append = [text, &start](const auto&... parts) {
    absl::StrAppend(text, text->size() == start || text->back() == '-' ? "" : "*", parts...);
  };
  if (over == -1 && !IsNumber(term)) {
    *text += '-';
  } else if (over != 1 || IsNumber(term)) {
    append(over);
  }
  if (term.radicand != 1) append("sqrt(", term.radicand, ")");
  for (size_t i = 0; i < kShortNames; ++i) {
    if (term.Power(i) == 0) continue;
    append(names.substr(i, 1));
    if (term.Power(i) > 1) absl::StrAppend(text, "^", term.Power(i));
  }
  if (under != shared) absl::StrAppend(text, "/", under / shared);
}

}  // namespace

ShortSum::ShortSum(int64_t number) {
  if (number != 0) terms_[size_++].factor = number;
}

ShortSum ShortSum::Variable(size_t index) {
  ShortSum variable(1);
  variable.terms_[0].powers = uint32_t{1} << ShortTerm::ShiftOf(index);
  return variable;
}

bool ShortSum::IsRational() const { return size_ == 0 || (size_ == 1 && IsNumber(terms_[0])); }

bool ShortSum::HasOneRoot() const {
  int roots = 0;
  for (const ShortTerm& term : terms()) {
    if (term.powers != 0) return false;
    roots += term.radicand != 1 ? 1 : 0;
  }
  return roots == 1;
}

bool ShortSum::IsPolynomial() const {
  return std::all_of(terms().begin(), terms().end(),
                     [](const ShortTerm& term) { return term.radicand == 1; });
}

bool ShortSum::IsSmall() const {
  return under_ <= kShortFactor &&
         std::all_of(terms().begin(), terms().end(), [](const ShortTerm& term) {
           return term.factor <= kShortFactor && term.factor >= -kShortFactor;
         });
}

bool ShortSum::Add(const ShortTerm& added) {
  for (size_t i = 0; i < size_; ++i) {
    ShortTerm& term = terms_[i];
    if (term.radicand != added.radicand || term.powers != added.powers) continue;
    if (__builtin_add_overflow(term.factor, added.factor, &term.factor)) return false;
    if (term.factor == INT64_MIN) return false;
    if (term.factor == 0) term = terms_[--size_];
    return true;
  }
  if (size_ == kShortTerms) return false;
  terms_[size_++] = added;
  return true;
}

void ShortSum::Reduce() {
  int64_t shared = under_;
  for (const ShortTerm& term : terms()) {
    if (shared == 1) return;
    shared = std::gcd(shared, term.factor);
  }
  under_ /= shared;
  for (size_t i = 0; i < size_; ++i) terms_[i].factor /= shared;
}

ShortSum ShortSum::Negated() const {
  ShortSum negated = *this;
  for (size_t i = 0; i < size_; ++i) negated.terms_[i].factor = -negated.terms_[i].factor;
  return negated;
}

std::optional<ShortSum> ShortSum::Plus(const ShortSum& other) const {
  const int64_t shared = std::gcd(under_, other.under_);
  const std::optional<int64_t> under = Product(under_, other.under_ / shared);
  if (!under.has_value()) return std::nullopt;
  ShortSum sum;
  sum.under_ = *under;
  for (const ShortSum* part : {this, &other}) {
    for (ShortTerm term : part->terms()) {
      const std::optional<int64_t> factor = Product(term.factor, *under / part->under_);
      if (!factor.has_value()) return std::nullopt;
      term.factor = *factor;
      if (!sum.Add(term)) return std::nullopt;
    }
  }
  sum.Reduce();
  return sum;
}

std::optional<ShortSum> ShortSum::Times(const ShortSum& other) const {
  const std::optional<int64_t> under = Product(under_, other.under_);
  if (!under.has_value()) return std::nullopt;
  ShortSum product;
  product.under_ = *under;
  for (const ShortTerm& left : terms()) {
    for (const ShortTerm& right : other.terms()) {
      const std::optional<ShortTerm> term = TermProduct(left, right);
      if (!term.has_value() || !product.Add(*term)) return std::nullopt;
    }
  }
  product.Reduce();
  return product;
}

// By a rational or one root, with a rational beside it: the root is taken out of the denominator.
std::optional<ShortSum> ShortSum::Over(const ShortSum& other) const {
  ShortSum conjugate = other;
  if (!other.IsRational()) {
    if (!other.HasOneRoot()) return std::nullopt;
    for (ShortTerm& term : absl::MakeSpan(conjugate.terms_.data(), conjugate.size_)) {
      if (term.radicand != 1 && other.size_ > 1) term.factor = -term.factor;
    }
  } else {
    conjugate = ShortSum(1);
  }
  const std::optional<ShortSum> norm = other.Times(conjugate);
  std::optional<ShortSum> over = Times(conjugate);
  if (!norm.has_value() || !over.has_value() || norm->size_ == 0) return std::nullopt;
  const int64_t divisor = norm->terms_[0].factor;
  ShortSum inverse(divisor < 0 ? -norm->under_ : norm->under_);
  inverse.under_ = divisor < 0 ? -divisor : divisor;
  return over->Times(inverse);
}

std::optional<ShortSum> ShortSum::Power(int exponent) const {
  std::optional<ShortSum> power = *this;
  for (int i = 1; i < exponent && power.has_value(); ++i) power = power->Times(*this);
  return power;
}

std::optional<ShortSum> ShortSum::Root() const {
  if (!IsRational()) return std::nullopt;
  if (size_ == 0) return *this;
  // The root of p/q is that of pq over q.
  const std::optional<int64_t> product = Product(terms_[0].factor, under_);
  if (!product.has_value() || *product <= 0 || *product > kMaxUnderRoot) return std::nullopt;
  auto rest = static_cast<uint32_t>(*product);
  uint32_t whole = 1;
  for (uint32_t divisor = 2; divisor * divisor <= rest; ++divisor) {
    while (rest % (divisor * divisor) == 0) {
      rest /= divisor * divisor;
      whole *= divisor;
    }
  }
  ShortSum root(whole);
  root.terms_[0].radicand = rest;
  root.under_ = under_;
  root.Reduce();
  return root;
}

std::string ShortSum::Print(absl::string_view names) {
  if (size_ == 0) return "0";
  for (size_t i = 1; i < size_; ++i) {
    for (size_t j = i; j > 0 && IsWrittenBefore(terms_[j], terms_[j - 1]); --j)
      std::swap(terms_[j], terms_[j - 1]);
  }
  std::string text;
  for (ShortTerm term : terms()) {
    if (!text.empty()) {
      text += term.factor < 0 ? " - " : " + ";
      if (term.factor < 0) term.factor = -term.factor;
    }
    AppendTerm(term, under_, names, &text);
  }
  return text;
}

}  // namespace sextant::math
