#include "server/answer/math/numeric.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/answer/math/points.h"

namespace sextant::math {
namespace {

// FLINT keeps constants such as pi per thread; this frees them with the thread.
struct ThreadCaches {
  ~ThreadCaches() { flint_cleanup(); }
};

struct PointValue {
  std::string digits;
  bool real = false;
};

std::optional<NumericIdentity> Constant(const Complex& value, const NumericOptions& options) {
  NumericIdentity identity;
  identity.constant = true;
  identity.real = acb_is_real(value.get()) != 0;
  identity.approximate = arf_get_d(arb_midref(acb_realref(value.get())), ARF_RND_NEAR);
  if (identity.real && !options.irrational) {
    identity.rational = NearbyRational(value);
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

std::optional<NumericIdentity> Identify(Evaluator& evaluator, int node, NumericOptions options) {
  thread_local const ThreadCaches caches;
  evaluator.SetPlace(-1);
  if (!HasVariable(evaluator.expressions(), node)) {
    MaybeComplex value = evaluator.Of(node);
    if (!value.has_value() || evaluator.lossy()) return std::nullopt;
    Clean(*value);
    return Constant(*value, options);
  }
  NumericIdentity identity;
  identity.key = "~";
  std::vector<PointValue> values;
  Complex scale;
  for (int point = 0; point < kPoints; ++point) {
    evaluator.SetPlace(point);
    MaybeComplex value = evaluator.Of(node);
    if (!value.has_value() || evaluator.lossy()) return std::nullopt;
    Clean(*value);
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
    std::optional<std::string> digits = Digits(*value, kPointBits);
    if (!digits.has_value()) return std::nullopt;
    values.push_back({*std::move(digits), acb_is_real(value->get()) != 0});
  }
  const bool same = std::all_of(values.begin(), values.end(), [&values](const PointValue& value) {
    return value.digits == values[0].digits;
  });
  identity.constant = options.proportion == Proportion::kExact && same;
  if (identity.constant) return Constant(scale, options);
  // Where a root of x is not real, x is not meant to be: 1/sqrt(x) is sqrt(1/x).
  const auto real = std::count_if(values.begin(), values.end(),
                                  [](const PointValue& value) { return value.real; });
  for (const PointValue& value : values)
    absl::StrAppend(&identity.key, value.real || real < 2 ? value.digits : "?", ";");
  return identity;
}

}  // namespace sextant::math
