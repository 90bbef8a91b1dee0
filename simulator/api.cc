#include "simulator/api.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/did_you_mean.h"
#include "simulator/answer_json.h"
#include "simulator/completion_request.h"
#include "simulator/json_text.h"

namespace sextant {
namespace {

constexpr size_t kMaxRequestIdBytes = 256;

struct Route {
  absl::string_view path;
  absl::string_view method;
};
constexpr Route kRoutes[] = {{"/v1/chat/completions", "POST"},
                             {"/v1/completions", "POST"},
                             {"/v1/models", "GET"},
                             {"/health", "GET"},
                             {"/metrics", "GET"}};

absl::string_view ErrorType(int status) {
  switch (status) {
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

int HttpStatus(const absl::Status& status) {
  return status.code() == absl::StatusCode::kNotFound ? 404 : 400;
}

ApiResponse StatusResponse(const absl::Status& status) {
  return ErrorResponse(HttpStatus(status), status.message());
}

ApiResponse FaultResponse(const Fault& fault) {
  ApiResponse response =
      ErrorResponse(*fault.status, absl::StrCat("simulated fault: HTTP status ", *fault.status));
  std::optional<int> retry_after_s = fault.retry_after_s;
  if (!retry_after_s && *fault.status == 429) retry_after_s = 1;
  if (retry_after_s) response.headers.emplace_back("Retry-After", absl::StrCat(*retry_after_s));
  return response;
}

}  // namespace

ApiResponse ErrorResponse(int status, absl::string_view message) {
  ApiResponse response;
  response.status = status;
  response.body = ErrorBody(message, ErrorType(status), status);
  return response;
}

Api::Api(Catalog catalog, FaultRules faults, Accounts accounts, Pace pace)
    : catalog_(std::move(catalog)),
      faults_(std::move(faults)),
      accounts_(std::move(accounts)),
      pace_(pace),
      started_at_(absl::ToUnixSeconds(absl::Now())) {}

ApiAnswer Api::Handle(const ApiRequest& request) {
  const Route* route = nullptr;
  for (const Route& known : kRoutes) {
    if (known.path == request.path) route = &known;
  }
  if (route == nullptr) {
    std::vector<absl::string_view> paths;
    for (const Route& known : kRoutes) paths.push_back(known.path);
    return ErrorResponse(404, absl::StrCat("no such path: ", Quoted(request.path), "; expected ",
                                           absl::StrJoin(paths, ", ")));
  }
  if (request.method != route->method) {
    ApiResponse response = ErrorResponse(
        405, absl::StrCat(route->path, " takes ", route->method, ", not ", Quoted(request.method)));
    response.headers.emplace_back("Allow", std::string(route->method));
    return response;
  }
  if (request.path == "/v1/chat/completions") return Complete(Endpoint::kChat, request);
  if (request.path == "/v1/completions") return Complete(Endpoint::kCompletions, request);
  if (request.path == "/v1/models") return Models();
  ApiResponse response;
  if (request.path == "/metrics") {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = PrometheusText(counts_);
  } else {
    response.body = "{\"status\":\"ok\"}";
  }
  return response;
}

ApiAnswer Api::Complete(Endpoint endpoint, const ApiRequest& request) {
  absl::StatusOr<CompletionRequest> parsed = ParseCompletionRequest(endpoint, request.body);
  if (!parsed.ok()) return StatusResponse(parsed.status());
  if (request.request_id.size() > kMaxRequestIdBytes) {
    return ErrorResponse(400, absl::StrCat("X-Request-Id is over ", kMaxRequestIdBytes, " bytes"));
  }
  Fault fault;
  if (!request.fault.empty()) {
    const absl::StatusOr<Fault> asked = ParseFaultHeader(request.fault);
    if (!asked.ok()) return StatusResponse(asked.status());
    fault = *asked;
  } else {
    fault = faults_.Next(parsed->model);
  }
  if (fault.any()) ++counts_.faults;
  if (fault.refuse) return Refusal{};
  if (fault.status) return FaultResponse(fault);

  const int64_t seed = parsed->seed.value_or(absl::Uniform<int32_t>(random_, 0, INT32_MAX));
  absl::StatusOr<std::vector<Script>> scripts = catalog_.ScriptsFor(*parsed, seed);
  if (!scripts.ok()) return StatusResponse(scripts.status());

  ReplySpec spec;
  spec.head = {.id = NewId(endpoint),
               .model = parsed->model,
               .created = absl::ToUnixSeconds(absl::Now()),
               .endpoint = endpoint,
               .top_logprobs = parsed->top_logprobs};
  spec.request_id = request.request_id.empty() ? spec.head.id : request.request_id;
  spec.scripts = *std::move(scripts);
  spec.fault = fault;
  spec.tokens_per_second = pace_.tokens_per_second;
  spec.chunk_tokens = pace_.chunk_tokens;
  spec.prompt_tokens = parsed->prompt_tokens;
  spec.stream = parsed->stream;
  spec.include_usage = parsed->include_usage;
  spec.continuous_usage = parsed->continuous_usage;
  ++counts_.streams_open;
  return MakeReply(std::move(spec));
}

LedgerEntry Api::EntryOf(const Reply& reply, size_t choice) {
  const ReplySpec& spec = reply.spec();
  const Script& script = spec.scripts[choice];
  return {.request_id = spec.request_id,
          .model = spec.head.model,
          .dataset = script.problem->dataset,
          .problem_id = script.problem->problem_id,
          .choice = static_cast<int>(choice),
          .sample = script.sample,
          .beam_width = script.beam_width,
          .tokens = reply.progress()[choice].tokens,
          .prompt_tokens = spec.prompt_tokens,
          .outcome = StreamOutcome::kRunning};
}

void Api::Progressed(const Reply& reply) {
  if (accounts_.lines != LedgerLines::kEveryChunk) return;
  for (size_t i = 0; i < reply.progress().size(); ++i)
    accounts_.ledger.AddProgress(EntryOf(reply, i));
}

void Api::Ended(const Reply& reply, StreamOutcome outcome) {
  --counts_.streams_open;
  switch (outcome) {
    case StreamOutcome::kFinished:
      ++counts_.streams_finished;
      break;
    case StreamOutcome::kCut:
      ++counts_.streams_cut;
      break;
    case StreamOutcome::kFailed:
    case StreamOutcome::kRunning:  // No end.
      ++counts_.streams_failed;
      break;
  }
  const ReplySpec& spec = reply.spec();
  // Of several choices, one can be done and sent when the others are cut. A single one that had
  // just been generated when the client turned out to be gone was not sent.
  const bool is_one_of_many = spec.scripts.size() > 1;
  for (size_t i = 0; i < spec.scripts.size(); ++i) {
    LedgerEntry entry = EntryOf(reply, i);
    const bool finished = is_one_of_many && reply.progress()[i].finished;
    entry.outcome = finished ? StreamOutcome::kFinished : outcome;
    accounts_.ledger.Add(std::move(entry));
  }
}

ApiResponse Api::Models() const {
  ApiResponse response;
  response.body = "{\"object\":\"list\",\"data\":[";
  absl::string_view comma = "";
  for (const ModelEntry& model : catalog_.models()) {
    absl::StrAppend(
        &response.body, comma, "{\"id\":", QuotedJson(model.name),
        ",\"object\":\"model\",\"created\":", started_at_,
        ",\"owned_by\":\"sextant-simulator\",\"simulated\":", model.simulated ? "true" : "false",
        ",\"replayed\":", model.simulated ? "false" : "true", "}");
    comma = ",";
  }
  absl::StrAppend(&response.body, "]}");
  return response;
}

std::string Api::NewId(Endpoint endpoint) {
  return absl::StrCat(endpoint == Endpoint::kChat ? "chatcmpl-" : "cmpl-", "sim-", ++answers_);
}

}  // namespace sextant
