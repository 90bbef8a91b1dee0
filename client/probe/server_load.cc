#include "client/probe/server_load.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sextant {
namespace {

using nlohmann::json;

struct Family {
  const char* running;
  const char* waiting;  // May be missing.
  const char* generated;
  const char* after_disconnect;  // Null: there is none.
  bool counts_every_token;
};

constexpr Family kFamilies[] = {
    {"vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:generation_tokens_total",
     nullptr, true},
    {"llamacpp:requests_processing", "llamacpp:requests_deferred",
     "llamacpp:tokens_predicted_total", nullptr, false},
    {"sglang:num_running_reqs", "sglang:num_queue_reqs", "sglang:generation_tokens_total", nullptr,
     false},
    {"simulator_streams_open", "", "simulator_tokens_total",
     "simulator_tokens_after_disconnect_total", true},
};

std::optional<ServerLoad> LoadFromSlots(const json& slots) {
  if (!slots.is_array() || slots.empty()) return std::nullopt;
  ServerLoad load{.source = "/slots"};
  for (const json& slot : slots) {
    const json& busy = Member(slot, "is_processing");
    if (busy.is_boolean() && busy.get<bool>()) ++load.requests;
  }
  return load;
}

}  // namespace

std::optional<double> MetricSum(absl::string_view text, absl::string_view name) {
  std::optional<double> sum;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, name) || line.empty()) continue;
    if (line[0] == '{') {
      const size_t end = line.rfind('}');
      if (end == absl::string_view::npos) continue;
      line.remove_prefix(end + 1);
    } else if (line[0] != ' ' && line[0] != '\t') {
      continue;  // Another metric, whose name only begins like this one.
    }
    double value = 0;
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (!fields.empty() && absl::SimpleAtod(fields[0], &value)) sum = sum.value_or(0) + value;
  }
  return sum;
}

std::optional<ServerLoad> LoadFromMetrics(absl::string_view text) {
  for (const Family& family : kFamilies) {
    const auto running = MetricSum(text, family.running);
    if (!running) continue;
    ServerLoad load{.requests = *running,
                    .generated = MetricSum(text, family.generated),
                    .counts_every_token = family.counts_every_token,
                    .source = family.generated};
    if (*family.waiting != 0) load.requests += MetricSum(text, family.waiting).value_or(0);
    if (family.after_disconnect != nullptr) {
      load.after_disconnect = MetricSum(text, family.after_disconnect);
      load.source = family.after_disconnect;
    }
    if (!load.generated) load.source = family.running;
    return load;
  }
  return std::nullopt;
}

Task<std::optional<ServerLoad>> ReadLoad(const Subject& subject) {
  Task<absl::StatusOr<Fetched>> ask = Fetch(subject, absl::StrCat(subject.Root(), "/metrics"));
  const absl::StatusOr<Fetched> metrics = co_await std::move(ask);
  if (metrics.ok() && metrics->status == 200) {
    const auto load = LoadFromMetrics(metrics->body);
    if (load) co_return load;
  }
  if (subject.kind != BackendKind::kLlamaCpp) co_return std::nullopt;
  Task<absl::StatusOr<Fetched>> ask_slots = Fetch(subject, absl::StrCat(subject.Root(), "/slots"));
  const absl::StatusOr<Fetched> slots = co_await std::move(ask_slots);
  if (!slots.ok()) co_return std::nullopt;
  co_return LoadFromSlots(slots->Json());
}

}  // namespace sextant
