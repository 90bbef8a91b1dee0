// Linear equations.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/answer/math/algebra.h"

namespace sextant::math {
namespace {

bool NamesIt(absl::string_view text, absl::string_view name) {
  for (size_t at = text.find(name); at != absl::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool starts = at == 0 || !absl::ascii_isalnum(text[at - 1]);
    const bool ends = end == text.size() || !absl::ascii_isalnum(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace

Quotient Algebra::Primitive(Quotient a) {
  Rational content = Content(a.over);
  if (content.IsZero()) return a;
  if (content.Sign() < 0) content = -content;
  for (Term& term : a.over) term.factor = term.factor / content;
  return a;
}

std::optional<LinearSolution> Algebra::SolveLinear(const Quotient& a, absl::string_view name) {
  if (!a.under.empty()) return std::nullopt;
  Quotient slope;
  Quotient constant;
  for (const Term& term : a.over) {
    Term rest = term;
    rest.powers.clear();
    bool has = false;
    for (const Power& power : term.powers) {
      const Atom& atom = At(power.atom);
      const bool is_it = atom.kind == AtomKind::kVariable && atom.text == name;
      if (is_it && !(power.exponent == Exponent{})) return std::nullopt;
      if (is_it) {
        has = true;
        continue;
      }
      if (NamesIt(atom.text, name) || atom.kind == AtomKind::kPower) return std::nullopt;
      rest.powers.push_back(power);
    }
    (has ? slope : constant).over.push_back(std::move(rest));
  }
  if (slope.over.empty()) return std::nullopt;
  const Result ratio = Divide(constant, slope);
  if (!ratio.has_value()) return std::nullopt;
  LinearSolution solution{std::string(name), Negate(*ratio), 0};
  if (slope.over.size() == 1) {
    const auto positive = [this](const Power& power) { return At(power.atom).positive; };
    const Monomial& powers = slope.over[0].powers;
    if (std::all_of(powers.begin(), powers.end(), positive))
      solution.sign = slope.over[0].factor.Sign();
  }
  return solution;
}

}  // namespace sextant::math
