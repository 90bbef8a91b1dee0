#include "client/probe/server_kind.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/backend/openai_chunk.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr size_t kModelsShown = 5;
constexpr size_t kMaxNameShown = 80;

Task<json> FetchJson(const Subject& subject, std::string url) {
  Task<absl::StatusOr<Fetched>> fetch = Fetch(subject, std::move(url));
  const absl::StatusOr<Fetched> fetched = co_await std::move(fetch);
  co_return fetched.ok() ? fetched->Json() : json(nullptr);
}

// The entry of /models for `id`; any entry where it is empty.
const json& Entry(const json& models, const std::string& id) {
  static const json none;
  for (const json& model : Member(models, "data")) {
    if (id.empty() || TextMember(model, "id") == id) return model;
  }
  return none;
}

std::string ListModels(const json& models) {
  std::vector<std::string> names;
  size_t count = 0;
  for (const json& model : Member(models, "data")) {
    if (++count <= kModelsShown) names.push_back(TextMember(model, "id").substr(0, kMaxNameShown));
  }
  return absl::StrCat(
      absl::StrJoin(names, ", "),
      count > kModelsShown ? absl::StrCat(" and ", count - kModelsShown, " more") : "");
}

// The context of the entry: vLLM, then llama.cpp.
std::optional<int64_t> ContextOf(const json& entry) {
  const auto length = NumberMember(entry, "max_model_len");
  return length ? length : NumberMember(Member(entry, "meta"), "n_ctx");
}

void Learn(Subject& subject, BackendKind kind, absl::string_view name, const std::string& version) {
  subject.kind = kind;
  subject.server = absl::StrCat(name, version.empty() ? "" : " ", version.substr(0, kMaxNameShown));
}

void LearnFromProps(Subject& subject, const json& props) {
  Learn(subject, BackendKind::kLlamaCpp, "llama.cpp", TextMember(props, "build_info"));
  subject.slots = NumberMember(props, "total_slots");
  // That of one slot, which is what a request has.
  const auto context = NumberMember(Member(props, "default_generation_settings"), "n_ctx");
  if (context) subject.context_tokens = context;
}

void LearnFromOwner(Subject& subject, const std::string& owner) {
  if (owner == "vllm") return Learn(subject, BackendKind::kVllm, "vLLM", "");
  if (owner == "sglang") return Learn(subject, BackendKind::kSglang, "SGLang", "");
  if (owner == "llamacpp") return Learn(subject, BackendKind::kLlamaCpp, "llama.cpp", "");
  if (owner == "openai" || owner == "system" || owner == "openai-internal")
    return Learn(subject, BackendKind::kOpenAi, "OpenAI", "");
  subject.server = owner.substr(0, kMaxNameShown);
}

// True once the kind is known. `has_owner_vllm`: /models says so.
Task<bool> AskEndpoints(Subject& subject, bool has_owner_vllm) {
  const std::string root = subject.Root();
  Task<json> ask_props = FetchJson(subject, absl::StrCat(root, "/props"));
  const json props = co_await std::move(ask_props);
  if (Member(props, "default_generation_settings").is_object()) {
    LearnFromProps(subject, props);
    co_return true;
  }
  for (const char* path : {"/server_info", "/get_server_info"}) {
    Task<json> ask = FetchJson(subject, absl::StrCat(root, path));
    const json info = co_await std::move(ask);
    const std::string version = TextMember(info, "version");
    // vLLM has a /server_info for developers; SGLang's tells the path of the model.
    if (version.empty() || has_owner_vllm || TextMember(info, "model_path").empty()) continue;
    Learn(subject, BackendKind::kSglang, "SGLang", version);
    const auto context = NumberMember(info, "context_length");
    if (context) subject.context_tokens = context;
    co_return true;
  }
  Task<json> ask_ollama = FetchJson(subject, absl::StrCat(root, "/api/version"));
  const json ollama = co_await std::move(ask_ollama);
  if (const std::string version = TextMember(ollama, "version"); !version.empty()) {
    Learn(subject, BackendKind::kOllama, "Ollama", version);
    co_return true;
  }
  Task<json> ask_vllm = FetchJson(subject, absl::StrCat(root, "/version"));
  const json vllm = co_await std::move(ask_vllm);
  if (const std::string version = TextMember(vllm, "version"); !version.empty()) {
    Learn(subject, BackendKind::kVllm, "vLLM", version);
    co_return true;
  }
  co_return false;
}

std::string HttpProblem(const Subject& subject, const Fetched& fetched) {
  OpenAiChunkReader reader;
  const bool denied = fetched.status == 401 || fetched.status == 403;
  return absl::StrCat("HTTP ", fetched.status, " at ", subject.url,
                      "/models: ", reader.ErrorMessage(fetched.body),
                      denied && subject.api_key.empty()
                          ? "; name the variable that holds its key with --api-key-env"
                          : "");
}

}  // namespace

Task<std::vector<Check>> CheckModels(Subject& subject) {
  Check reachable{.name = "reachable", .needed = true};
  reachable.meaning = "Without a connection there is nothing to check.";
  Check models{.name = "models", .needed = true};
  models.meaning = "The configuration's `model` has to be a name that the server knows.";

  const std::string given = subject.url;
  const bool has_path = absl::StrContains(given.substr(given.find("://") + 3), "/");
  if (!has_path) subject.url += "/v1";
  Task<absl::StatusOr<Fetched>> ask = Fetch(subject, absl::StrCat(subject.url, "/models"));
  absl::StatusOr<Fetched> fetched = co_await std::move(ask);
  if (fetched.ok() && fetched->status == 404 && !has_path) {
    subject.url = given;
    Task<absl::StatusOr<Fetched>> again = Fetch(subject, absl::StrCat(given, "/models"));
    fetched = co_await std::move(again);
  }
  if (!fetched.ok()) {
    reachable.verdict = Verdict::kNo;
    reachable.seen = std::string(fetched.status().message());
    co_return std::vector<Check>{reachable};
  }
  reachable.verdict = Verdict::kYes;
  reachable.seen = absl::StrCat("answers at ", subject.url);
  reachable.meaning = "Sextant can connect with this URL.";

  const json list = fetched->Json();
  const std::string first = TextMember(Entry(list, ""), "id");
  const bool is_chosen = !subject.model.empty();
  if (!is_chosen) subject.model = first;
  const json& entry = Entry(list, subject.model);
  if (fetched->status != 200 || first.empty()) {
    models.verdict = is_chosen ? Verdict::kUnknown : Verdict::kNo;
    models.seen = fetched->status != 200 ? HttpProblem(subject, *fetched)
                                         : "the list is empty; name a model with --model";
  } else if (is_chosen && entry.is_null()) {
    models.verdict = Verdict::kPartly;
    models.seen = absl::StrCat(subject.model, " is not in the list: ", ListModels(list));
  } else {
    models.verdict = Verdict::kYes;
    models.seen = absl::StrCat(ListModels(list), "; probed: ", subject.model);
    subject.context_tokens = ContextOf(entry);
  }
  LearnFromOwner(subject, TextMember(entry, "owned_by"));
  std::vector<Check> checks;
  checks.push_back(std::move(reachable));
  checks.push_back(std::move(models));
  co_return checks;
}

Task<Check> CheckKind(Subject& subject) {
  Check check{.name = "kind", .verdict = Verdict::kYes};
  Task<bool> ask = AskEndpoints(subject, subject.kind == BackendKind::kVllm);
  co_await std::move(ask);
  if (subject.server.empty()) subject.server = "an unknown server";
  check.seen = subject.server;
  if (subject.slots) absl::StrAppend(&check.seen, ", ", *subject.slots, " requests at once");
  if (subject.context_tokens)
    absl::StrAppend(&check.seen, ", a context of ", *subject.context_tokens, " tokens");
  check.meaning = "`kind` decides which optional fields Sextant sends.";
  if (subject.kind == BackendKind::kAuto) {
    check.verdict = Verdict::kUnknown;
    check.meaning =
        "With kind auto Sextant tries optional fields and takes a refusal as an answer.";
  }
  co_return check;
}

Task<Check> CheckHealth(const Subject& subject) {
  Check check{.name = "health"};
  const char* path = subject.kind == BackendKind::kOllama ? "/" : "/health";
  Task<absl::StatusOr<Fetched>> ask = Fetch(subject, absl::StrCat(subject.Root(), path));
  const absl::StatusOr<Fetched> fetched = co_await std::move(ask);
  if (!fetched.ok()) {
    check.seen = std::string(fetched.status().message());
  } else {
    check.verdict = fetched->status == 200 ? Verdict::kYes : Verdict::kNo;
    check.seen = absl::StrCat("HTTP ", fetched->status, " at ", path);
  }
  check.meaning = check.verdict == Verdict::kYes
                      ? "Whether the server is up can be asked without a trace."
                      : "Only a trace shows whether the server is up.";
  co_return check;
}

}  // namespace sextant
