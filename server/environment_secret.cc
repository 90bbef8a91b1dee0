#include "server/environment_secret.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxNameBytes = 256;

}  // namespace

std::optional<EnvironmentSecret> ReadEnvironmentSecret(YamlMap& map, absl::string_view key) {
  const std::optional<std::string> variable = map.Text(key, kMaxNameBytes);
  if (!variable) return std::nullopt;
  const auto is_name_character = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  if (absl::ascii_isdigit(variable->front()) ||
      !std::all_of(variable->begin(), variable->end(), is_name_character)) {
    // Not repeated: it may be the secret itself, put here by mistake.
    map.Fail(key, "expected the name of an environment variable such as VLLM_KEY");
    return std::nullopt;
  }
  const char* value = std::getenv(variable->c_str());
  if (value == nullptr || *value == '\0') {
    map.Fail(key, absl::StrCat("environment variable ", *variable,
                               value == nullptr ? " is not set" : " is empty"));
    return std::nullopt;
  }
  EnvironmentSecret secret{*variable, value};
  const auto is_visible = [](char c) { return absl::ascii_isgraph(c); };
  if (!std::all_of(secret.value.begin(), secret.value.end(), is_visible)) {
    map.Fail(key, absl::StrCat("environment variable ", *variable,
                               " holds a space or a control character, expected a token"));
    return std::nullopt;
  }
  return secret;
}

}  // namespace sextant
