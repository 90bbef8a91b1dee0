// Secrets of the configuration that are in environment variables, so that no file holds them.
#pragma once
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

class YamlMap;

struct EnvironmentSecret {
  std::string variable;
  std::string value;  // Visible ASCII, at least one character. Never in a log or an error.
};

// Of the variable that `key` of `map` names. Unset where it names none, and where the value cannot
// be had, which is then an error of the map.
std::optional<EnvironmentSecret> ReadEnvironmentSecret(YamlMap& map, absl::string_view key);

}  // namespace sextant
