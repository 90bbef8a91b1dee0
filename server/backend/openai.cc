#include "server/backend/openai.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/backend/sse.h"

namespace sextant {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxErrorBody = 64 << 10;
// What OpenAI's text completions, and some servers by their configuration, still allow.
constexpr int kFewLogprobs = 5;
constexpr char kFirstTokenTimeout[] = "no first token within first_token_timeout";
constexpr char kTokenTimeout[] = "no further token within token_timeout";

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 400:
    case 413:
    case 422:
      return absl::StatusCode::kInvalidArgument;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 408:
    case 425:
      return absl::StatusCode::kUnavailable;
    default:
      // Redirects and the other client errors would be the same again.
      return http_status >= 300 && http_status < 500 ? absl::StatusCode::kFailedPrecondition
                                                     : absl::StatusCode::kUnavailable;
  }
}

std::string ToJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string MessageJson(absl::string_view role, absl::string_view content) {
  return absl::StrCat("{\"role\":", ToJson(std::string(role)),
                      ",\"content\":", ToJson(std::string(content)), "}");
}

// A JSON object that is written key by key.
class ObjectWriter {
 public:
  // `json` is the value.
  void Set(absl::string_view name, absl::string_view json) {
    absl::StrAppend(&text_, text_.empty() ? "{" : ",", "\"", name, "\":", json);
  }
  void SetFlag(absl::string_view name, bool value) { Set(name, value ? "true" : "false"); }
  template <typename Number>
  void SetNumber(absl::string_view name, std::optional<Number> value) {
    if (value) Set(name, ToJson(*value));
  }
  std::string Take() { return absl::StrCat(text_, "}"); }

 private:
  std::string text_;
};

// "[{...},{...}", for the prompt of many traces.
const std::string& MessagesJson(const Prompt& prompt) {
  std::string& json = prompt.messages_json;
  if (!json.empty()) return json;
  for (const Message& m : prompt.messages)
    absl::StrAppend(&json, json.empty() ? "[" : ",", MessageJson(m.role, m.content));
  return json;
}

}  // namespace

void Excuse(absl::Status& status) { status.SetPayload("sextant/excused", absl::Cord()); }

bool IsExcused(const absl::Status& status) {
  return status.GetPayload("sextant/excused").has_value();
}

void SetRetryAfter(absl::Status& status, absl::Duration delay) {
  status.SetPayload("sextant/retry-after", absl::Cord(absl::FormatDuration(delay)));
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload("sextant/retry-after");
  absl::Duration delay;
  if (!payload || !absl::ParseDuration(std::string(*payload), &delay)) return std::nullopt;
  return delay;
}

// One request on the wire, from the connection to the end of its response.
class OpenAiBackend::Exchange : public TraceTail {
 public:
  Exchange(OpenAiBackend& backend, const TraceRequest& request, TraceSink& sink)
      : backend_(backend),
        sink_(sink),
        abort_(backend.aborts_.get(), request.request_id),
        http_(backend.http_, backend.ToHttp(request, abort_.name())),
        events_(backend.max_event_bytes_),
        runs_(static_cast<size_t>(request.choices), true) {
    http_.SetDeadline(backend.http_.loop().Now() + backend.config_.first_token_timeout,
                      kFirstTokenTimeout);
  }

  // Generation has ended by itself once there was a finish_reason.
  ~Exchange() override {
    if (finished_) abort_.RequestEnded();
  }

  // Passes chunks on until the one with the finish_reason. CANCELLED: the sink said stop.
  Task<absl::Status> RunToFinish() {
    while (!finished_) {
      const absl::string_view bytes = co_await http_.Read();
      if (bytes.empty()) co_return EndedEarly();
      if (!checked_head_) {
        checked_head_ = true;
        if (http_.http_status() != 200 || !IsEventStream()) {
          std::string body(bytes);
          Task<absl::Status> rest = ReadWhole(std::move(body));
          co_return co_await std::move(rest);
        }
      }
      absl::Status status = Consume(bytes);
      if (status.ok()) continue;
      // What is wrong after the finish_reason is the tail's affair, in whatever bytes it came.
      if (!finished_ || absl::IsCancelled(status)) co_return status;
      tail_error_ = status;
    }
    co_return absl::OkStatus();
  }

  Task<absl::Status> Settle() override {
    if (!tail_error_.ok()) co_return tail_error_;
    while (!done_) {
      const absl::string_view bytes = co_await http_.Read();
      if (bytes.empty()) co_return http_.status();
      absl::Status status = Consume(bytes);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }

 private:
  bool IsEventStream() const {
    const auto type = http_.Header("content-type");
    return !type || !absl::StartsWithIgnoreCase(*type, "application/json");
  }

  absl::Status Consume(absl::string_view bytes) {
    if (absl::Status status = events_.Push(bytes); !status.ok())
      return absl::UnavailableError(status.message());
    while (const auto data = events_.Next()) {
      if (data->empty()) continue;  // Says as little as a comment.
      if (*data == "[DONE]") {
        done_ = finished_ = true;
        return absl::OkStatus();
      }
      if (absl::Status status = PassOn(*data); !status.ok()) return status;
    }
    if (absl::Status tail = events_.CheckTail(); !tail.ok()) {
      return absl::UnavailableError(tail.message());
    }
    return absl::OkStatus();
  }

  absl::Status PassOn(absl::string_view json) {
    const auto chunks = backend_.reader_.Read(json, static_cast<int>(runs_.size()));
    if (!chunks.ok()) return chunks.status();
    for (const TraceChunk& chunk : *chunks) {
      if (chunk.tokens > 0) {
        http_.SetDeadline(backend_.http_.loop().Now() + backend_.config_.token_timeout,
                          kTokenTimeout);
      }
      if (!chunk.finish_reason.empty()) runs_[static_cast<size_t>(chunk.choice)] = false;
      finished_ = finished_ || std::find(runs_.begin(), runs_.end(), true) == runs_.end();
      if (sink_.OnChunk(chunk) == TraceSink::Flow::kStop) return absl::CancelledError("stopped");
    }
    return absl::OkStatus();
  }

  absl::Status EndedEarly() {
    if (http_.status().code() == absl::StatusCode::kDeadlineExceeded) {
      return absl::UnavailableError(http_.status().message());
    }
    abort_.RequestEnded();
    if (!http_.status().ok()) return http_.status();
    if (http_.http_status() != 200) return HttpError("");
    return absl::UnavailableError("the stream ended without a finish_reason");
  }

  // An error response, or a whole answer of a server that does not stream.
  Task<absl::Status> ReadWhole(std::string body) {
    const bool failed = http_.http_status() != 200;
    const size_t limit = failed ? kMaxErrorBody : backend_.max_event_bytes_;
    while (body.size() <= limit) {
      const absl::string_view bytes = co_await http_.Read();
      if (bytes.empty()) break;
      body.append(bytes.data(), bytes.size());
    }
    if (failed) {
      abort_.RequestEnded();
      co_return HttpError(body);
    }
    if (body.size() > limit) {
      co_return absl::UnavailableError(
          absl::StrCat("the response is longer than ", limit, " bytes"));
    }
    if (!http_.status().ok()) co_return EndedEarly();
    done_ = finished_ = true;
    co_return PassOn(body);
  }

  absl::Status HttpError(absl::string_view body) const {
    const int code = http_.http_status();
    absl::Status status(CodeOf(code),
                        absl::StrCat("HTTP ", code, ": ", backend_.reader_.ErrorMessage(body)));
    int seconds = 0;
    if (const auto wait = http_.Header("retry-after");
        wait && absl::SimpleAtoi(*wait, &seconds) && seconds >= 0) {
      SetRetryAfter(status, absl::Seconds(seconds));
    }
    if (code < 500) Excuse(status);
    return status;
  }

  OpenAiBackend& backend_;
  TraceSink& sink_;
  AbortUnlessEnded abort_;  // Before http_: posted after the connection is closed.
  HttpStream http_;
  SseParser events_;
  bool checked_head_ = false;
  std::vector<bool> runs_;  // By choice: its finish_reason has not come.
  bool finished_ = false;   // None of them runs any more.
  bool done_ = false;       // So has the end marker.
  absl::Status tail_error_;
};

OpenAiBackend::OpenAiBackend(HttpClient& http, const BackendConfig& config, size_t max_event_bytes,
                             std::string address)
    : http_(http),
      config_(config),
      max_event_bytes_(max_event_bytes),
      address_(std::move(address)),
      model_json_(ToJson(config.model)),
      extras_{.continuous_usage = config.kind == BackendKind::kAuto ||
                                  config.kind == BackendKind::kVllm ||
                                  config.kind == BackendKind::kSglang} {
  if (config.kind == BackendKind::kSglang) aborts_ = std::make_unique<Aborts>(http, config);
}

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> OpenAiBackend::Generate(
    const TraceRequest& request, TraceSink& sink) {
  while (true) {
    // Other traces may be under way with an extra when the first of them is refused.
    const Extras asked = extras_;
    Task<absl::StatusOr<std::unique_ptr<TraceTail>>> attempt = Attempt(request, sink);
    auto result = co_await std::move(attempt);
    if (result.ok()) co_return std::move(result);
    const std::optional<Extras> less = LessThan(asked, request, result.status());
    if (!less) co_return Named(result.status());
    extras_.continuous_usage = extras_.continuous_usage && less->continuous_usage;
    extras_.top_logprobs = std::min(extras_.top_logprobs, less->top_logprobs);
  }
}

Task<absl::StatusOr<std::unique_ptr<TraceTail>>> OpenAiBackend::Attempt(const TraceRequest& request,
                                                                        TraceSink& sink) {
  auto exchange = std::make_unique<Exchange>(*this, request, sink);
  Task<absl::Status> run = exchange->RunToFinish();
  const absl::Status status = co_await std::move(run);
  if (!status.ok()) co_return status;
  co_return std::unique_ptr<TraceTail>(std::move(exchange));
}

std::optional<OpenAiBackend::Extras> OpenAiBackend::LessThan(const Extras& asked,
                                                             const TraceRequest& request,
                                                             const absl::Status& refusal) {
  if (refusal.code() != absl::StatusCode::kInvalidArgument) return std::nullopt;
  Extras less = asked;
  if (asked.continuous_usage && (absl::StrContains(refusal.message(), "stream_options") ||
                                 absl::StrContains(refusal.message(), "continuous_usage_stats"))) {
    less.continuous_usage = false;
    return less;
  }
  if (std::min(asked.top_logprobs, request.top_logprobs) > 0 &&
      absl::StrContains(refusal.message(), "logprobs")) {
    less.top_logprobs = asked.top_logprobs > kFewLogprobs ? kFewLogprobs : 0;
    return less;
  }
  return std::nullopt;
}

absl::Status OpenAiBackend::Named(const absl::Status& status) const {
  std::string message = absl::StrCat("backend ", config_.name, ": ", status.message());
  // Some servers repeat the key that they refuse.
  if (!config_.api_key.empty()) absl::StrReplaceAll({{config_.api_key, "[the API key]"}}, &message);
  absl::Status named(status.code(), message);
  if (const auto delay = RetryAfter(status)) SetRetryAfter(named, *delay);
  if (IsExcused(status)) Excuse(named);
  return named;
}

std::string OpenAiBackend::Body(const TraceRequest& request, const std::string& rid) const {
  const Prompt& prompt = *request.prompt;
  ObjectWriter body;
  body.Set("model", model_json_);
  body.SetFlag("stream", true);
  body.Set("stream_options",
           extras_.continuous_usage
               ? absl::string_view(R"({"include_usage":true,"continuous_usage_stats":true})")
               : absl::string_view(R"({"include_usage":true})"));
  const bool chat = config_.api == BackendApi::kChat;
  if (chat) {
    const bool goes_on = !request.prefix.empty();
    body.Set("messages",
             absl::StrCat(MessagesJson(prompt), goes_on ? "," : "",
                          goes_on ? MessageJson("assistant", request.prefix) : "", "]"));
    if (goes_on) {
      body.SetFlag("continue_final_message", true);
      body.SetFlag("add_generation_prompt", false);
    }
  } else {
    std::string text;
    for (const Message& m : prompt.messages)
      absl::StrAppend(&text, text.empty() ? "" : "\n\n", m.content);
    body.Set("prompt", ToJson(absl::StrCat(text, request.prefix)));
  }
  // OpenAI's own servers renamed the field and refuse the old name for reasoning models.
  body.SetNumber<int64_t>(
      config_.kind == BackendKind::kOpenAi && chat ? "max_completion_tokens" : "max_tokens",
      request.max_tokens);
  body.SetNumber("temperature", prompt.temperature);
  body.SetNumber("top_p", prompt.top_p);
  body.SetNumber("top_k", prompt.top_k);
  body.SetNumber("min_p", prompt.min_p);
  body.SetNumber("seed", request.seed);
  if (!prompt.stop.empty()) body.Set("stop", ToJson(prompt.stop));
  if (!rid.empty()) body.Set("rid", ToJson(rid));
  const int top = std::min(request.top_logprobs, extras_.top_logprobs);
  // A server that refuses the likeliest tokens is not asked for anything of the kind: nothing else
  // would come of it.
  const bool logprobs = request.logprobs && (top > 0 || request.top_logprobs == 0);
  if (logprobs && chat) body.SetFlag("logprobs", true);
  if (logprobs && !chat) body.SetNumber<int>("logprobs", std::max(1, top));
  if (logprobs && chat && top > 0) body.SetNumber<int>("top_logprobs", top);
  const int beams = request.native_beam_width;
  if (beams > 0) {
    body.SetFlag("use_beam_search", true);
    body.SetNumber<int>("best_of", beams);
  }
  if (const int n = beams > 0 ? beams : request.choices; n > 1 || beams > 0)
    body.SetNumber<int>("n", n);
  return body.Take();
}

HttpRequest OpenAiBackend::ToHttp(const TraceRequest& request, const std::string& rid) const {
  HttpRequest http;
  http.url = absl::StrCat(config_.url,
                          config_.api == BackendApi::kChat ? "/chat/completions" : "/completions");
  http.address = address_;
  http.headers = {"Content-Type: application/json", "Accept: text/event-stream",
                  absl::StrCat("X-Request-Id: ", request.request_id)};
  if (!config_.api_key.empty())
    http.headers.push_back(absl::StrCat("Authorization: Bearer ", config_.api_key));
  if (!request.prompt->traceparent.empty()) {
    http.headers.push_back(absl::StrCat("traceparent: ", request.prompt->traceparent));
  }
  http.body = Body(request, rid);
  http.ca_file = config_.ca_file;
  http.connect_timeout = config_.connect_timeout;
  return http;
}

}  // namespace sextant
