#include "server/answer/math/units.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sextant::math {
namespace {

using absl::string_view;

// Names, factor, and the base units that it is a factor of.
struct Row {
  string_view names;  // Separated by blanks; words also have the plural with s.
  int64_t over;
  int64_t under;
  string_view dimensions;
};

constexpr Row kRows[] = {
    {"m meter metre", 1, 1, "m"},
    {"km kilometer kilometre", 1000, 1, "m"},
    {"dm decimeter decimetre", 1, 10, "m"},
    {"cm centimeter centimetre", 1, 100, "m"},
    {"mm millimeter millimetre", 1, 1000, "m"},
    {"um micrometer micrometre micron", 1, 1000000, "m"},
    {"nm nanometer nanometre", 1, 1000000000, "m"},
    {"pm picometer", 1, 1000000000000, "m"},
    {"in inch inches", 254, 10000, "m"},
    {"ft foot feet", 3048, 10000, "m"},
    {"yd yard", 9144, 10000, "m"},
    {"mi mile", 1609344, 1000, "m"},
    {"kg kilogram kilo", 1, 1, "kg"},
    {"g gram", 1, 1000, "kg"},
    {"mg milligram", 1, 1000000, "kg"},
    {"ug microgram", 1, 1000000000, "kg"},
    {"t tonne", 1000, 1, "kg"},
    {"lb lbs pound", 45359237, 100000000, "kg"},
    {"oz ounce", 45359237, 1600000000, "kg"},
    {"s sec second", 1, 1, "s"},
    {"ms millisecond", 1, 1000, "s"},
    {"us microsecond", 1, 1000000, "s"},
    {"ns nanosecond", 1, 1000000000, "s"},
    {"min mins minute", 60, 1, "s"},
    {"h hr hrs hour", 3600, 1, "s"},
    {"d day", 86400, 1, "s"},
    {"wk week", 604800, 1, "s"},
    {"month mo", 1, 1, "month"},
    {"year yr yrs", 12, 1, "month"},
    {"decade", 120, 1, "month"},
    {"century centuries", 1200, 1, "month"},
    {"A amp ampere", 1, 1, "A"},
    {"mA milliampere", 1, 1000, "A"},
    {"K kelvin", 1, 1, "K"},
    {"mol mole", 1, 1, "mol"},
    {"mmol millimole", 1, 1000, "mol"},
    {"cd candela", 1, 1, "cd"},
    {"degC celsius", 1, 1, "degC"},
    {"degF fahrenheit", 1, 1, "degF"},
    {"J joule", 1, 1, "kg m2 s-2"},
    {"kJ kilojoule", 1000, 1, "kg m2 s-2"},
    {"MJ megajoule", 1000000, 1, "kg m2 s-2"},
    {"mJ millijoule", 1, 1000, "kg m2 s-2"},
    {"cal calorie", 4184, 1000, "kg m2 s-2"},
    {"kcal kilocalorie", 4184, 1, "kg m2 s-2"},
    {"N newton", 1, 1, "kg m s-2"},
    {"kN kilonewton", 1000, 1, "kg m s-2"},
    {"W watt", 1, 1, "kg m2 s-3"},
    {"kW kilowatt", 1000, 1, "kg m2 s-3"},
    {"MW megawatt", 1000000, 1, "kg m2 s-3"},
    {"kWh", 3600000, 1, "kg m2 s-2"},
    {"Pa pascal", 1, 1, "kg m-1 s-2"},
    {"kPa kilopascal", 1000, 1, "kg m-1 s-2"},
    {"MPa megapascal", 1000000, 1, "kg m-1 s-2"},
    {"atm atmosphere", 101325, 1, "kg m-1 s-2"},
    {"bar", 100000, 1, "kg m-1 s-2"},
    {"Hz hertz", 1, 1, "s-1"},
    {"kHz kilohertz", 1000, 1, "s-1"},
    {"MHz megahertz", 1000000, 1, "s-1"},
    {"GHz gigahertz", 1000000000, 1, "s-1"},
    {"C coulomb", 1, 1, "A s"},
    {"V volt", 1, 1, "kg m2 s-3 A-1"},
    {"mV millivolt", 1, 1000, "kg m2 s-3 A-1"},
    {"kV kilovolt", 1000, 1, "kg m2 s-3 A-1"},
    {"ohm Omega", 1, 1, "kg m2 s-3 A-2"},
    {"F farad", 1, 1, "kg-1 m-2 s4 A2"},
    {"T tesla", 1, 1, "kg s-2 A-1"},
    {"Wb weber", 1, 1, "kg m2 s-2 A-1"},
    {"L l liter litre", 1, 1000, "m3"},
    {"mL ml milliliter millilitre", 1, 1000000, "m3"},
    {"dL dl deciliter", 1, 10000, "m3"},
    {"kL kiloliter", 1, 1, "m3"},
    {"cc", 1, 1000000, "m3"},
    {"ha hectare", 10000, 1, "m2"},
    {"mph", 1609344, 3600000, "m s-1"},
    {"kph kmh", 1000, 3600, "m s-1"},
    {"bit", 1, 1, "bit"},
    {"byte", 8, 1, "bit"},
    {"rad radian", 1, 1, ""},
    {"USD dollar buck", 1, 1, "USD"},
    {"cent", 1, 100, "USD"},
    {"EUR euro", 1, 1, "EUR"},
    {"GBP", 1, 1, "GBP"},
    {"JPY yen", 1, 1, "JPY"},
    {"INR Rs rupee", 1, 1, "INR"},
};

// 1.602176634e-19 J, exact by definition.
Unit ElectronVolt(int64_t scale) {
  Unit unit;
  unit.scale = false;
  unit.factor = Rational(1602176634) * *Rational(10).Power(-28) * Rational(scale);
  unit.dimensions = {{"kg", 1}, {"m", 2}, {"s", -2}};
  return unit;
}

Unit FromRow(const Row& row) {
  Unit unit;
  unit.scale = false;
  unit.factor = Rational(row.over, row.under);
  for (const string_view base : absl::StrSplit(row.dimensions, ' ', absl::SkipEmpty())) {
    const size_t name = std::min(base.find_first_of("-0123456789"), base.size());
    int power = 1;
    if (name < base.size() && !absl::SimpleAtoi(base.substr(name), &power)) power = 1;
    unit.dimensions[std::string(base.substr(0, name))] = power;
  }
  return unit;
}

Unit Scale(const Rational& factor) {
  Unit unit;
  unit.factor = factor;
  return unit;
}

using Table = absl::flat_hash_map<std::string, Unit>;

Table UnitTable() {
  Table table;
  for (const Row& row : kRows) {
    for (const string_view name : absl::StrSplit(row.names, ' ')) {
      table[std::string(name)] = FromRow(row);
      if (name.size() > 3 || name == "day") table[absl::StrCat(name, "s")] = FromRow(row);
    }
  }
  table["eV"] = ElectronVolt(1);
  table["keV"] = ElectronVolt(1000);
  table["MeV"] = ElectronVolt(1000000);
  table["GeV"] = ElectronVolt(1000000000);
  table["percent"] = Scale(Rational(1, 100));
  table["hundred"] = Scale(Rational(100));
  table["thousand"] = Scale(Rational(1000));
  table["million"] = Scale(Rational(1000000));
  table["billion"] = Scale(Rational(1000000000));
  table["trillion"] = Scale(Rational(1000000000000));
  table["dozen"] = Scale(Rational(12));
  Unit degree;
  degree.scale = false;
  degree.degrees = 1;
  for (const string_view name : {"degree", "degrees", "deg"}) table[std::string(name)] = degree;
  return table;
}

const Unit* FindUnit(string_view name) {
  static const auto& table = *new Table(UnitTable());
  auto found = table.find(std::string(name));
  if (found != table.end()) return &found->second;
  if (name.size() <= 3) return nullptr;
  found = table.find(absl::AsciiStrToLower(name));
  return found == table.end() ? nullptr : &found->second;
}

constexpr std::array<string_view, 46> kNoUnits = {
    "is",    "the",  "are",   "was",  "or",    "and",   "so",  "because", "not",  "if",
    "for",   "when", "than",  "then", "there", "no",    "yes", "to",      "with", "answer",
    "which", "that", "a",     "an",   "as",    "at",    "by",  "we",      "it",   "true",
    "false", "from", "where", "only", "does",  "exist", "am",  "pm",      "AM",   "PM",
    "such",  "all",  "real",  "mod",  "base",  "choose"};

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
  for (const auto& [name, power] : unit.dimensions) {
    const int size = std::abs(power);
    const std::string text = size == 1 ? name : absl::StrCat(name, "^", size);
    if (power > 0) {
      absl::StrAppend(&over, over.empty() ? "" : "*", text);
    } else {
      absl::StrAppend(&under, "/", text);
    }
  }
  return over + under;
}

Unit Product(const Unit& a, const Unit& b) {
  Unit product = a;
  product.factor = a.factor * b.factor;
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
