#include "server/answer/math/units.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/unit_table.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr std::array<string_view, 45> kNoUnits = {
    "is",   "the",    "are",   "was",   "or",   "and",   "so",   "because", "not",
    "if",   "for",    "when",  "than",  "then", "there", "no",   "yes",     "to",
    "with", "answer", "which", "that",  "a",    "an",    "as",   "at",      "by",
    "we",   "it",     "true",  "false", "from", "where", "only", "does",    "exist",
    "am",   "pm",     "AM",    "PM",    "such", "all",   "mod",  "base",    "choose"};

bool IsLetters(const Token& token) {
  return token.kind == Tok::kLetters || token.kind == Tok::kWord || token.kind == Tok::kName;
}

std::string Singular(string_view word) {
  std::string lower = absl::AsciiStrToLower(word);
  if (lower.size() > 3 && absl::EndsWith(lower, "s") && !absl::EndsWith(lower, "ss"))
    lower.pop_back();
  return lower;
}

class UnitParser {
 public:
  explicit UnitParser(const TokenRange& range)
      : tokens_(*range.list), at_(range.begin), end_(range.end) {}

  std::optional<Unit> Whole() {
    std::optional<Unit> unit = Chain();
    if (!unit.has_value() || at_ != end_) return std::nullopt;
    return unit;
  }

 private:
  const Token& Peek() const {
    static const Token& nothing = *new Token();
    return at_ < end_ ? tokens_[static_cast<size_t>(at_)] : nothing;
  }
  bool IsWord(string_view word) const { return IsLetters(Peek()) && Peek().text == word; }

  std::optional<Unit> Chain() {
    Unit unit;
    int sign = 1;
    for (int factors = 0; at_ < end_; ++factors) {
      if (factors > 8) return std::nullopt;
      const Token& token = Peek();
      if (token.kind == Tok::kClose) break;
      if (token.kind == Tok::kSlash || IsWord("per")) {
        sign = -1;
        ++at_;
      } else if (token.kind == Tok::kTimes && factors > 0) {
        ++at_;
      }
      const std::optional<Unit> factor = Factor();
      if (!factor.has_value()) return std::nullopt;
      unit = Combine(unit, *factor, sign);
      sign = 1;
    }
    return unit;
  }

  static Unit Combine(Unit a, const Unit& b, int power) {
    const std::optional<Rational> factor = b.factor.Power(power);
    if (factor.has_value()) a.factor = a.factor * *factor;
    a.tens += b.tens * power;
    a.degrees += b.degrees * power;
    a.scale = a.scale && b.scale;
    for (const auto& [name, exponent] : b.dimensions) {
      const int sum = a.dimensions[name] + exponent * power;
      if (sum == 0) {
        a.dimensions.erase(name);
      } else {
        a.dimensions[name] = sum;
      }
    }
    return a;
  }

  std::optional<Unit> Factor() {
    int power = 1;
    if (IsWord("square") || IsWord("sq")) power = 2;
    if (IsWord("cubic") || IsWord("cu")) power = 3;
    if (power > 1) ++at_;
    std::optional<Unit> unit = Base();
    if (!unit.has_value()) return std::nullopt;
    if (IsMetresPerSecond()) {
      // 10 ms^{-2} has no milliseconds in it.
      const std::optional<int> exponent = Exponent();
      if (!exponent.has_value()) return std::nullopt;
      return Combine(*FindUnit("m"), *FindUnit("s"), *exponent);
    }
    if (IsWord("squared") || IsWord("cubed")) {
      power = IsWord("squared") ? 2 : 3;
      ++at_;
    } else if (Peek().kind == Tok::kCaret) {
      const std::optional<int> exponent = Exponent();
      if (!exponent.has_value()) return std::nullopt;
      power = *exponent;
    }
    return power == 1 ? unit : Combine(Unit(), *unit, power);
  }

  // Behind "ms": whether a negative power follows.
  bool IsMetresPerSecond() const {
    if (tokens_[static_cast<size_t>(at_) - 1].text != "ms" || Peek().kind != Tok::kCaret)
      return false;
    const int next = at_ + 1;
    if (next + 1 >= end_) return false;
    const bool group = tokens_[static_cast<size_t>(next)].kind == Tok::kOpen;
    return tokens_[static_cast<size_t>(group ? next + 1 : next)].kind == Tok::kMinus;
  }

  std::optional<int> Exponent() {
    ++at_;
    const bool group = Peek().kind == Tok::kOpen;
    if (group) ++at_;
    const bool negative = Peek().kind == Tok::kMinus;
    if (negative) ++at_;
    int power = 0;
    if (Peek().kind != Tok::kNumber || !absl::SimpleAtoi(Peek().text, &power) || power > 9)
      return std::nullopt;
    ++at_;
    if (group && Peek().kind != Tok::kClose) return std::nullopt;
    if (group) ++at_;
    return negative ? -power : power;
  }

  std::optional<Unit> Base() {
    const Token& token = Peek();
    if (token.kind == Tok::kOpen && token.text == "(") {
      ++at_;
      std::optional<Unit> inner = Chain();
      if (!inner.has_value() || Peek().kind != Tok::kClose) return std::nullopt;
      ++at_;
      return inner;
    }
    if (token.kind == Tok::kCurrency) {
      ++at_;
      return CurrencyUnit(token.text);
    }
    if (token.kind == Tok::kDegree) {
      ++at_;
      return Degree();
    }
    if (!IsLetters(token)) return std::nullopt;
    if (const Unit* unit = FindUnit(token.text)) {
      ++at_;
      return unit->degrees == 1 ? Degree() : *unit;
    }
    return Unknown();
  }

  // A degree of an angle, unless a scale of temperature follows.
  Unit Degree() {
    for (const auto& [name, scale] : {std::pair<string_view, string_view>{"C", "degC"},
                                      {"celsius", "degC"},
                                      {"Celsius", "degC"},
                                      {"F", "degF"},
                                      {"fahrenheit", "degF"},
                                      {"Fahrenheit", "degF"}}) {
      if (!IsWord(name)) continue;
      ++at_;
      return *FindUnit(scale);
    }
    return *FindUnit("degrees");
  }

  // Words that are counted: "apples", "square units".
  std::optional<Unit> Unknown() {
    std::string name;
    for (int words = 0; words < 4 && IsLetters(Peek()); ++words) {
      const Token& token = Peek();
      const bool known = FindUnit(token.text) != nullptr || token.text == "per";
      if (words > 0 && known) break;
      const bool short_letters = token.kind != Tok::kWord && token.text.size() < 3;
      if (token.kind == Tok::kName || short_letters || token.text.size() > 30) return std::nullopt;
      if (std::find(kNoUnits.begin(), kNoUnits.end(), token.text) != kNoUnits.end())
        return std::nullopt;
      absl::StrAppend(&name, name.empty() ? "" : " ", Singular(token.text));
      ++at_;
    }
    if (name.empty()) return std::nullopt;
    Unit unit;
    unit.scale = false;
    unit.dimensions[name] = 1;
    return unit;
  }

  const std::vector<Token>& tokens_;
  int at_;
  int end_;
};

}  // namespace

std::optional<Unit> ReadUnit(const TokenRange& range) { return UnitParser(range).Whole(); }

std::string PrintDimensions(const Unit& unit) {
  std::string over;
  std::string under;
  std::string powers;
  for (const auto& [name, power] : unit.dimensions) {
    const int size = std::abs(power);
    const std::string text = size == 1 ? name : absl::StrCat(name, "^", size);
    if (power > 0) {
      absl::StrAppend(&over, over.empty() ? "" : "*", text);
    } else {
      absl::StrAppend(&under, "/", text);
    }
    absl::StrAppend(&powers, powers.empty() ? "" : "*", name, "^", power);
  }
  // 1/s alone is s^-1.
  return over.empty() ? powers : over + under;
}

Rational WholeFactor(const Unit& unit) {
  const std::optional<Rational> ten = Rational(10).Power(unit.tens);
  return ten.has_value() ? unit.factor * *ten : unit.factor;
}

Unit Product(const Unit& a, const Unit& b) {
  Unit product = a;
  product.factor = a.factor * b.factor;
  product.tens += b.tens;
  product.degrees += b.degrees;
  product.scale = a.scale && b.scale;
  for (const auto& [name, power] : b.dimensions) {
    product.dimensions[name] += power;
    if (product.dimensions[name] == 0) product.dimensions.erase(name);
  }
  return product;
}

Unit CurrencyUnit(string_view code) {
  Unit unit;
  unit.scale = false;
  unit.dimensions[std::string(code)] = 1;
  return unit;
}

std::optional<std::string> CurrencyCode(string_view letters) {
  if (letters == "Rs") return "INR";
  for (const string_view code : {"USD", "EUR", "GBP", "JPY", "INR"}) {
    if (letters == code) return std::string(code);
  }
  return std::nullopt;
}

}  // namespace sextant::math
