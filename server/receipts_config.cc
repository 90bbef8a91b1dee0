#include "server/receipts_config.h"

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/environment_secret.h"
#include "server/yaml_document.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

// A key shorter than the hash makes signatures that are easier to guess than it.
constexpr size_t kMinKeyBytes = 32, kMaxKeyBytes = 4096;

// Of the file that `NAME_file` names, or the variable that `NAME_env` does; empty where there is
// neither, or after an error.
std::string ReadKey(YamlMap& map, absl::string_view name, const FindFile& find_file) {
  const std::string file_key = absl::StrCat(name, "_file"), env_key = absl::StrCat(name, "_env");
  const std::string path = find_file(map, file_key);
  const auto secret = ReadEnvironmentSecret(map, env_key);
  if (path.empty() && !secret) return "";
  if (!path.empty() && secret) {
    map.Fail(env_key, absl::StrCat("there is a ", file_key, " too, expected one of the two"));
    return "";
  }
  const std::string& named_by = secret ? env_key : file_key;
  const absl::StatusOr<std::string> text = secret ? secret->value : ReadTextFile(path);
  if (!text.ok()) {
    map.Fail(named_by, text.status().message());
    return "";
  }
  const absl::string_view key = absl::StripTrailingAsciiWhitespace(*text);
  if (key.size() >= kMinKeyBytes && key.size() <= kMaxKeyBytes) return std::string(key);
  map.Fail(named_by,
           absl::StrCat("the key has ", key.size(), " bytes, expected ", kMinKeyBytes, " to ",
                        kMaxKeyBytes, ", such as `openssl rand -base64 32` writes"));
  return "";
}

}  // namespace

ReceiptsConfig ReadReceiptsConfig(YamlMap& map, const FindFile& find_file) {
  ReceiptsConfig receipts;
  receipts.key = ReadKey(map, "key", find_file);
  receipts.previous_key = ReadKey(map, "previous_key", find_file);
  if (!receipts.previous_key.empty() && !map.Has("key_file") && !map.Has("key_env")) {
    map.Fail(map.Has("previous_key_file") ? "previous_key_file" : "previous_key_env",
             "there is no key that takes its place, expected key_file or key_env");
  }
  receipts.valid_for =
      map.Duration("valid_for", absl::Minutes(1), absl::Hours(8784)).value_or(receipts.valid_for);
  map.RejectUnknownKeys();
  return receipts;
}

}  // namespace sextant
