#include "server/answer/math/evaluator.h"

#include <algorithm>

#include "server/answer/math/points.h"

namespace sextant::math {

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

MaybeComplex Evaluator::Checked(MaybeComplex value) {
  if (!value.has_value() || !acb_is_finite(value->get())) return std::nullopt;
  if (Magnitude(*value) > kMaxMagnitude) return std::nullopt;
  Clean(*value);
  return value;
}

Complex Evaluator::AtPoint(absl::string_view name) const {
  const Point point = PointFor(name, point_);
  Complex value;
  arb_set_si(acb_realref(value.get()), point.mantissa);
  arb_mul_2exp_si(acb_realref(value.get()), acb_realref(value.get()), point.exponent);
  return value;
}

MaybeComplex Evaluator::Of(int id) {
  const Node& node = in_[id];
  if (!Spend(1)) return std::nullopt;
  Complex result;
  switch (node.op) {
    case Op::kNumber:
      acb_set_fmpq(result.get(), node.value.get(), kPrecision);
      return result;
    case Op::kVariable:
    case Op::kLiteral:
      return AtPoint(node.text);
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

MaybeComplex Evaluator::Sum(const Node& node) {
  Complex sum;
  slong least = kMaxMagnitude * 4;
  for (const int kid : node.kids) {
    MaybeComplex part = Of(kid);
    if (!part.has_value()) return std::nullopt;
    Clean(*part);
    if (!acb_is_zero(part->get())) least = std::min(least, Magnitude(*part));
    acb_add(sum.get(), sum.get(), part->get(), kPrecision);
  }
  Clean(sum);
  const slong bits = point_ < 0 ? kConstantBits : kPointBits;
  if (point_ < 2 && least < Magnitude(sum) - bits + 2 * kGuardBits) lossy_ = true;
  return sum;
}

MaybeComplex Evaluator::Arithmetic(const Node& node) {
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

MaybeComplex Evaluator::Raise(const Node& node) {
  const MaybeComplex base = Of(node.kids[0]);
  if (!base.has_value()) return std::nullopt;
  if (const std::optional<Rational> exponent = SmallRational(in_, node.kids[1]))
    return RaiseRational(*base, *exponent);
  const MaybeComplex exponent = Of(node.kids[1]);
  Spend(40);
  if (!exponent.has_value() || acb_contains_zero(base->get())) return std::nullopt;
  if (Magnitude(*exponent) > 40) return std::nullopt;
  Complex power;
  acb_pow(power.get(), base->get(), exponent->get(), kPrecision);
  return power;
}

MaybeComplex Evaluator::RaiseRational(const Complex& base, const Rational& exponent) {
  const std::optional<int64_t> over = exponent.Numerator().ToInteger();
  const std::optional<int64_t> under = exponent.Denominator().ToInteger();
  if (!over.has_value() || !under.has_value() || *under > 1000) return std::nullopt;
  if (*over > kMaxMagnitude || *over < -kMaxMagnitude) return std::nullopt;
  if (acb_contains_zero(base.get()) && (*over <= 0 || !acb_is_zero(base.get())))
    return std::nullopt;
  Spend(4);
  Complex root;
  if (*under == 1) {
    root = base;
  } else if (*under == 2) {
    acb_sqrt(root.get(), base.get(), kPrecision);
  } else if (acb_is_real(base.get())) {
    Spend(20);
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
    Spend(40);
    acb_root_ui(root.get(), base.get(), static_cast<ulong>(*under), kPrecision);
  }
  Complex power;
  acb_pow_si(power.get(), root.get(), *over, kPrecision);
  return power;
}

}  // namespace sextant::math
