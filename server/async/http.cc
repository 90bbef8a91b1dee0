#include "server/async/http.h"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

// Idle connections kept for reuse; fewer than the fan-out of a solve is worse than none.
constexpr long kMaxIdleConnections = 1024;
// Some servers (SGLang) close idle connections after 5 s; older ones are not used again.
constexpr long kMaxIdleSeconds = 4;
// Handles kept for further requests; some 16 KiB each.
constexpr size_t kMostUnusedHandles = 64;
// Reads after which a response is taken for a long stream, which a busy loop reads at intervals.
constexpr int kReadsOfLongStream = 16;
// Bytes that may wait for a reader; a server that sends more than its reader takes is cut off.
constexpr size_t kMaxUnreadBytes = 4 << 20;

std::string Bracketed(const std::string& host) {
  return absl::StrContains(host, ":") ? absl::StrCat("[", host, "]") : host;
}

}  // namespace

// The libcurl multi handle, driven by the loop's epoll.
class HttpClient::Multi : public Loop::FdOwner {
 public:
  explicit Multi(Loop& loop) : loop_(loop), timer_(loop, [this] { Act(CURL_SOCKET_TIMEOUT, 0); }) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK) std::abort();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
  }
  ~Multi() override {
    for (CURL* easy : unused_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  // A handle without options. What is given back is used again: to make one, and to take it apart,
  // is a tenth of what a short request costs.
  CURL* Take() {
    if (unused_.empty()) return curl_easy_init();
    CURL* easy = unused_.back();
    unused_.pop_back();
    return easy;
  }
  void Add(CURL* easy) { curl_multi_add_handle(multi_, easy); }
  // Ends its transfer, if it has not ended.
  void GiveBack(CURL* easy) {
    curl_multi_remove_handle(multi_, easy);
    if (unused_.size() >= kMostUnusedHandles) return curl_easy_cleanup(easy);
    curl_easy_reset(easy);
    unused_.push_back(easy);
  }

  void MarkReady(HttpStream* stream) {
    if (std::exchange(stream->ready_, true)) return;
    ready_.push_back(stream);
  }
  // Bytes came for `stream` from the socket that is being read.
  void OnRead(HttpStream* stream) {
    reads_long_stream_ = ++stream->reads_ >= kReadsOfLongStream;
    MarkReady(stream);
  }
  void Forget(HttpStream* stream) {
    if (stream->ready_)
      std::replace(ready_.begin(), ready_.end(), stream, static_cast<HttpStream*>(nullptr));
  }

  void OnReady(int fd, uint32_t events) override {
    int mask = 0;
    if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
    Act(fd, mask);
  }

 private:
  // libcurl only fills buffers here; coroutines resume afterwards, as they may add and remove
  // handles.
  void Act(curl_socket_t fd, int mask) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, mask, &running);
    if (std::exchange(reads_long_stream_, false) && fd != CURL_SOCKET_TIMEOUT) loop_.MayRest(fd);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      HttpStream* stream = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &stream);
      stream->EndTransfer(message->data.result);
      MarkReady(stream);
    }
    // A resumed coroutine may destroy other streams, or make them ready: Forget() leaves null
    // behind.
    for (size_t i = 0; i < ready_.size(); ++i) {
      if (HttpStream* stream = std::exchange(ready_[i], nullptr)) stream->Resume();
    }
    ready_.clear();
  }

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto* multi = static_cast<Multi*>(self);
    uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    multi->loop_.Watch(fd, events, multi);
    return 0;
  }

  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    auto* multi = static_cast<Multi*>(self);
    if (timeout_ms < 0) {
      multi->timer_.Clear();
    } else {
      multi->timer_.Set(multi->loop_.Now() + absl::Milliseconds(timeout_ms));
    }
    return 0;
  }

  Loop& loop_;
  Loop::Timer timer_;
  CURLM* multi_;
  std::vector<CURL*> unused_;
  std::vector<HttpStream*> ready_;
  bool reads_long_stream_ = false;
};

HttpClient::HttpClient(Loop& loop, Resolver& resolver)
    : loop_(loop), resolver_(resolver), multi_(std::make_unique<Multi>(loop)) {}
HttpClient::~HttpClient() = default;

const HttpClient::Target& HttpClient::TargetOf(const std::string& url) {
  // URLs are those of the configuration, so there are few.
  if (const auto known = targets_.find(url); known != targets_.end()) return known->second;
  Target result;
  CURLU* parsed = curl_url();
  char* host = nullptr;
  char* port = nullptr;
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
      curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
      curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
    result = {host, port};
    if (absl::StartsWith(result.host, "["))
      result.host = result.host.substr(1, result.host.size() - 2);
  }
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parsed);
  return targets_[url] = result;
}

HttpStream::HttpStream(HttpClient& client, const HttpRequest& request)
    : client_(client),
      request_(request),
      target_(client.TargetOf(request.url)),
      connect_by_(client.loop().Now() + request.connect_timeout),
      timer_(client.loop(), [this] { OnDeadline(); }) {
  Arm(connect_by_);
  query_.emplace(
      client_.resolver_, request_.address.empty() ? target_.host : request_.address,
      [this](absl::StatusOr<Resolver::Addresses> addresses) { Start(std::move(addresses)); });
}

HttpStream::~HttpStream() {
  Close();
  client_.multi_->Forget(this);
}

void HttpStream::Start(absl::StatusOr<Resolver::Addresses> addresses) {
  if (ended_) return;
  if (!addresses.ok()) {
    End(addresses.status());
    return Resume();
  }
  easy_ = client_.multi_->Take();
  if (!request_.address.empty()) {
    // Unlike CURLOPT_RESOLVE this also keeps connections to the addresses of one name apart.
    const std::string to = absl::StrCat(Bracketed(target_.host), ":", target_.port, ":",
                                        Bracketed(request_.address), ":", target_.port);
    connect_list_ = curl_slist_append(nullptr, to.c_str());
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_list_);
  } else if (addresses->front() != target_.host) {
    // libcurl tries the addresses in turn; the URL's name stays in the Host header and the
    // certificate check.
    std::string pinned = absl::StrCat(target_.host, ":", target_.port, ":");
    for (const std::string& address : *addresses) {
      absl::StrAppend(&pinned, &address == &addresses->front() ? "" : ",", Bracketed(address));
    }
    connect_list_ = curl_slist_append(nullptr, pinned.c_str());
    curl_easy_setopt(easy_, CURLOPT_RESOLVE, connect_list_);
  }
  for (const std::string& header : request_.headers) {
    header_list_ = curl_slist_append(static_cast<curl_slist*>(header_list_), header.c_str());
  }
  // An empty Expect: keeps libcurl from waiting for "100 Continue" before it sends a long prompt.
  header_list_ = curl_slist_append(static_cast<curl_slist*>(header_list_), "Expect:");
  const absl::Duration left = connect_by_ - client_.loop().Now();
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
  if (!request_.body.empty()) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
  }
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpStream::OnBytes);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(1, absl::ToInt64Milliseconds(left))));
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  if (!request_.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, request_.ca_file.c_str());
  client_.multi_->Add(easy_);
}

size_t HttpStream::OnBytes(char* bytes, size_t, size_t n, void* self) {
  auto* stream = static_cast<HttpStream*>(self);
  if (stream->arrived_.size() + n > kMaxUnreadBytes) return 0;  // Makes libcurl end the transfer.
  stream->arrived_.append(bytes, n);
  stream->client_.multi_->OnRead(stream);
  return n;
}

void HttpStream::SetDeadline(absl::Time when, const char* what) {
  deadline_ = when;
  deadline_what_ = what;
  // A timer that is armed for earlier looks at the new deadline when it fires.
  if (!ended_ && (!timer_.armed() || when < timer_due_)) Arm(when);
}

void HttpStream::Arm(absl::Time when) {
  timer_due_ = when;
  timer_.Set(when);
}

void HttpStream::OnDeadline() {
  const absl::Time now = client_.loop().Now();
  if (ended_) return;
  if (easy_ == nullptr && now >= connect_by_) {
    End(absl::UnavailableError(absl::StrCat("looking up the host of ", request_.url,
                                            " took longer than ",
                                            absl::FormatDuration(request_.connect_timeout))));
  } else if (now >= deadline_) {
    End(absl::DeadlineExceededError(deadline_what_));
  } else {
    const absl::Time next = easy_ == nullptr ? std::min(connect_by_, deadline_) : deadline_;
    if (next < absl::InfiniteFuture()) Arm(next);
    return;
  }
  Resume();
}

void HttpStream::EndTransfer(int code) {
  const auto result = static_cast<CURLcode>(code);
  if (result == CURLE_OK) {
    End(absl::OkStatus());
  } else if (result == CURLE_WRITE_ERROR) {
    End(absl::UnavailableError(
        absl::StrCat("more than ", kMaxUnreadBytes, " bytes of the response wait to be read")));
  } else {
    End(absl::UnavailableError(error_text_[0] != 0 ? error_text_.data()
                                                   : curl_easy_strerror(result)));
  }
}

void HttpStream::End(absl::Status status) {
  if (std::exchange(ended_, true)) return;
  status_ = std::move(status);
  timer_.Clear();
}

void HttpStream::Close() {
  if (easy_ == nullptr) return;
  client_.multi_->GiveBack(std::exchange(easy_, nullptr));
  curl_slist_free_all(static_cast<curl_slist*>(header_list_));
  curl_slist_free_all(static_cast<curl_slist*>(connect_list_));
}

void HttpStream::Resume() {
  ready_ = false;
  if (auto waiter = std::exchange(waiter_, nullptr)) waiter.resume();
}

int HttpStream::http_status() const {
  long code = 0;
  if (easy_ != nullptr) curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

std::optional<std::string> HttpStream::Header(const std::string& name) const {
  curl_header* header = nullptr;
  if (easy_ == nullptr ||
      curl_easy_header(easy_, name.c_str(), 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
    return std::nullopt;
  }
  return header->value;
}

}  // namespace sextant
