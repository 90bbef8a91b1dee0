#include "server/backend/http_health_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sextant {
namespace {

using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(5);
// vLLM's metrics are some hundred KiB; what is longer is not read on.
constexpr size_t kMaxBody = 4 << 20;

std::string WithoutVersion(absl::string_view url) {
  absl::ConsumeSuffix(&url, "/");
  absl::ConsumeSuffix(&url, "/v1");
  return std::string(url);
}

Json Parsed(absl::string_view json) {
  return Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
}

}  // namespace

std::optional<double> SumOfSeries(absl::string_view text, absl::string_view metric) {
  std::optional<double> sum;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, metric)) continue;
    if (!absl::StartsWith(line, "{") && !absl::StartsWith(line, " ")) continue;
    const size_t labels = line.rfind('}');
    if (labels != absl::string_view::npos) line.remove_prefix(labels + 1);
    double value = 0;
    // A timestamp may follow the value.
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    if (words.empty() || !absl::SimpleAtod(words[0], &value)) continue;
    sum = sum.value_or(0) + value;
  }
  return sum;
}

std::optional<int> BusySlots(absl::string_view json) {
  const Json slots = Parsed(json);
  if (!slots.is_array()) return std::nullopt;
  int busy = 0;
  for (const Json& slot : slots) {
    const auto is_processing = slot.is_object() ? slot.find("is_processing") : slot.end();
    if (is_processing == slot.end() || !is_processing->is_boolean()) return std::nullopt;
    busy += is_processing->get<bool>() ? 1 : 0;
  }
  return busy;
}

BackendKind KindOfModels(absl::string_view json) {
  const Json root = Parsed(json);
  if (!root.is_object() || !root.contains("data") || !root["data"].is_array() ||
      root["data"].empty() || !root["data"][0].is_object()) {
    return BackendKind::kAuto;
  }
  const Json& model = root["data"][0];
  const auto owner = model.find("owned_by");
  if (owner == model.end() || !owner->is_string()) return BackendKind::kAuto;
  const std::string name = owner->get<std::string>();
  if (name == "vllm") return BackendKind::kVllm;
  if (name == "llamacpp") return BackendKind::kLlamaCpp;
  if (name == "sglang") return BackendKind::kSglang;
  if (name == "library") return BackendKind::kOllama;
  return BackendKind::kAuto;
}

bool SharesPrefixes(BackendKind kind) {
  // llama.cpp has a cache for each slot, so that traces that run at once share nothing.
  return kind == BackendKind::kVllm || kind == BackendKind::kSglang;
}

HttpHealthCheck::HttpHealthCheck(HttpClient& http, const BackendConfig& config, std::string address)
    : http_(http),
      config_(config),
      address_(std::move(address)),
      root_(WithoutVersion(config.url)),
      kind_(config.kind) {}

Task<HttpHealthCheck::Answer> HttpHealthCheck::Get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.address = address_;
  if (!config_.api_key.empty())
    request.headers.push_back(absl::StrCat("Authorization: Bearer ", config_.api_key));
  request.ca_file = config_.ca_file;
  request.connect_timeout = std::min(config_.connect_timeout, kPatience);
  HttpStream stream(http_, request);
  stream.SetDeadline(http_.loop().Now() + kPatience, "no answer to a health check");
  Answer answer;
  while (answer.body.size() < kMaxBody) {
    const absl::string_view bytes = co_await stream.Read();
    if (bytes.empty()) break;
    answer.body.append(bytes.data(), bytes.size());
  }
  answer.timed_out = absl::IsDeadlineExceeded(stream.status());
  if (stream.status().ok()) answer.status = stream.http_status();
  co_return answer;
}

Task<HealthReport> HttpHealthCheck::Check() {
  Task<Answer> get = Get(absl::StrCat(root_, "/health"));
  const Answer answer = co_await std::move(get);
  silent_ = answer.timed_out ? silent_ + 1 : 0;
  HealthReport report;
  if (answer.timed_out) {
    // A busy server may miss one.
    if (silent_ > 1) report.state = HealthReport::State::kDown;
    co_return report;
  }
  switch (answer.status) {
    case 0:
    case 500:
    case 502:
    case 504:
      report.state = HealthReport::State::kDown;
      co_return report;
    case 503:
      report.state = HealthReport::State::kLoading;
      co_return report;
    default:
      if (answer.status < 200 || answer.status > 299) co_return report;
  }
  report.state = HealthReport::State::kUp;
  Task<HealthReport> with_load = WithLoad(report);
  co_return co_await std::move(with_load);
}

Task<HealthReport> HttpHealthCheck::WithLoad(HealthReport report) {
  if (kind_ == BackendKind::kAuto && !std::exchange(kind_asked_, true)) {
    Task<Answer> get = Get(absl::StrCat(config_.url, "/models"));
    const Answer models = co_await std::move(get);
    if (models.status == 200) kind_ = KindOfModels(models.body);
  }
  const bool is_vllm = kind_ == BackendKind::kVllm;
  report.shares_prefixes = SharesPrefixes(kind_);
  if (!is_vllm && kind_ != BackendKind::kLlamaCpp) co_return report;
  Task<Answer> get = Get(absl::StrCat(root_, "/metrics"));
  const Answer metrics = co_await std::move(get);
  const auto count = [&](absl::string_view name) -> std::optional<int> {
    const auto sum = metrics.status == 200 ? SumOfSeries(metrics.body, name) : std::nullopt;
    // Compared as a double first: no server runs a million requests.
    if (!sum || !(*sum >= 0 && *sum < 1e6)) return std::nullopt;
    return static_cast<int>(*sum);
  };
  report.running = count(is_vllm ? "vllm:num_requests_running" : "llamacpp:requests_processing");
  report.waiting = count(is_vllm ? "vllm:num_requests_waiting" : "llamacpp:requests_deferred");
  if (is_vllm || report.running) co_return report;
  // Without --metrics llama.cpp still lists its slots.
  Task<Answer> list = Get(absl::StrCat(root_, "/slots"));
  const Answer slots = co_await std::move(list);
  if (slots.status == 200) report.running = BusySlots(slots.body);
  co_return report;
}

}  // namespace sextant
