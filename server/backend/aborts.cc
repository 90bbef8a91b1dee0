#include "server/backend/aborts.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr int kMostAtOnce = 16;
constexpr size_t kMostWaiting = 1024;
constexpr absl::Duration kTimeout = absl::Seconds(2);

}  // namespace

std::string RootOf(const std::string& base_url) {
  const size_t slash = base_url.rfind('/');
  // A version is "v" and digits; https://host and https://host/api have none.
  const absl::string_view last = absl::string_view(base_url).substr(slash + 1);
  const bool is_version = last.size() >= 2 && last[0] == 'v' &&
                          last.find_first_not_of("0123456789", 1) == absl::string_view::npos;
  return is_version ? base_url.substr(0, slash) : base_url;
}

Aborts::Aborts(HttpClient& http, const BackendConfig& config)
    : http_(http), config_(config), next_turn_(http.loop(), [this] { StartWaiting(); }) {}

std::string Aborts::NewName(absl::string_view request_id) {
  return absl::StrCat(request_id, "/", named_++, ".");
}

void Aborts::Post(std::string name) {
  if (waiting_.size() >= kMostWaiting) return;
  waiting_.push_back(std::move(name));
  if (!next_turn_.armed()) next_turn_.Set(http_.loop().Now());
}

void Aborts::StartWaiting() {
  // Results say nothing; taking them frees what has ended.
  while (under_way_.has_result()) under_way_.Next().await_resume();
  while (!waiting_.empty() && under_way_.running() < kMostAtOnce) {
    std::string name = std::move(waiting_.front());
    waiting_.pop_front();
    under_way_.Launch(Send(std::move(name)));
  }
}

Task<int> Aborts::Send(std::string name) {
  HttpRequest request{.url = RootOf(config_.url) + "/abort_request",
                      .headers = {"Content-Type: application/json"},
                      .body = nlohmann::json{{"rid", name}}.dump(
                          -1, ' ', false, nlohmann::json::error_handler_t::replace),
                      .ca_file = config_.ca_file,
                      .connect_timeout = kTimeout};
  if (!config_.api_key.empty())
    request.headers.push_back(absl::StrCat("Authorization: Bearer ", config_.api_key));
  {
    HttpStream stream(http_, request);
    stream.SetDeadline(http_.loop().Now() + kTimeout, "no answer to an abort");
    while (!(co_await stream.Read()).empty()) {
    }
  }
  // This one counts as running until it has returned.
  if (!waiting_.empty() && !next_turn_.armed()) next_turn_.Set(http_.loop().Now());
  co_return 0;
}

}  // namespace sextant
