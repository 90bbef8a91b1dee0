// Formulas as text that is read back as the same formula.
#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/answer/math/algebra.h"

namespace sextant::math {
namespace {

bool IsAtomic(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '\''; });
}

// In parentheses where anything else could bind tighter.
std::string Closed(const std::string& text) {
  return IsAtomic(text) ? text : absl::StrCat("(", text, ")");
}

}  // namespace

// `power` has a positive exponent.
std::string Algebra::PrintPower(const Power& power) const {
  const Atom& atom = At(power.atom);
  if (atom.kind == AtomKind::kPower) {
    const std::string exponent = PrintTerm(ToRational(power.exponent), atom.exponent);
    return absl::StrCat(atom.text, "^", Closed(exponent));
  }
  if (power.exponent == Exponent{}) {
    return atom.text;
  }
  if (power.exponent == Exponent{1, 2}) {
    const bool bracketed = atom.kind == AtomKind::kSum || atom.kind == AtomKind::kGroup;
    return bracketed ? absl::StrCat("sqrt", atom.text) : absl::StrCat("sqrt(", atom.text, ")");
  }
  const bool tower = atom.kind == AtomKind::kFunction && absl::StrContains(atom.text, "^(") &&
                     absl::StartsWith(atom.text, "(");
  return absl::StrCat(tower ? absl::StrCat("(", atom.text, ")") : atom.text, "^",
                      Closed(ToRational(power.exponent).ToString()));
}

std::string Algebra::PrintTerm(const Rational& factor, const Monomial& powers) const {
  effort_.Spend(2 + static_cast<int64_t>(powers.size()));
  std::vector<std::string> over;
  std::vector<std::string> under;
  const Rational numerator = factor.Numerator();
  const Rational denominator = factor.Denominator();
  const bool minus = numerator == Rational(-1) && !powers.empty();
  if (!numerator.IsOne() && !minus) over.push_back(numerator.ToString());
  if (!denominator.IsOne()) under.push_back(denominator.ToString());
  // Roots of the same degree are written as one.
  std::map<int64_t, Rational> radicands;
  for (const Power& power : powers) {
    const Atom& atom = At(power.atom);
    const bool root = atom.kind == AtomKind::kPrime && power.exponent.over > 0 &&
                      power.exponent.over < power.exponent.under && power.exponent.under < 64;
    if (!root) continue;
    const auto known = radicands.find(power.exponent.under);
    const Rational part = atom.prime.Power(power.exponent.over).value_or(Rational(1));
    if (known == radicands.end()) {
      radicands[power.exponent.under] = part;
    } else {
      known->second = known->second * part;
    }
  }
  for (const auto& [degree, radicand] : radicands) {
    over.push_back(degree == 2 ? absl::StrCat("sqrt(", radicand.ToString(), ")")
                               : absl::StrCat(radicand.ToString(), "^(1/", degree, ")"));
  }
  for (const Power& power : powers) {
    const bool root = At(power.atom).kind == AtomKind::kPrime && power.exponent.over > 0 &&
                      power.exponent.over < power.exponent.under && power.exponent.under < 64;
    if (root) continue;
    Power size = power;
    size.exponent.over = std::abs(size.exponent.over);
    (power.exponent.over > 0 ? over : under).push_back(PrintPower(size));
  }
  if (over.empty()) over.emplace_back("1");
  std::string text = minus ? "-" : "";
  absl::StrAppend(&text, absl::StrJoin(over, "*"));
  if (under.empty()) return text;
  const std::string below = absl::StrJoin(under, "*");
  return absl::StrCat(text, "/", under.size() > 1 ? absl::StrCat("(", below, ")") : below);
}

std::string Algebra::PrintSum(const Sum& sum) const {
  if (sum.empty()) return "0";
  std::string text = PrintTerm(sum[0].factor, sum[0].powers);
  for (size_t i = 1; i < sum.size(); ++i) {
    const bool minus = sum[i].factor.Sign() < 0;
    absl::StrAppend(&text, minus ? " - " : " + ",
                    PrintTerm(minus ? -sum[i].factor : sum[i].factor, sum[i].powers));
  }
  return text;
}

std::string Algebra::Print(const Quotient& a) const {
  if (a.under.empty()) return PrintSum(a.over);
  // Whole numbers above and below.
  Rational scale = Content(a.over).Denominator();
  Sum over = a.over;
  Sum under = a.under;
  for (Term& term : over) term.factor = term.factor * scale;
  for (Term& term : under) term.factor = term.factor * scale;
  const std::string above = PrintSum(over);
  return absl::StrCat(over.size() > 1 ? absl::StrCat("(", above, ")") : above, "/(",
                      PrintSum(under), ")");
}

}  // namespace sextant::math
