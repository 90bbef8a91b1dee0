// Values of functions.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/answer/math/evaluator.h"
#include "server/answer/math/points.h"

namespace sextant::math {

using absl::string_view;

namespace {

// Whether that can be seen from how it is written: squares, roots, exponentials and sums of them.
bool IsNeverNegative(const Expressions& in, int id) {
  const Node& node = in[id];
  const auto all = [&in, &node] {
    return std::all_of(node.kids.begin(), node.kids.end(),
                       [&in](int kid) { return IsNeverNegative(in, kid); });
  };
  switch (node.op) {
    case Op::kNumber:
      return node.value.Sign() >= 0;
    case Op::kConstant:
      return node.text != "i";
    case Op::kAdd:
    case Op::kMultiply:
    case Op::kDivide:
      return all();
    case Op::kCall:
      return node.text == "abs" || node.text == "sqrt" || node.text == "exp";
    case Op::kPower: {
      const std::optional<Rational> exponent = SmallRational(in, node.kids[1]);
      const bool even = exponent.has_value() && (*exponent / Rational(2)).IsInteger();
      return even || IsNeverNegative(in, node.kids[0]);
    }
    default:
      return false;
  }
}

}  // namespace

MaybeComplex Evaluator::Call(const Node& node) {
  const string_view name = node.text;
  const bool steps = name == "floor" || name == "ceil";
  if (!IsKnownFunction(name) || (steps && HasVariable(in_, node.kids[0]))) return Unknown(node);
  const MaybeComplex argument = Of(node.kids[0]);
  if (!argument.has_value()) return std::nullopt;
  if (node.kids.size() == 2) return CallWithTwo(name, *argument, node.kids[1]);
  const acb_struct* x = argument->get();
  Complex y;
  Spend(2);
  if (name == "sqrt") return RaiseRational(*argument, Rational(1, 2));
  if (name == "cbrt") return RaiseRational(*argument, Rational(1, 3));
  if (name == "abs") {
    const bool varies = point_ >= 0 && HasVariable(in_, node.kids[0]);
    if (varies && !IsNeverNegative(in_, node.kids[0]) && KeepsSign(node.kids[0]))
      return UnknownSize(node.kids[0], *argument);
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
  Spend(20);
  if (Magnitude(*argument) > 40) return std::nullopt;
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
bool Evaluator::KeepsSign(int id) {
  for (const auto& [known, keeps] : keeps_sign_) {
    if (known == id) return keeps;
  }
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
  keeps_sign_.emplace_back(id, !positive || !negative);
  return keeps_sign_.back().second;
}

// An unknown even function instead, up to the factor that may be taken out of it.
MaybeComplex Evaluator::UnknownSize(int id, const Complex& value) {
  const int point = std::exchange(point_, 0);
  const MaybeComplex first = Of(id);
  point_ = point;
  if (!first.has_value() || acb_contains_zero(first->get())) return std::nullopt;
  Complex ratio;
  acb_div(ratio.get(), value.get(), first->get(), kPrecision);
  const std::optional<std::string> digits = Digits(ratio, kPointBits / 2);
  if (!digits.has_value()) return std::nullopt;
  Complex result = AtPoint(absl::StrCat("|", *digits));
  acb_abs(acb_realref(ratio.get()), first->get(), kPrecision);
  arb_zero(acb_imagref(ratio.get()));
  acb_mul(result.get(), result.get(), ratio.get(), kPrecision);
  return result;
}

MaybeComplex Evaluator::Logarithm(string_view name, const Complex& x) {
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

MaybeComplex Evaluator::Gamma(const Complex& x) {
  if (!Spend(acb_is_real(x.get()) ? 60 : 240) || Magnitude(x) > 14) return std::nullopt;
  Complex y;
  acb_gamma(y.get(), x.get(), kPrecision);
  return y;
}

MaybeComplex Evaluator::CallWithTwo(string_view name, const Complex& x, int second) {
  if (name == "root") {
    const std::optional<Rational> degree = SmallRational(in_, second);
    if (!degree.has_value() || degree->Sign() <= 0) return std::nullopt;
    return RaiseRational(x, Rational(1) / *degree);
  }
  const MaybeComplex other = Of(second);
  Spend(20);
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
  if (arb_is_int(acb_realref(other->get())) && acb_is_real(other->get())) {
    if (const std::optional<Rational> k = NearbyRational(*other)) return Choose(x, *k);
  }
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
MaybeComplex Evaluator::Choose(const Complex& n, const Rational& k) {
  const std::optional<int64_t> count = k.ToInteger();
  if (!count.has_value() || *count < 0 || *count > 30) return std::nullopt;
  Spend(static_cast<int>(*count));
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
MaybeComplex Evaluator::Unknown(const Node& node) {
  std::string name = absl::StrCat(node.text, "(");
  for (const int kid : node.kids) {
    const MaybeComplex argument = Of(kid);
    if (!argument.has_value()) return std::nullopt;
    const std::optional<std::string> digits = Digits(*argument, kPointBits / 2);
    if (!digits.has_value()) return std::nullopt;
    absl::StrAppend(&name, *digits, ";");
  }
  Spend(3);
  return AtPoint(name);
}

}  // namespace sextant::math
