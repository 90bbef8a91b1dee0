#include "server/answer/math/numeric.h"

#include <acb.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/points.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr slong kPrecision = 448;         // Bits of a computation.
constexpr slong kConstantBits = 320;      // Bits of a constant's key; 96 decimal digits.
constexpr slong kPointBits = 192;         // Bits of the value at one point.
constexpr slong kGuardBits = 32;          // Bits beyond those of the key that have to be right.
constexpr slong kMaxMagnitude = 1 << 20;  // Binary logarithm of a value.
constexpr int kMaxCost = 1500;            // About 0.3 us each.

// FLINT keeps constants such as pi per thread; this frees them with the thread.
struct ThreadCaches {
  ~ThreadCaches() { flint_cleanup(); }
};

class Complex {
 public:
  Complex() { acb_init(value_); }
  Complex(const Complex& other) : Complex() { acb_set(value_, other.value_); }
  Complex& operator=(const Complex& other) {
    acb_set(value_, other.value_);
    return *this;
  }
  ~Complex() { acb_clear(value_); }
  acb_struct* get() { return value_; }
  const acb_struct* get() const { return value_; }

 private:
  acb_t value_;
};

using MaybeComplex = std::optional<Complex>;

// Binary logarithm of the absolute value, rounded up; very low for 0.
slong Magnitude(const acb_struct* value) {
  mag_t bound;
  mag_init(bound);
  acb_get_mag(bound, value);
  slong magnitude = -kMaxMagnitude * 4;
  if (!mag_is_zero(bound)) {
    magnitude =
        mag_is_inf(bound) || !fmpz_fits_si(MAG_EXPREF(bound)) ? kMaxMagnitude * 4 : MAG_EXP(bound);
  }
  mag_clear(bound);
  return magnitude;
}

std::optional<Rational> SmallRational(const Expressions& in, int id) {
  const Node& node = in[id];
  if (node.op == Op::kNumber) return node.value;
  if (node.op == Op::kNegate) {
    std::optional<Rational> inner = SmallRational(in, node.kids[0]);
    if (inner.has_value()) inner = -*inner;
    return inner;
  }
  if (node.op != Op::kDivide) return std::nullopt;
  const std::optional<Rational> over = SmallRational(in, node.kids[0]);
  const std::optional<Rational> under = SmallRational(in, node.kids[1]);
  if (!over.has_value() || !under.has_value() || under->IsZero()) return std::nullopt;
  return *over / *under;
}

bool HasVariable(const Expressions& in, int id) {
  const Node& node = in[id];
  if (node.op == Op::kVariable || node.op == Op::kLiteral) return true;
  if (node.op == Op::kCall && !IsKnownFunction(node.text)) return true;
  for (const int kid : node.kids) {
    if (HasVariable(in, kid)) return true;
  }
  return false;
}

// The digits of one real number: exactly the same for all balls around it.
std::optional<std::string> Digits(const arb_struct* value, slong bits) {
  if (arb_is_zero(value)) return "0";
  if (arb_contains_zero(value)) return std::nullopt;
  if (arb_rel_accuracy_bits(value) < bits + kGuardBits) return std::nullopt;
  arf_t rounded;
  arf_init(rounded);
  arf_set_round(rounded, arb_midref(value), bits, ARF_RND_NEAR);
  fmpz_t mantissa;
  fmpz_t exponent;
  fmpz_init(mantissa);
  fmpz_init(exponent);
  arf_get_fmpz_2exp(mantissa, exponent, rounded);
  char* text = fmpz_get_str(nullptr, 32, mantissa);
  char* power = fmpz_get_str(nullptr, 10, exponent);
  std::string digits = absl::StrCat(text, "@", power);
  flint_free(text);
  flint_free(power);
  fmpz_clear(mantissa);
  fmpz_clear(exponent);
  arf_clear(rounded);
  return digits;
}

// Rounds noise around 0 to 0: a part that is certainly tiny, and not certainly something.
void Clean(acb_struct* value) {
  for (arb_struct* part : {acb_realref(value), acb_imagref(value)}) {
    if (!arb_contains_zero(part) || arb_is_zero(part)) continue;
    mag_t bound;
    mag_init(bound);
    arb_get_mag(bound, part);
    if (mag_cmp_2exp_si(bound, -(kConstantBits + kGuardBits)) < 0) arb_zero(part);
    mag_clear(bound);
  }
}

std::optional<std::string> Digits(const Complex& value, slong bits) {
  std::optional<std::string> real = Digits(acb_realref(value.get()), bits);
  if (!real.has_value() || acb_is_real(value.get())) return real;
  const std::optional<std::string> imaginary = Digits(acb_imagref(value.get()), bits);
  if (!imaginary.has_value()) return std::nullopt;
  return absl::StrCat(*real, ",", *imaginary);
}

// The rational with few digits that the ball holds, by continued fractions: a huge quotient says
// that the one before is it.
std::optional<Rational> NearbyRational(const arb_struct* value) {
  if (arb_is_zero(value)) return Rational(0);
  const slong magnitude = arf_abs_bound_lt_2exp_si(arb_midref(value));
  if (arb_rel_accuracy_bits(value) < kConstantBits || magnitude > 120 || magnitude < -80)
    return std::nullopt;
  Rational rest;
  arf_get_fmpq(rest.get(), arb_midref(value));
  Rational over_before(1);
  Rational under_before(0);
  Rational over(0);
  Rational under(1);
  std::swap(over, over_before);
  std::swap(under, under_before);
  // Invariant: over_before/under_before and over/under are the last two convergents.
  over_before = Rational(0);
  under_before = Rational(1);
  over = Rational(1);
  under = Rational(0);
  for (int step = 0; step < 60; ++step) {
    const Rational whole = rest.Floor();
    if (step > 0 && fmpz_bits(fmpq_numref(whole.get())) > 160) return over / under;
    Rational next_over = whole * over + over_before;
    Rational next_under = whole * under + under_before;
    over_before = std::exchange(over, std::move(next_over));
    under_before = std::exchange(under, std::move(next_under));
    if (fmpz_bits(fmpq_numref(under.get())) > 64) return std::nullopt;
    rest = rest - whole;
    if (rest.IsZero()) return over / under;
    rest = Rational(1) / rest;
  }
  return std::nullopt;
}

class Evaluator {
 public:
  explicit Evaluator(const Expressions& expressions) : in_(expressions) {}

  void set_point(int point) { point_ = point; }
  // A part of a sum was too small to be seen in the result.
  bool lossy() const { return lossy_; }

  MaybeComplex Of(int id) {
    const Node& node = in_[id];
    if (++cost_ > kMaxCost) return std::nullopt;
    Complex result;
    switch (node.op) {
      case Op::kNumber:
        acb_set_fmpq(result.get(), node.value.get(), kPrecision);
        return result;
      case Op::kVariable:
      case Op::kLiteral:
        SetPoint(node.text, result);
        return result;
      case Op::kConstant:
        if (node.text == "pi") {
          acb_const_pi(result.get(), kPrecision);
        } else if (node.text == "e") {
          arb_const_e(acb_realref(result.get()), kPrecision);
        } else {
          acb_onei(result.get());
        }
        return result;
      case Op::kAdd:
        return Sum(node);
      case Op::kPower:
        return Checked(Raise(node));
      case Op::kCall:
        return Checked(Call(node));
      default:
        return Checked(Arithmetic(node));
    }
  }

 private:
  static MaybeComplex Checked(MaybeComplex value) {
    if (!value.has_value() || !acb_is_finite(value->get())) return std::nullopt;
    if (Magnitude(value->get()) > kMaxMagnitude) return std::nullopt;
    return value;
  }

  void SetPoint(string_view name, Complex& result) const {
    const Point point = PointFor(name, point_);
    arb_set_si(acb_realref(result.get()), point.mantissa);
    arb_mul_2exp_si(acb_realref(result.get()), acb_realref(result.get()), point.exponent);
  }

  MaybeComplex Sum(const Node& node) {
    Complex sum;
    slong least = kMaxMagnitude * 4;
    for (const int kid : node.kids) {
      MaybeComplex part = Of(kid);
      if (!part.has_value()) return std::nullopt;
      if (!acb_is_zero(part->get())) least = std::min(least, Magnitude(part->get()));
      acb_add(sum.get(), sum.get(), part->get(), kPrecision);
    }
    Clean(sum.get());
    const slong bits = point_ < 0 ? kConstantBits : kPointBits;
    if (point_ < 2 && least < Magnitude(sum.get()) - bits + 2 * kGuardBits) lossy_ = true;
    return sum;
  }

  MaybeComplex Arithmetic(const Node& node) {
    MaybeComplex result = Of(node.kids[0]);
    if (!result.has_value()) return std::nullopt;
    if (node.op == Op::kNegate) acb_neg(result->get(), result->get());
    for (size_t i = 1; i < node.kids.size(); ++i) {
      const MaybeComplex next = Of(node.kids[i]);
      if (!next.has_value()) return std::nullopt;
      if (node.op == Op::kMultiply) {
        acb_mul(result->get(), result->get(), next->get(), kPrecision);
      } else if (acb_contains_zero(next->get())) {
        return std::nullopt;
      } else {
        acb_div(result->get(), result->get(), next->get(), kPrecision);
      }
    }
    return result;
  }

  MaybeComplex Raise(const Node& node) {
    const MaybeComplex base = Of(node.kids[0]);
    if (!base.has_value()) return std::nullopt;
    if (const std::optional<Rational> exponent = SmallRational(in_, node.kids[1]))
      return RaiseRational(*base, *exponent);
    const MaybeComplex exponent = Of(node.kids[1]);
    cost_ += 40;
    if (!exponent.has_value() || acb_contains_zero(base->get())) return std::nullopt;
    if (Magnitude(exponent->get()) > 40) return std::nullopt;
    Complex power;
    acb_pow(power.get(), base->get(), exponent->get(), kPrecision);
    return power;
  }

  MaybeComplex RaiseRational(const Complex& base, const Rational& exponent) {
    const std::optional<int64_t> over = exponent.Numerator().ToInteger();
    const std::optional<int64_t> under = exponent.Denominator().ToInteger();
    if (!over.has_value() || !under.has_value() || *under > 1000) return std::nullopt;
    if (*over > kMaxMagnitude || *over < -kMaxMagnitude) return std::nullopt;
    if (acb_contains_zero(base.get()) && (*over <= 0 || !acb_is_zero(base.get())))
      return std::nullopt;
    cost_ += 4;
    Complex root;
    if (*under == 1) {
      root = base;
    } else if (*under == 2) {
      acb_sqrt(root.get(), base.get(), kPrecision);
    } else if (acb_is_real(base.get())) {
      cost_ += 20;
      const bool negative = arb_is_negative(acb_realref(base.get())) != 0;
      if (negative && *under % 2 == 0) {
        acb_root_ui(root.get(), base.get(), static_cast<ulong>(*under), kPrecision);
      } else {
        arb_abs(acb_realref(root.get()), acb_realref(base.get()));
        arb_root_ui(acb_realref(root.get()), acb_realref(root.get()), static_cast<ulong>(*under),
                    kPrecision);
        if (negative) acb_neg(root.get(), root.get());
      }
    } else {
      cost_ += 40;
      acb_root_ui(root.get(), base.get(), static_cast<ulong>(*under), kPrecision);
    }
    Complex power;
    acb_pow_si(power.get(), root.get(), *over, kPrecision);
    return power;
  }

  MaybeComplex Call(const Node& node) {
    const string_view name = node.text;
    const bool steps = name == "floor" || name == "ceil";
    if (!IsKnownFunction(name) || (steps && HasVariable(in_, node.kids[0]))) return Unknown(node);
    const MaybeComplex argument = Of(node.kids[0]);
    if (!argument.has_value()) return std::nullopt;
    if (node.kids.size() == 2) return CallWithTwo(name, *argument, node.kids[1]);
    const acb_struct* x = argument->get();
    Complex y;
    cost_ += 2;
    if (name == "sqrt") return RaiseRational(*argument, Rational(1, 2));
    if (name == "cbrt") return RaiseRational(*argument, Rational(1, 3));
    if (name == "abs") {
      if (point_ >= 0 && KeepsSign(node.kids[0])) return UnknownSize(node.kids[0], *argument);
      acb_abs(acb_realref(y.get()), x, kPrecision);
      return y;
    }
    if (steps) {
      if (!acb_is_real(x)) return std::nullopt;
      (name == "floor" ? arb_floor : arb_ceil)(acb_realref(y.get()), acb_realref(x), kPrecision);
      if (!arb_is_exact(acb_realref(y.get()))) return std::nullopt;
      return y;
    }
    if (name == "factorial") {
      acb_add_ui(y.get(), x, 1, kPrecision);
      return Gamma(y);
    }
    cost_ += 20;
    if (Magnitude(x) > 40) return std::nullopt;
    if (name == "log" || name == "lg" || name == "ln") return Logarithm(name, *argument);
    using Function = void (*)(acb_struct*, const acb_struct*, slong);
    static constexpr std::array<std::pair<string_view, Function>, 16> kFunctions = {{
        {"exp", acb_exp},
        {"sin", acb_sin},
        {"cos", acb_cos},
        {"tan", acb_tan},
        {"cot", acb_cot},
        {"sec", acb_sec},
        {"csc", acb_csc},
        {"sinh", acb_sinh},
        {"cosh", acb_cosh},
        {"tanh", acb_tanh},
        {"arcsin", acb_asin},
        {"arccos", acb_acos},
        {"arctan", acb_atan},
        {"arcsinh", acb_asinh},
        {"arccosh", acb_acosh},
        {"arctanh", acb_atanh},
    }};
    for (const auto& [known, function] : kFunctions) {
      if (known != name) continue;
      function(y.get(), x, kPrecision);
      return y;
    }
    return std::nullopt;
  }

  // Whether it has the same sign at all points. Then its absolute value is no use: |x^2 - 5x + 7|
  // may be the same without bars everywhere, or only at these points.
  bool KeepsSign(int id) {
    const int point = point_;
    bool positive = false;
    bool negative = false;
    for (point_ = 0; point_ < kPoints; ++point_) {
      const MaybeComplex value = Of(id);
      if (!value.has_value() || !acb_is_real(value->get())) break;
      positive = positive || arb_is_positive(acb_realref(value->get()));
      negative = negative || arb_is_negative(acb_realref(value->get()));
    }
    point_ = point;
    return !positive || !negative;
  }

  // An unknown even function instead, up to the factor that may be taken out of it.
  MaybeComplex UnknownSize(int id, const Complex& value) {
    const int point = std::exchange(point_, 0);
    const MaybeComplex first = Of(id);
    point_ = point;
    if (!first.has_value() || acb_contains_zero(first->get())) return std::nullopt;
    Complex ratio;
    acb_div(ratio.get(), value.get(), first->get(), kPrecision);
    const std::optional<std::string> digits = Digits(ratio, kPointBits / 2);
    if (!digits.has_value()) return std::nullopt;
    Complex result;
    SetPoint(absl::StrCat("|", *digits), result);
    acb_abs(acb_realref(ratio.get()), first->get(), kPrecision);
    arb_zero(acb_imagref(ratio.get()));
    acb_mul(result.get(), result.get(), ratio.get(), kPrecision);
    return result;
  }

  MaybeComplex Logarithm(string_view name, const Complex& x) {
    if (acb_contains_zero(x.get())) return std::nullopt;
    Complex y;
    acb_log(y.get(), x.get(), kPrecision);
    if (name == "ln") return y;
    arb_t ten;
    arb_init(ten);
    arb_const_log10(ten, kPrecision);
    acb_div_arb(y.get(), y.get(), ten, kPrecision);
    arb_clear(ten);
    return y;
  }

  MaybeComplex Gamma(const Complex& x) {
    cost_ += 150;
    if (Magnitude(x.get()) > 14 || cost_ > kMaxCost) return std::nullopt;
    Complex y;
    acb_gamma(y.get(), x.get(), kPrecision);
    return y;
  }

  MaybeComplex CallWithTwo(string_view name, const Complex& x, int second) {
    if (name == "root") {
      const std::optional<Rational> degree = SmallRational(in_, second);
      if (!degree.has_value() || degree->Sign() <= 0) return std::nullopt;
      return RaiseRational(x, Rational(1) / *degree);
    }
    const MaybeComplex other = Of(second);
    cost_ += 20;
    if (!other.has_value()) return std::nullopt;
    if (name == "log") {
      MaybeComplex over = Logarithm("ln", x);
      const MaybeComplex under = Logarithm("ln", *other);
      if (!over.has_value() || !under.has_value() || acb_contains_zero(under->get()))
        return std::nullopt;
      acb_div(over->get(), over->get(), under->get(), kPrecision);
      return over;
    }
    if (name != "binomial") return std::nullopt;
    if (const std::optional<Rational> k = SmallRational(in_, second)) return Choose(x, *k);
    Complex top;
    Complex bottom;
    Complex rest;
    acb_add_ui(top.get(), x.get(), 1, kPrecision);
    acb_add_ui(bottom.get(), other->get(), 1, kPrecision);
    acb_sub(rest.get(), top.get(), other->get(), kPrecision);
    MaybeComplex over = Gamma(top);
    const MaybeComplex left = Gamma(bottom);
    const MaybeComplex right = Gamma(rest);
    if (!over.has_value() || !left.has_value() || !right.has_value()) return std::nullopt;
    acb_div(over->get(), over->get(), left->get(), kPrecision);
    acb_div(over->get(), over->get(), right->get(), kPrecision);
    return over;
  }

  // n (n - 1) ... (n - k + 1) / k!
  MaybeComplex Choose(const Complex& n, const Rational& k) {
    const std::optional<int64_t> count = k.ToInteger();
    if (!count.has_value() || *count < 0 || *count > 30) return std::nullopt;
    cost_ += static_cast<int>(*count);
    Complex product;
    acb_one(product.get());
    Complex factor = n;
    for (int64_t i = 1; i <= *count; ++i) {
      acb_mul(product.get(), product.get(), factor.get(), kPrecision);
      acb_div_si(product.get(), product.get(), i, kPrecision);
      acb_sub_si(factor.get(), factor.get(), 1, kPrecision);
    }
    return product;
  }

  // An unknown function has any value, and the same one for the same arguments.
  MaybeComplex Unknown(const Node& node) {
    std::string name = absl::StrCat(node.text, "(");
    for (const int kid : node.kids) {
      const MaybeComplex argument = Of(kid);
      if (!argument.has_value()) return std::nullopt;
      const std::optional<std::string> digits = Digits(*argument, kPointBits / 2);
      if (!digits.has_value()) return std::nullopt;
      absl::StrAppend(&name, *digits, ";");
    }
    cost_ += 3;
    Complex result;
    SetPoint(name, result);
    return result;
  }

  const Expressions& in_;
  int point_ = -1;
  int cost_ = 0;
  bool lossy_ = false;
};

std::optional<NumericIdentity> Constant(const Complex& value, const NumericOptions& options) {
  NumericIdentity identity;
  identity.constant = true;
  identity.real = acb_is_real(value.get()) != 0;
  identity.approximate = arf_get_d(arb_midref(acb_realref(value.get())), ARF_RND_NEAR);
  if (identity.real && !options.irrational) {
    identity.rational = NearbyRational(acb_realref(value.get()));
    if (identity.rational.has_value()) {
      identity.key = identity.rational->ToString();
      return identity;
    }
  }
  const std::optional<std::string> digits = Digits(value, kConstantBits);
  if (!digits.has_value()) return std::nullopt;
  identity.key = absl::StrCat("~", *digits);
  return identity;
}

}  // namespace

std::optional<NumericIdentity> Identify(const Expressions& expressions, int node,
                                        NumericOptions options) {
  thread_local const ThreadCaches caches;
  Evaluator evaluator(expressions);
  if (!HasVariable(expressions, node)) {
    MaybeComplex value = evaluator.Of(node);
    if (!value.has_value() || evaluator.lossy()) return std::nullopt;
    Clean(value->get());
    return Constant(*value, options);
  }
  NumericIdentity identity;
  identity.key = "~";
  identity.constant = options.proportion == Proportion::kExact;
  std::string first;
  Complex scale;
  for (int point = 0; point < kPoints; ++point) {
    evaluator.set_point(point);
    MaybeComplex value = evaluator.Of(node);
    if (!value.has_value() || evaluator.lossy()) return std::nullopt;
    Clean(value->get());
    if (options.proportion != Proportion::kExact) {
      if (point == 0) {
        if (acb_contains_zero(value->get())) return std::nullopt;
        scale = *value;
        if (options.proportion == Proportion::kUpToPositiveFactor) {
          if (!acb_is_real(value->get())) return std::nullopt;
          arb_abs(acb_realref(scale.get()), acb_realref(scale.get()));
        }
      }
      acb_div(value->get(), value->get(), scale.get(), kPrecision);
    } else if (point == 0) {
      scale = *value;
    }
    // Proportions to the first point: a ratio that is 1 has to read 1 exactly.
    if (options.proportion != Proportion::kExact && point == 0) {
      absl::StrAppend(&identity.key, arb_is_negative(acb_realref(value->get())) ? "-" : "+");
      continue;
    }
    const std::optional<std::string> digits = Digits(*value, kPointBits);
    if (!digits.has_value()) return std::nullopt;
    if (point == 0) first = *digits;
    identity.constant = identity.constant && *digits == first;
    absl::StrAppend(&identity.key, point == 0 ? "" : ";", *digits);
  }
  if (identity.constant) return Constant(scale, options);
  return identity;
}

}  // namespace sextant::math
