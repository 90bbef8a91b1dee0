#include "client/probe/subject.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/backend/aborts.h"

namespace sextant {
namespace {

// The metrics of a large vLLM server are some hundred kilobytes.
constexpr size_t kMaxBody = 4 << 20;

}  // namespace

std::string Subject::Root() const { return RootOf(url); }

nlohmann::json Subject::Completion(int64_t max_tokens) const {
  nlohmann::json body = {
      {"model", model}, {"stream", true}, {"stream_options", {{"include_usage", true}}}};
  const bool chat = api == BackendApi::kChat;
  if (chat) {
    body["messages"] = nlohmann::json::array({{{"role", "user"}, {"content", prompt}}});
  } else {
    body["prompt"] = prompt;
  }
  body[kind == BackendKind::kOpenAi && chat ? "max_completion_tokens" : "max_tokens"] = max_tokens;
  return body;
}

HttpRequest Subject::Request(std::string url, std::string body) const {
  HttpRequest request{.url = std::move(url), .body = std::move(body), .ca_file = ca_file};
  if (!request.body.empty()) request.headers.push_back("Content-Type: application/json");
  if (!api_key.empty()) request.headers.push_back(absl::StrCat("Authorization: Bearer ", api_key));
  return request;
}

nlohmann::json Fetched::Json() const {
  if (status != 200) return nullptr;
  nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  return json.is_discarded() ? nlohmann::json(nullptr) : json;
}

Task<absl::StatusOr<Fetched>> Fetch(const Subject& subject, std::string url, std::string body) {
  HttpStream stream(subject.http, subject.Request(std::move(url), std::move(body)));
  stream.SetDeadline(subject.http.loop().Now() + subject.timeout, "no answer within --timeout");
  Fetched fetched;
  while (true) {
    const absl::string_view bytes = co_await stream.Read();
    if (bytes.empty()) break;
    if (fetched.body.size() + bytes.size() > kMaxBody) {
      co_return absl::ResourceExhaustedError(
          absl::StrCat("the response is longer than ", kMaxBody, " bytes"));
    }
    fetched.body.append(bytes.data(), bytes.size());
  }
  if (!stream.status().ok()) co_return stream.status();
  fetched.status = stream.http_status();
  fetched.server = stream.Header("server").value_or("");
  co_return fetched;
}

const nlohmann::json& Member(const nlohmann::json& object, const char* name) {
  static const nlohmann::json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string TextMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json& member = Member(object, name);
  return member.is_string() ? member.get<std::string>() : "";
}

std::optional<int64_t> NumberMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json& member = Member(object, name);
  if (!member.is_number_integer()) return std::nullopt;
  return member.get<int64_t>();
}

}  // namespace sextant
