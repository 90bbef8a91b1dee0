#include "server/answer/math/normal_form.h"

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sextant::math {
namespace {

using absl::string_view;
using Result = std::optional<Quotient>;

constexpr size_t kMaxOpaqueBytes = 600;
constexpr int64_t kMaxFactorial = 400;
constexpr int64_t kMaxBinomial = 2000;

class Normaliser {
 public:
  Normaliser(const Expressions& expressions, Algebra& algebra) : in_(expressions), to_(algebra) {}

  Result Of(int id) {
    const Node& node = in_[id];
    switch (node.op) {
      case Op::kNumber:
        return Algebra::Constant(node.value);
      case Op::kVariable:
        return to_.Variable(node.text);
      case Op::kConstant:
        return node.text == "pi" ? to_.Pi() : node.text == "e" ? to_.E() : to_.I();
      case Op::kLiteral:
        return to_.Opaque(node.text);
      case Op::kCall:
        return Call(node);
      case Op::kNegate: {
        Result inner = Of(node.kids[0]);
        if (!inner.has_value()) return std::nullopt;
        return to_.Negate(*std::move(inner));
      }
      default:
        return Fold(node);
    }
  }

 private:
  Result Fold(const Node& node) {
    Result folded = Of(node.kids[0]);
    for (size_t i = 1; i < node.kids.size() && folded.has_value(); ++i) {
      const Result next = Of(node.kids[i]);
      if (!next.has_value()) return std::nullopt;
      folded = node.op == Op::kAdd        ? to_.Add(*folded, *next)
               : node.op == Op::kMultiply ? to_.Multiply(*folded, *next)
               : node.op == Op::kDivide   ? to_.Divide(*folded, *next)
                                          : to_.Raise(*folded, *next);
    }
    return folded;
  }

  Result Opaque(string_view name, const Quotient& argument) {
    const std::string text = absl::StrCat(name, "(", to_.Print(argument), ")");
    if (text.size() > kMaxOpaqueBytes) return std::nullopt;
    return to_.Opaque(text);
  }

  Result Call(const Node& node) {
    std::vector<Quotient> arguments;
    for (const int kid : node.kids) {
      Result argument = Of(kid);
      if (!argument.has_value()) return std::nullopt;
      arguments.push_back(*std::move(argument));
    }
    const string_view name = node.text;
    const Quotient& x = arguments[0];
    if (arguments.size() == 2) {
      if (name == "log") return Logarithm(x, &arguments[1]);
      if (name == "root") return Root(x, arguments[1]);
      if (name == "binomial") return Binomial(x, arguments[1]);
    }
    if (!IsKnownFunction(name)) return Unknown(name, arguments);
    if (name == "sqrt") return to_.Raise(x, Algebra::Constant(Rational(1, 2)));
    if (name == "cbrt") return to_.Raise(x, Algebra::Constant(Rational(1, 3)));
    if (name == "exp") return to_.Raise(to_.E(), x);
    if (name == "ln") return Ln(x);
    if (name == "log" || name == "lg") {
      const Quotient ten = Algebra::Constant(Rational(10));
      return Logarithm(x, &ten);
    }
    const std::optional<Rational> value = Algebra::AsRational(x);
    if (value.has_value()) {
      if (name == "abs") return Algebra::Constant(value->Sign() < 0 ? -*value : *value);
      if (name == "floor") return Algebra::Constant(value->Floor());
      if (name == "ceil") return Algebra::Constant(-(-*value).Floor());
      if (name == "factorial") return Factorial(*value);
    }
    if (name == "abs") return Absolute(x);
    if (name == "sin" || name == "cos" || name == "tan") return Circular(name, x);
    const Quotient one = Algebra::Constant(Rational(1));
    const bool reciprocal = name == "cot" || name == "sec" || name == "csc";
    if (reciprocal) {
      if (name == "cot") {
        const Result sine = Circular("sin", x);
        const Result cosine = Circular("cos", x);
        return sine.has_value() && cosine.has_value() ? to_.Divide(*cosine, *sine) : std::nullopt;
      }
      const Result under = Circular(name == "sec" ? "cos" : "sin", x);
      return under.has_value() ? to_.Divide(one, *under) : std::nullopt;
    }
    return Opaque(name, x);
  }

  Result Unknown(string_view name, const std::vector<Quotient>& arguments) {
    std::string text = absl::StrCat(name, "(");
    for (const Quotient& argument : arguments)
      absl::StrAppend(&text, text.back() == '(' ? "" : ", ", to_.Print(argument));
    if (text.size() > kMaxOpaqueBytes) return std::nullopt;
    return to_.Opaque(text + ")");
  }

  Result Root(const Quotient& x, const Quotient& degree) {
    const std::optional<Rational> n = Algebra::AsRational(degree);
    if (!n.has_value() || !n->IsInteger() || n->Sign() <= 0) return std::nullopt;
    return to_.Raise(x, Algebra::Constant(Rational(1) / *n));
  }

  // ln 8 is 3 ln 2; ln 10 stays.
  Result Ln(const Quotient& x) {
    const std::optional<Rational> value = Algebra::AsRational(x);
    if (!value.has_value()) {
      if (to_.Print(x) == "e") return Algebra::Constant(Rational(1));
      return Opaque("ln", x);
    }
    if (value->IsZero()) return std::nullopt;
    if (value->IsOne()) return Quotient{};
    if (value->Sign() < 0) return Opaque("ln", x);
    if (value->Numerator().IsOne()) {
      const Result inverse = Ln(Algebra::Constant(value->Denominator()));
      return inverse.has_value() ? Result(to_.Negate(*inverse)) : std::nullopt;
    }
    if (value->IsInteger()) {
      Rational root;
      const int power = fmpz_is_perfect_power(fmpq_numref(root.get()), fmpq_numref(value->get()));
      if (power > 1) {
        const Result inner = Ln(Algebra::Constant(root));
        if (!inner.has_value()) return std::nullopt;
        return to_.Multiply(*inner, Algebra::Constant(Rational(power)));
      }
    }
    return Opaque("ln", x);
  }

  Result Logarithm(const Quotient& x, const Quotient* base) {
    const Result over = Ln(x);
    const Result under = Ln(*base);
    if (!over.has_value() || !under.has_value()) return std::nullopt;
    return to_.Divide(*over, *under);
  }

  Result Factorial(const Rational& value) {
    const std::optional<int64_t> n = value.ToInteger();
    if (!n.has_value()) return Opaque("factorial", Algebra::Constant(value));
    if (*n < 0) return std::nullopt;
    if (*n > kMaxFactorial) return Opaque("factorial", Algebra::Constant(value));
    Rational product;
    fmpz_fac_ui(fmpq_numref(product.get()), static_cast<ulong>(*n));
    return Algebra::Constant(product);
  }

  Result Binomial(const Quotient& n, const Quotient& k) {
    const std::optional<Rational> top = Algebra::AsRational(n);
    const std::optional<Rational> bottom = Algebra::AsRational(k);
    if (top.has_value() && bottom.has_value() && top->IsInteger() && bottom->IsInteger()) {
      const std::optional<int64_t> a = top->ToInteger();
      const std::optional<int64_t> b = bottom->ToInteger();
      if (a.has_value() && b.has_value() && *a >= 0 && *b >= 0 && *a <= kMaxBinomial) {
        Rational value;
        fmpz_bin_uiui(fmpq_numref(value.get()), static_cast<ulong>(*a), static_cast<ulong>(*b));
        return Algebra::Constant(value);
      }
    }
    const std::string text = absl::StrCat("binomial(", to_.Print(n), ", ", to_.Print(k), ")");
    if (text.size() > kMaxOpaqueBytes) return std::nullopt;
    return to_.Opaque(text);
  }

  static bool LeadsWithMinus(const Quotient& x) {
    return !x.over.empty() && x.over[0].factor.Sign() < 0;
  }

  Result Absolute(const Quotient& x) {
    if (to_.IsPositive(x)) return x;
    if (to_.IsPositive(to_.Negate(x))) return to_.Negate(x);
    return Opaque("abs", LeadsWithMinus(x) ? to_.Negate(x) : x);
  }

  // Exact at the multiples of pi/6 and pi/4; elsewhere with the sign taken out.
  Result Circular(string_view name, const Quotient& x) {
    const Result turns = to_.Divide(x, to_.Pi());
    const std::optional<Rational> half_turns =
        turns.has_value() ? Algebra::AsRational(*turns) : std::nullopt;
    if (half_turns.has_value()) {
      if (name == "tan") {
        const Result sine = Sine(*half_turns);
        const Result cosine = Sine(*half_turns + Rational(1, 2));
        if (sine.has_value() && cosine.has_value()) return to_.Divide(*sine, *cosine);
      } else if (Result value = Sine(name == "sin" ? *half_turns : *half_turns + Rational(1, 2))) {
        return value;
      }
    }
    if (!LeadsWithMinus(x)) return Opaque(name, x);
    const Result mirrored = Opaque(name, to_.Negate(x));
    if (!mirrored.has_value() || name == "cos") return mirrored;
    return to_.Negate(*mirrored);
  }

  Result Sine(Rational half_turns) {
    half_turns = half_turns - Rational(2) * (half_turns / Rational(2)).Floor();
    const bool negative = !(half_turns < Rational(1));
    if (negative) half_turns = half_turns - Rational(1);
    if (Rational(1, 2) < half_turns) half_turns = Rational(1) - half_turns;
    const std::array<std::pair<Rational, Rational>, 5> squares = {{{Rational(0), Rational(0)},
                                                                   {Rational(1, 6), Rational(1, 4)},
                                                                   {Rational(1, 4), Rational(1, 2)},
                                                                   {Rational(1, 3), Rational(3, 4)},
                                                                   {Rational(1, 2), Rational(1)}}};
    for (const auto& [angle, square] : squares) {
      if (angle != half_turns) continue;
      if (square.IsZero()) return Quotient{};
      const Result sine = to_.Raise(Algebra::Constant(square), Algebra::Constant(Rational(1, 2)));
      if (!sine.has_value()) return std::nullopt;
      return negative ? to_.Negate(*sine) : *sine;
    }
    return std::nullopt;
  }

  const Expressions& in_;
  Algebra& to_;
};

}  // namespace

std::optional<Quotient> NormalForm(const Expressions& expressions, int node, Algebra& algebra) {
  return Normaliser(expressions, algebra).Of(node);
}

}  // namespace sextant::math
