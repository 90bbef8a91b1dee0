// Short names of the contract's enums, as people type and read them: ANSWER_KIND_INTEGER is
// "integer".
#pragma once
#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// The short name of `number`: its name in lower case without the enum's prefix. A number that this
// version does not know is shown as digits.
std::string ShortName(const google::protobuf::EnumDescriptor& type, int number);

// All short names but that of 0, which means "unset" in every enum of the contract.
std::vector<std::string> ShortNames(const google::protobuf::EnumDescriptor& type);

// The number of a short name; unset when there is none such.
std::optional<int> FindByShortName(const google::protobuf::EnumDescriptor& type,
                                   absl::string_view name);

// The same for a generated enum type.
template <typename Enum>
std::string ShortName(Enum value) {
  return ShortName(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}
template <typename Enum>
std::vector<std::string> ShortNames() {
  return ShortNames(*google::protobuf::GetEnumDescriptor<Enum>());
}
template <typename Enum>
std::optional<Enum> FindByShortName(absl::string_view name) {
  const std::optional<int> number =
      FindByShortName(*google::protobuf::GetEnumDescriptor<Enum>(), name);
  if (!number.has_value()) return std::nullopt;
  return static_cast<Enum>(*number);
}

// "unknown" for a horizon that is not set: the contract gives 0 that meaning.
std::string HorizonText(v1::Horizon horizon);

}  // namespace sextant
