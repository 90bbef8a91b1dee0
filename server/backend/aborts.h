// Tells a model server to drop the requests whose streams were closed, where it has a call for it:
// SGLang's POST /abort_request. SGLang notices a closed connection by itself too, but later.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/async/fan.h"
#include "server/async/http.h"
#include "server/async/loop.h"
#include "server/config.h"

namespace sextant {

// The base URL without its version: http://host:8000 of http://host:8000/v1.
std::string RootOf(const std::string& base_url);

// Loop only; outlives the requests that it names. Posts at most 16 aborts at once, each for up to
// 2 s, and lets up to 1,024 wait; more are dropped. Nobody learns whether one failed: the closed
// connection is what counts. Destruction abandons those that are under way.
class Aborts {
 public:
  // `http` and `config` outlive it.
  Aborts(HttpClient& http, const BackendConfig& config);

  // A name for one request that is not the beginning of another one's: SGLang aborts every request
  // whose name begins with the one it is given. Attempts of one trace have names of their own.
  std::string NewName(absl::string_view request_id);

  // Takes note of the abort and returns at once; it is posted on the loop's next turn, so that it
  // does not delay the closing of other streams.
  void Post(std::string name);

 private:
  void StartWaiting();
  Task<int> Send(std::string name);

  HttpClient& http_;
  const BackendConfig& config_;
  int64_t named_ = 0;
  std::deque<std::string> waiting_;
  Loop::Timer next_turn_;
  Fan<int> under_way_;  // Last member: its tasks refer to the rest.
};

// Posts the abort of a request on destruction, unless the request has ended by then. Declared
// before the stream of the request, so that it is destroyed after that has closed.
class AbortUnlessEnded {
 public:
  // Without `aborts` there is nothing to post. It outlives this.
  AbortUnlessEnded(Aborts* aborts, absl::string_view request_id)
      : aborts_(aborts), name_(aborts == nullptr ? "" : aborts->NewName(request_id)) {}
  ~AbortUnlessEnded() {
    if (aborts_ != nullptr) aborts_->Post(std::move(name_));
  }
  AbortUnlessEnded(const AbortUnlessEnded&) = delete;
  AbortUnlessEnded& operator=(const AbortUnlessEnded&) = delete;

  // What the request is called, in its field `rid`; empty without aborts.
  const std::string& name() const { return name_; }
  void RequestEnded() { aborts_ = nullptr; }

 private:
  Aborts* aborts_;
  std::string name_;
};

}  // namespace sextant
