#include "server/answer/math/unit_table.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

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
  unit.factor = Rational(1602176634) * Rational(scale);
  unit.tens = -28;
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

}  // namespace

const Unit* FindUnit(string_view name) {
  static const auto& table = *new Table(UnitTable());
  auto found = table.find(std::string(name));
  if (found != table.end()) return &found->second;
  if (name.size() <= 3) return nullptr;
  found = table.find(absl::AsciiStrToLower(name));
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace sextant::math
