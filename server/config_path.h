// Files that a configuration names.
#pragma once
#include <filesystem>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

class YamlMap;

// The path of the file that `key` names, looked for in `folder` (that of the configuration) first,
// then in the working directory. Empty where the key is absent, and after an error.
std::string ReadFilePath(YamlMap& map, absl::string_view key, const std::filesystem::path& folder);

}  // namespace sextant
