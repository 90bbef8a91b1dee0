#include "simulator/completion_request.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using Json = nlohmann::json;

constexpr int kMaxChoices = 256;
constexpr int kMaxBeamWidth = 256;
constexpr int kMaxTopLogprobs = 20;
constexpr size_t kMaxStops = 16;
constexpr int64_t kBytesPerPromptToken = 4;

// Reads the fields of a request and keeps the first error, so that the code below reads as a list.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const absl::Status& status() const { return status_; }
  void Fail(absl::string_view key, absl::string_view message) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat("`", key, "` ", message));
    }
  }

  // nullptr when absent; JSON's null stands for absent, as clients send it for defaults.
  const Json* Find(const char* key) const {
    const auto at = object_.find(key);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
  }

  bool Flag(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) {
      Fail(key, absl::StrCat("is a ", value->type_name(), ", expected true or false"));
      return false;
    }
    return value->get<bool>();
  }

  std::optional<int64_t> Integer(const char* key, int64_t min, int64_t max) {
    const Json* value = Find(key);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_number_integer() &&
                      (!value->is_number_unsigned() || value->get<uint64_t>() <= INT64_MAX);
    if (!fits || value->get<int64_t>() < min || value->get<int64_t>() > max) {
      Fail(key, absl::StrCat("is ", value->is_number() ? value->dump() : value->type_name(),
                             ", expected a whole number from ", min, " to ", max));
      return std::nullopt;
    }
    return value->get<int64_t>();
  }

  std::optional<int> SmallInteger(const char* key, int min, int max) {
    const std::optional<int64_t> value = Integer(key, min, max);
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
  }

  void Number(const char* key, double min, double max) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_number() || value->get<double>() < min || value->get<double>() > max) {
      Fail(key, absl::StrCat("is ", value->is_number() ? value->dump() : value->type_name(),
                             ", expected a number from ", min, " to ", max));
    }
  }

  std::string Text(const char* key) {
    const Json* value = Find(key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    Fail(key, value == nullptr ? "is missing, expected a string"
                               : absl::StrCat("is a ", value->type_name(), ", expected a string"));
    return "";
  }

 private:
  const Json& object_;
  absl::Status status_;
};

// The text of a message's `content`: a string, or the text parts of a list.
std::string ContentOf(const Json& message, const std::string& path, Fields& fields) {
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) return "";
  if (content->is_string()) return content->get<std::string>();
  std::string text;
  if (content->is_array()) {
    for (const Json& part : *content) {
      const bool is_text = part.is_object() && part.contains("text") && part["text"].is_string();
      if (!is_text) {
        fields.Fail(path,
                    "holds a part without text, expected {\"type\": \"text\", \"text\": ...}");
        return "";
      }
      absl::StrAppend(&text, part["text"].get<std::string>());
    }
    return text;
  }
  fields.Fail(path, absl::StrCat("is a ", content->type_name(), ", expected a string or a list"));
  return "";
}

// The reasoning that a message carries beside its content, under the servers' two names for it.
std::string ReasoningOf(const Json& message) {
  for (const char* key : {"reasoning", "reasoning_content"}) {
    const auto reasoning = message.find(key);
    if (reasoning != message.end() && reasoning->is_string()) return reasoning->get<std::string>();
  }
  return "";
}

void ReadMessages(Fields& fields, CompletionRequest& request) {
  const Json* messages = fields.Find("messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) {
    return fields.Fail("messages", "is missing or empty, expected a list of messages");
  }
  int64_t bytes = 0;
  bool has_user = false;
  std::string last_role;
  for (size_t i = 0; i < messages->size(); ++i) {
    const Json& message = (*messages)[i];
    const std::string path = absl::StrCat("messages[", i, "]");
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      return fields.Fail(path, "is not an object with a role and a content");
    }
    last_role = message["role"].get<std::string>();
    const std::string content = ContentOf(message, absl::StrCat(path, ".content"), fields);
    bytes += static_cast<int64_t>(content.size());
    if (last_role == "user") {
      request.prompt = content;
      has_user = true;
    }
  }
  if (!has_user) return fields.Fail("messages", "has no message with the role user");
  request.prompt_tokens = bytes / kBytesPerPromptToken + 1;

  // vLLM's rule: the two are mutually exclusive, and one of them defaults to true.
  const bool is_continued = fields.Flag("continue_final_message");
  const Json* add_prompt = fields.Find("add_generation_prompt");
  if (!is_continued) return;
  if (add_prompt == nullptr || fields.Flag("add_generation_prompt")) {
    return fields.Fail("continue_final_message", "needs `add_generation_prompt`: false");
  }
  if (last_role != "assistant") {
    return fields.Fail("continue_final_message", "needs a last message with the role assistant");
  }
  request.prefix = ContentOf(messages->back(), "messages", fields);
  request.prefix_reasoning = ReasoningOf(messages->back());
}

void ReadPrompt(Fields& fields, CompletionRequest& request) {
  const Json* prompt = fields.Find("prompt");
  // A list of one string is the same as the string; more would be several requests in one.
  if (prompt != nullptr && prompt->is_array() && prompt->size() == 1) prompt = &prompt->front();
  if (prompt == nullptr || !prompt->is_string()) {
    return fields.Fail("prompt", "is not one string; token ids and batches are not supported");
  }
  request.prompt = prompt->get<std::string>();
  request.prompt_tokens = static_cast<int64_t>(request.prompt.size()) / kBytesPerPromptToken + 1;
}

void ReadStop(Fields& fields, CompletionRequest& request) {
  const Json* stop = fields.Find("stop");
  if (stop == nullptr) return;
  const Json list = stop->is_array() ? *stop : Json::array({*stop});
  if (list.size() > kMaxStops) {
    return fields.Fail("stop", absl::StrCat("has ", list.size(), " strings, at most ", kMaxStops));
  }
  for (const Json& text : list) {
    if (!text.is_string() || text.get_ref<const std::string&>().empty()) {
      return fields.Fail("stop", "is not a string or a list of strings that are not empty");
    }
    request.stop.push_back(text.get<std::string>());
  }
}

void ReadLogprobs(Fields& fields, CompletionRequest& request) {
  if (request.endpoint == Endpoint::kCompletions) {
    request.top_logprobs = fields.SmallInteger("logprobs", 0, kMaxTopLogprobs);
    return;
  }
  const std::optional<int> top = fields.SmallInteger("top_logprobs", 0, kMaxTopLogprobs);
  const bool wanted = fields.Flag("logprobs");
  if (top && !wanted) return fields.Fail("top_logprobs", "needs `logprobs`: true");
  if (wanted) request.top_logprobs = top.value_or(0);
}

void ReadStreamOptions(Fields& fields, CompletionRequest& request) {
  request.stream = fields.Flag("stream");
  const Json* options = fields.Find("stream_options");
  if (options == nullptr) return;
  if (!options->is_object()) return fields.Fail("stream_options", "is not an object");
  if (!request.stream) return fields.Fail("stream_options", "needs `stream`: true");
  Fields nested(*options);
  request.include_usage = nested.Flag("include_usage");
  request.continuous_usage = nested.Flag("continuous_usage_stats");
  if (!nested.status().ok()) fields.Fail("stream_options", nested.status().message());
}

void ReadLimits(Fields& fields, CompletionRequest& request) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  request.max_tokens = fields.Integer("max_tokens", 1, kMax);
  if (request.endpoint == Endpoint::kChat) {
    const std::optional<int64_t> newer_name = fields.Integer("max_completion_tokens", 1, kMax);
    if (newer_name) request.max_tokens = newer_name;
  }
  request.n = fields.SmallInteger("n", 1, kMaxChoices).value_or(1);
  // Half the range, so that seed + choice does not overflow.
  request.seed = fields.Integer("seed", kMin / 2, kMax / 2);
  fields.Number("temperature", 0, 1000);
  fields.Number("top_p", 0, 1);

  const std::optional<int> best_of = fields.SmallInteger("best_of", 1, kMaxBeamWidth);
  const bool is_beam = fields.Flag("use_beam_search");
  if (is_beam || best_of.value_or(1) > 1) request.beam_width = best_of.value_or(request.n);
  if (fields.Flag("echo")) fields.Fail("echo", "is true, which is not supported");
}

}  // namespace

absl::StatusOr<CompletionRequest> ParseCompletionRequest(Endpoint endpoint,
                                                         absl::string_view body) {
  const Json document = Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return absl::InvalidArgumentError("the body is not JSON, expected an object");
  }
  if (!document.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is a JSON ", document.type_name(), ", expected an object"));
  }
  CompletionRequest request;
  request.endpoint = endpoint;
  Fields fields(document);
  request.model = fields.Text("model");
  if (endpoint == Endpoint::kChat) {
    ReadMessages(fields, request);
  } else {
    ReadPrompt(fields, request);
  }
  ReadStreamOptions(fields, request);
  ReadLimits(fields, request);
  ReadStop(fields, request);
  ReadLogprobs(fields, request);
  if (!fields.status().ok()) return fields.status();
  return request;
}

}  // namespace sextant
