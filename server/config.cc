#include "server/config.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config_path.h"
#include "server/did_you_mean.h"
#include "server/endpoint.h"
#include "server/environment_secret.h"
#include "server/yaml_document.h"
#include "server/yaml_reader.h"

namespace sextant {
namespace {

constexpr size_t kMaxModels = 1000;
constexpr size_t kMaxBackends = 256;
constexpr size_t kMaxNameBytes = 256;
constexpr int kMaxTokens = 10'000'000;
constexpr int kMaxContextTokens = 100'000'000;
constexpr int kMaxSolves = 100'000;

constexpr std::pair<absl::string_view, LogFormat> kLogFormats[] = {{"text", LogFormat::kText},
                                                                   {"json", LogFormat::kJson}};
constexpr std::pair<absl::string_view, LogLevel> kLogLevels[] = {{"debug", LogLevel::kDebug},
                                                                 {"info", LogLevel::kInfo},
                                                                 {"warning", LogLevel::kWarning},
                                                                 {"error", LogLevel::kError}};
constexpr std::pair<absl::string_view, BackendKind> kBackendKinds[] = {
    {"auto", BackendKind::kAuto},     {"openai", BackendKind::kOpenAi},
    {"vllm", BackendKind::kVllm},     {"llama_cpp", BackendKind::kLlamaCpp},
    {"sglang", BackendKind::kSglang}, {"ollama", BackendKind::kOllama}};
constexpr std::pair<absl::string_view, BackendApi> kBackendApis[] = {
    {"chat", BackendApi::kChat}, {"completions", BackendApi::kCompletions}};
constexpr std::pair<absl::string_view, BeamSearchMode> kBeamSearchModes[] = {
    {"steps", BeamSearchMode::kSteps}, {"native", BeamSearchMode::kNative}};

// What a judge needs beyond its own keys: to be there, and a price where its tokens go into a bill.
void CheckJudge(const Config& config, size_t index, YamlMap& model_map) {
  const ModelConfig& model = config.models[index];
  const std::string& name = model.difficulty.judge.model;
  if (name.empty()) return;
  std::vector<absl::string_view> known;
  for (const ModelConfig& other : config.models) {
    known.push_back(other.name);
    if (other.name != name) continue;
    if (!model.price || other.price) return;
    FailJudge(model_map, absl::StrCat("model ", Quoted(name), " has no price and model ",
                                      Quoted(model.name), " has one, expected a price for both"));
    return;
  }
  FailJudge(model_map, absl::StrCat("no model is named ", Quoted(name), ", expected one of models",
                                    DidYouMean(name, known)));
}

// Who overhears a bearer token can use it.
void CheckTokensAreProtected(const Config& config, YamlMap& root) {
  const ServerConfig& server = config.server;
  if (config.callers.empty() || server.tls || server.tokens_without_tls) return;
  if (server.listen.empty() || IsLoopback(server.listen)) return;
  root.Fail("callers",
            absl::StrCat("their tokens could be overheard: server.listen is ", server.listen,
                         ", no loopback address; expected server.tls, or "
                         "server.tokens_without_tls: true where a proxy in front has "
                         "TLS"));
}

// Reads one configuration into the structs of the header. The first error does not stop it.
class ConfigReader {
 public:
  ConfigReader(absl::string_view name, std::filesystem::path folder)
      : errors_(name), folder_(std::move(folder)) {}

  absl::StatusOr<Config> Read(const YamlNode& root);

 private:
  ServerConfig ReadServer(YamlMap& map);
  LogConfig ReadLog(YamlMap& map);
  ModelConfig ReadModel(YamlMap& map);
  SamplingConfig ReadSampling(YamlMap& map);
  PriceConfig ReadPrice(YamlMap& map);
  BackendConfig ReadBackend(YamlMap& map, absl::string_view model_name);
  absl::Duration ReadHealthInterval(YamlMap& map, BackendKind kind);
  std::vector<BackendConfig> ReadBackends(YamlMap& map, absl::string_view model_name);
  std::optional<ModelProfile> ReadProfile(YamlMap& map);
  std::string ReadListenAddress(YamlMap& map, absl::string_view key);

  YamlErrors errors_;
  std::filesystem::path folder_;
};

absl::StatusOr<Config> ConfigReader::Read(const YamlNode& root) {
  Config config;
  YamlMap map(root, "", errors_);
  map.Require("server");
  if (std::optional<YamlMap> server = map.Map("server")) config.server = ReadServer(*server);
  if (std::optional<YamlMap> log = map.Map("log")) config.log = ReadLog(*log);
  if (std::optional<YamlMap> receipts = map.Map("receipts")) {
    config.receipts = ReadReceiptsConfig(*receipts, [this](YamlMap& from, absl::string_view key) {
      return ReadFilePath(from, key, folder_);
    });
  }
  config.policy = ReadFilePath(map, "policy", folder_);
  map.Require("models");
  std::set<std::string> names;
  std::vector<YamlMap> model_maps = map.Maps("models", kMaxModels);
  for (YamlMap& model_map : model_maps) {
    ModelConfig model = ReadModel(model_map);
    if (!model.name.empty() && !names.insert(model.name).second) {
      model_map.Fail("name", absl::StrCat("another model is named ", Quoted(model.name),
                                          ", expected a unique name"));
    }
    config.models.push_back(std::move(model));
  }
  for (size_t i = 0; i < model_maps.size(); ++i) CheckJudge(config, i, model_maps[i]);
  config.callers = ReadCallers(map, config.models);
  CheckTokensAreProtected(config, map);
  map.RejectUnknownKeys();
  if (absl::Status status = errors_.ToStatus(); !status.ok()) return status;
  return config;
}

ServerConfig ConfigReader::ReadServer(YamlMap& map) {
  ServerConfig server;
  map.Require("listen");
  server.listen = ReadListenAddress(map, "listen");
  server.metrics = ReadListenAddress(map, "metrics");
  if (!server.listen.empty() && server.metrics == server.listen &&
      !absl::EndsWith(server.listen, ":0")) {
    map.Fail("metrics", "the same address as server.listen, expected another port");
  }
  server.loops = static_cast<int>(map.Integer("loops", 1, 64).value_or(server.loops));
  server.deadline_reserve =
      map.Duration("deadline_reserve", absl::Milliseconds(1), absl::Seconds(10))
          .value_or(server.deadline_reserve);
  server.max_solve_time = map.Duration("max_solve_time", absl::Seconds(1), absl::Hours(24))
                              .value_or(server.max_solve_time);
  if (server.deadline_reserve >= server.max_solve_time) {
    map.Fail("deadline_reserve", absl::StrCat("expected less than max_solve_time (",
                                              absl::FormatDuration(server.max_solve_time), ")"));
  }
  server.drain_timeout = map.Duration("drain_timeout", absl::ZeroDuration(), absl::Hours(1))
                             .value_or(server.drain_timeout);
  server.usage_grace = map.Duration("usage_grace", absl::ZeroDuration(), absl::Seconds(10))
                           .value_or(server.usage_grace);
  server.max_trace_bytes =
      map.Integer("max_trace_bytes", 1 << 10, 1 << 30).value_or(server.max_trace_bytes);
  server.max_text_bytes =
      map.Integer("max_text_bytes", 1 << 20, int64_t{1} << 40).value_or(server.max_text_bytes);
  server.read_interval = map.Duration("read_interval", absl::ZeroDuration(), absl::Seconds(1))
                             .value_or(server.read_interval);
  server.reflection = map.Flag("reflection").value_or(server.reflection);
  server.max_calls_per_connection =
      static_cast<int>(map.Integer("max_calls_per_connection", 1, 1'000'000)
                           .value_or(server.max_calls_per_connection));
  if (std::optional<YamlMap> tls = map.Map("tls")) server.tls = ReadTls(*tls, folder_);
  server.tokens_without_tls = map.Flag("tokens_without_tls").value_or(server.tokens_without_tls);
  map.RejectUnknownKeys();
  return server;
}

LogConfig ConfigReader::ReadLog(YamlMap& map) {
  LogConfig log;
  log.format = map.Word<LogFormat>("format", kLogFormats).value_or(log.format);
  log.level = map.Word<LogLevel>("level", kLogLevels).value_or(log.level);
  log.texts = map.Flag("texts").value_or(log.texts);
  map.RejectUnknownKeys();
  return log;
}

ModelConfig ConfigReader::ReadModel(YamlMap& map) {
  ModelConfig model;
  map.Require("name");
  model.name = map.Text("name", kMaxNameBytes).value_or("");
  model.profile = ReadProfile(map);
  const ModelProfile profile = model.profile.value_or(ModelProfile());
  model.horizon =
      map.Word<Horizon>("horizon", kHorizons).value_or(profile.horizon.value_or(model.horizon));
  const std::optional<int64_t> typical = map.Integer("typical_trace_tokens", 1, kMaxTokens);
  model.typical_is_measured = typical.has_value() || profile.typical_trace_tokens.has_value();
  model.typical_trace_tokens = static_cast<int>(
      typical.value_or(profile.typical_trace_tokens.value_or(model.typical_trace_tokens)));
  model.max_traces = static_cast<int>(map.Integer("max_traces", 1, 256).value_or(model.max_traces));
  model.max_solves =
      static_cast<int>(map.Integer("max_solves", 1, kMaxSolves).value_or(model.max_solves));
  model.max_queue =
      static_cast<int>(map.Integer("max_queue", 0, kMaxSolves).value_or(model.max_queue));
  model.context_tokens = static_cast<int>(
      map.Integer("context_tokens", 0, kMaxContextTokens).value_or(model.context_tokens));
  model.tokens_per_second = map.Number("tokens_per_second", {.min = 0, .max = 1e6}).value_or(0);
  model.retry_share = map.Number("retry_share", {.min = 0, .max = 1}).value_or(model.retry_share);
  if (std::optional<YamlMap> sampling = map.Map("sampling")) {
    model.sampling = ReadSampling(*sampling);
  }
  if (std::optional<YamlMap> price = map.Map("price")) model.price = ReadPrice(*price);
  if (std::optional<YamlMap> difficulty = map.Map("difficulty")) {
    model.difficulty = ReadDifficultyConfig(*difficulty);
  }
  model.backends = ReadBackends(map, model.name);
  map.RejectUnknownKeys();
  return model;
}

SamplingConfig ConfigReader::ReadSampling(YamlMap& map) {
  SamplingConfig sampling;
  sampling.temperature = map.Number("temperature", {.min = 0, .max = 2});
  sampling.top_p = map.Number("top_p", {.min = 0, .max = 1, .above_min = true});
  if (const std::optional<int64_t> top_k = map.Integer("top_k", 1, 1'000'000)) {
    sampling.top_k = static_cast<int>(*top_k);
  }
  sampling.min_p = map.Number("min_p", {.min = 0, .max = 1});
  sampling.max_trace_tokens = static_cast<int>(
      map.Integer("max_trace_tokens", 1, kMaxTokens).value_or(sampling.max_trace_tokens));
  map.RejectUnknownKeys();
  return sampling;
}

PriceConfig ConfigReader::ReadPrice(YamlMap& map) {
  constexpr NumberRange kPrice = {.min = 0, .max = 1e6};
  PriceConfig price;
  price.prompt_per_million = map.Number("prompt_per_million", kPrice).value_or(0);
  price.completion_per_million = map.Number("completion_per_million", kPrice).value_or(0);
  map.RejectUnknownKeys();
  return price;
}

BackendConfig ConfigReader::ReadBackend(YamlMap& map, absl::string_view model_name) {
  constexpr absl::Duration kShortest = absl::Milliseconds(1);
  BackendConfig backend;
  map.Require("url");
  backend.url = map.Text("url").value_or("");
  backend.name = map.Text("name", kMaxNameBytes).value_or("");
  backend.model = map.Text("model", kMaxNameBytes).value_or(std::string(model_name));
  backend.kind = map.Word<BackendKind>("kind", kBackendKinds).value_or(backend.kind);
  backend.api = map.Word<BackendApi>("api", kBackendApis).value_or(backend.api);
  backend.beam_search =
      map.Word<BeamSearchMode>("beam_search", kBeamSearchModes).value_or(backend.beam_search);
  backend.max_traces =
      static_cast<int>(map.Integer("max_traces", 0, 100'000).value_or(backend.max_traces));
  backend.choices = static_cast<int>(map.Integer("choices", 1, 256).value_or(backend.choices));
  backend.weight = map.Number("weight", {.min = 0.01, .max = 100}).value_or(backend.weight);
  if (std::optional<EnvironmentSecret> secret = ReadEnvironmentSecret(map, "api_key_env")) {
    backend.api_key = std::move(secret->value);
    backend.api_key_env = std::move(secret->variable);
  }
  backend.ca_file = ReadFilePath(map, "ca_file", folder_);
  backend.connect_timeout = map.Duration("connect_timeout", kShortest, absl::Minutes(10))
                                .value_or(backend.connect_timeout);
  backend.first_token_timeout = map.Duration("first_token_timeout", kShortest, absl::Hours(24))
                                    .value_or(backend.first_token_timeout);
  backend.token_timeout =
      map.Duration("token_timeout", kShortest, absl::Hours(24)).value_or(backend.token_timeout);
  backend.max_attempts =
      static_cast<int>(map.Integer("max_attempts", 1, 10).value_or(backend.max_attempts));
  backend.health_interval = ReadHealthInterval(map, backend.kind);
  map.RejectUnknownKeys();
  return backend;
}

absl::Duration ConfigReader::ReadHealthInterval(YamlMap& map, BackendKind kind) {
  constexpr absl::Duration kShortest = absl::Milliseconds(100);
  const absl::Duration unset =
      kind == BackendKind::kOpenAi ? absl::ZeroDuration() : BackendConfig().health_interval;
  const absl::Duration interval =
      map.Duration("health_interval", absl::ZeroDuration(), absl::Minutes(10)).value_or(unset);
  if (interval > absl::ZeroDuration() && interval < kShortest)
    map.Fail("health_interval", "expected 0s (never asked) or at least 100ms");
  return interval;
}

std::vector<BackendConfig> ConfigReader::ReadBackends(YamlMap& map, absl::string_view model_name) {
  map.Require("backends");
  std::vector<BackendConfig> backends;
  std::vector<std::string> authorities;
  std::set<std::string> names;
  for (YamlMap& backend_map : map.Maps("backends", kMaxBackends)) {
    BackendConfig backend = ReadBackend(backend_map, model_name);
    if (!backend.name.empty() && !names.insert(backend.name).second) {
      backend_map.Fail("name", absl::StrCat("another backend of this model is named ",
                                            Quoted(backend.name), ", expected a unique name"));
    }
    authorities.emplace_back();
    if (!backend.url.empty()) {
      const absl::StatusOr<std::string> authority = UrlAuthority(backend.url);
      if (authority.ok()) {
        authorities.back() = *authority;
      } else {
        backend_map.Fail("url", authority.status().message());
      }
    }
    backends.push_back(std::move(backend));
  }
  // After all given names are known, so that a default never takes one of them.
  for (size_t i = 0; i < backends.size(); ++i) {
    if (!backends[i].name.empty()) continue;
    backends[i].name = authorities[i];
    for (int copy = 2; !names.insert(backends[i].name).second; ++copy) {
      backends[i].name = absl::StrCat(authorities[i], "#", copy);
    }
  }
  return backends;
}

std::optional<ModelProfile> ConfigReader::ReadProfile(YamlMap& map) {
  const std::string path = ReadFilePath(map, "profile", folder_);
  if (path.empty()) return std::nullopt;
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) {
    map.Fail("profile", text.status().message());
    return std::nullopt;
  }
  const absl::StatusOr<YamlNode> root = ParseYaml(*text, path);
  if (!root.ok()) {
    errors_.Append(root.status());
    return std::nullopt;
  }
  YamlErrors errors(path);
  YamlMap profile_map(*root, "", errors);
  ModelProfile profile = ReadModelProfile(profile_map);
  errors_.Append(errors.ToStatus());
  return profile;
}

std::string ConfigReader::ReadListenAddress(YamlMap& map, absl::string_view key) {
  const std::optional<std::string> address = map.Text(key);
  if (!address) return "";
  if (const absl::Status status = CheckListenAddress(*address); !status.ok()) {
    map.Fail(key, status.message());
    return "";
  }
  return *address;
}

absl::StatusOr<Config> ReadConfig(absl::string_view text, absl::string_view name,
                                  std::filesystem::path folder) {
  const absl::StatusOr<YamlNode> root = ParseYaml(text, name);
  if (!root.ok()) return root.status();
  return ConfigReader(name, std::move(folder)).Read(*root);
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ReadConfig(*text, path, std::filesystem::path(path).parent_path());
}

absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view name) {
  return ReadConfig(text, name, {});
}

}  // namespace sextant
