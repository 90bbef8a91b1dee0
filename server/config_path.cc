#include "server/config_path.h"

#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/did_you_mean.h"
#include "server/yaml_reader.h"

namespace sextant {

std::string ReadFilePath(YamlMap& map, absl::string_view key, const std::filesystem::path& folder) {
  const std::optional<std::string> text = map.Text(key);
  if (!text) return "";
  const std::filesystem::path given(*text);
  std::error_code error;  // A path that cannot be looked at counts as missing.
  for (const std::filesystem::path& candidate : {folder / given, given}) {
    if (std::filesystem::is_regular_file(candidate, error)) return candidate.string();
  }
  const bool is_folder = std::filesystem::is_directory(folder / given, error);
  const std::string tried =
      folder.empty() || given.is_absolute()
          ? ""
          : absl::StrCat(" in ", folder.string(), " or in the working directory");
  map.Fail(key, is_folder ? absl::StrCat(Quoted(*text), " is a folder, expected a file")
                          : absl::StrCat("no such file: ", Quoted(*text), tried));
  return "";
}

}  // namespace sextant
