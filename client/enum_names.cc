#include "client/enum_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace sextant {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

// Value 0 is PREFIX_UNSPECIFIED by protobuf's convention. Some enums leave the prefix out of their
// other values, so it is only stripped where it stands.
std::string Shorten(const EnumDescriptor& type, const EnumValueDescriptor& value) {
  const absl::string_view prefix = absl::StripSuffix(type.value(0)->name(), "UNSPECIFIED");
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), prefix));
}

}  // namespace

std::string ShortName(const EnumDescriptor& type, int number) {
  const EnumValueDescriptor* value = type.FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : Shorten(type, *value);
}

std::vector<std::string> ShortNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) names.push_back(Shorten(type, *type.value(i)));
  return names;
}

std::optional<int> FindByShortName(const EnumDescriptor& type, absl::string_view name) {
  for (int i = 1; i < type.value_count(); ++i) {
    if (Shorten(type, *type.value(i)) == name) return type.value(i)->number();
  }
  return std::nullopt;
}

std::string HorizonText(v1::Horizon horizon) {
  return horizon == v1::HORIZON_UNSPECIFIED ? "unknown" : ShortName(horizon);
}

}  // namespace sextant
