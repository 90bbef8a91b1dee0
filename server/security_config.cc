#include "server/security_config.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/certificates.h"
#include "server/config.h"
#include "server/config_path.h"
#include "server/did_you_mean.h"
#include "server/yaml_document.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxCallers = 1000;
constexpr size_t kMaxTokens = 8;
constexpr size_t kMaxModels = 1000;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxModelNameBytes = 256;

// The file that `key` names, once `check` has passed it. Nothing where it is absent, and after an
// error.
std::optional<PemFile> ReadPem(YamlMap& map, absl::string_view key,
                               const std::filesystem::path& folder,
                               const std::function<absl::Status(const PemFile&)>& check) {
  const std::string path = ReadFilePath(map, key, folder);
  if (path.empty()) return std::nullopt;
  absl::StatusOr<std::string> text = ReadTextFile(path);
  const PemFile file{path, text.value_or("")};
  const absl::Status status = text.ok() ? check(file) : text.status();
  if (status.ok()) return file;
  map.Fail(key, status.message());
  return std::nullopt;
}

std::optional<Sha256> DigestOf(const std::string& text) {
  Sha256 digest;
  const auto is_hex = [](unsigned char c) { return absl::ascii_isxdigit(c); };
  if (text.size() != 2 * digest.size() || !std::all_of(text.begin(), text.end(), is_hex))
    return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(text);
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

std::vector<Sha256> ReadTokens(YamlMap& map) {
  map.Require("token_sha256");
  std::vector<Sha256> tokens;
  for (const std::string& text : map.Texts("token_sha256", kMaxTokens)) {
    const std::optional<Sha256> digest = DigestOf(text);
    if (digest) {
      tokens.push_back(*digest);
    } else {
      map.Fail("token_sha256", "expected SHA-256 digests of tokens, of 64 hexadecimal digits each");
    }
  }
  return tokens;
}

CallerConfig ReadCaller(YamlMap& map) {
  CallerConfig caller;
  map.Require("name");
  caller.name = map.Text("name", kMaxNameBytes).value_or("");
  caller.tokens = ReadTokens(map);
  caller.models = map.Texts("models", kMaxModels, kMaxModelNameBytes);
  caller.max_solves = static_cast<int>(map.Integer("max_solves", 1, 100'000).value_or(0));
  caller.tokens_per_minute = map.Integer("tokens_per_minute", 1, 1'000'000'000'000).value_or(0);
  caller.usd_per_hour =
      map.Number("usd_per_hour", {.min = 0, .max = 1e6, .above_min = true}).value_or(0);
  map.RejectUnknownKeys();
  return caller;
}

// Its models are configured, and have a price where it has a limit in USD.
void CheckModels(const CallerConfig& caller, absl::Span<const ModelConfig> models, YamlMap& map) {
  std::vector<absl::string_view> known;
  for (const ModelConfig& model : models) known.push_back(model.name);
  for (const std::string& name : caller.models) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      map.Fail("models", absl::StrCat("no model is named ", Quoted(name),
                                      ", expected some of models", DidYouMean(name, known)));
    }
  }
  if (caller.usd_per_hour == 0) return;
  for (const ModelConfig& model : models) {
    const bool may_use =
        caller.models.empty() ||
        std::find(caller.models.begin(), caller.models.end(), model.name) != caller.models.end();
    if (may_use && !model.price) {
      map.Fail("usd_per_hour", absl::StrCat("model ", Quoted(model.name),
                                            " has no price, so its solves would not count"));
    }
  }
}

}  // namespace

TlsConfig ReadTls(YamlMap& map, const std::filesystem::path& folder) {
  const absl::Time now = absl::Now();
  map.Require("certificate");
  map.Require("key");
  const auto certificate = ReadPem(
      map, "certificate", folder, [&](const PemFile& file) { return CheckCertificate(file, now); });
  const auto key = ReadPem(map, "key", folder, [&](const PemFile& file) {
    return certificate ? CheckKey(file, *certificate) : absl::OkStatus();
  });
  const auto client_ca = ReadPem(map, "client_ca", folder,
                                 [&](const PemFile& file) { return CheckAuthorities(file, now); });
  map.RejectUnknownKeys();
  const auto path_of = [](const auto& file) { return file ? file->path : ""; };
  return {path_of(certificate), path_of(key), path_of(client_ca)};
}

std::vector<CallerConfig> ReadCallers(YamlMap& root, absl::Span<const ModelConfig> models) {
  std::vector<CallerConfig> callers;
  std::set<std::string> names;
  std::set<Sha256> tokens;
  for (YamlMap& map : root.Maps("callers", kMaxCallers)) {
    CallerConfig caller = ReadCaller(map);
    if (!caller.name.empty() && !names.insert(caller.name).second) {
      map.Fail("name", absl::StrCat("another caller is named ", Quoted(caller.name),
                                    ", expected a unique name"));
    }
    for (const Sha256& token : caller.tokens) {
      if (!tokens.insert(token).second)
        map.Fail("token_sha256", "a digest stands in the file twice, expected each once");
    }
    CheckModels(caller, models, map);
    callers.push_back(std::move(caller));
  }
  return callers;
}

}  // namespace sextant
