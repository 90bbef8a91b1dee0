// Turns host names into addresses without ever making the event loop wait.
//
// libcurl's own look-up cannot be abandoned (removing a handle waits for it), and a cancel must not
// wait for DNS. So names are looked up here, each on a thread of its own, and libcurl is handed
// addresses.
#pragma once
#include <coroutine>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/async/loop.h"

namespace sextant {

// Loop only. Keeps a result for 30 s (a failure for 1 s) and runs one look-up per name at a time.
// Destruction waits for look-ups that run, as the system's cannot be cancelled.
class Resolver {
 public:
  using Addresses = std::vector<std::string>;  // Numeric, IPv6 without brackets; at least one.
  // Blocking; called on a thread of its own. UNAVAILABLE when the name has no address.
  using LookUp = std::function<absl::StatusOr<Addresses>(const std::string& host)>;

  // `loop` outlives the resolver. `look_up` defaults to the system's getaddrinfo.
  explicit Resolver(Loop& loop, LookUp look_up = SystemLookUp);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // One wait for the addresses of `host`; destroying it abandons the wait, not the look-up.
  class Query {
   public:
    // Calls `on_result` once, at once when the answer is known. `on_result` may destroy the query.
    Query(Resolver& resolver, const std::string& host,
          std::function<void(absl::StatusOr<Addresses>)> on_result);
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

   private:
    friend class Resolver;
    std::function<void(absl::StatusOr<Addresses>)> on_result_;
    std::list<Query*>* waiting_ = nullptr;
  };

  // Awaits the addresses of `host`; destroying the awaiting coroutine abandons the wait.
  auto Resolve(std::string host) {
    struct Awaiter {
      Resolver& resolver;
      std::string host;
      std::coroutine_handle<> waiter{};
      std::optional<absl::StatusOr<Addresses>> result{};
      std::optional<Query> query{};
      bool await_ready() {
        query.emplace(resolver, host, [this](absl::StatusOr<Addresses> found) {
          result = std::move(found);
          if (waiter) waiter.resume();
        });
        return result.has_value();
      }
      void await_suspend(std::coroutine_handle<> h) { waiter = h; }
      absl::StatusOr<Addresses> await_resume() { return *std::move(result); }
    };
    return Awaiter{*this, std::move(host)};
  }

  static absl::StatusOr<Addresses> SystemLookUp(const std::string& host);

 private:
  struct Entry {
    absl::StatusOr<Addresses> result = absl::UnavailableError("not looked up yet");
    absl::Time fresh_until = absl::InfinitePast();
    bool running = false;
    std::thread thread;
    std::list<Query*> waiting;
  };
  void Start(const std::string& host, Entry& entry);
  void Deliver(const std::string& host, absl::StatusOr<Addresses> result);

  Loop& loop_;
  LookUp look_up_;
  std::map<std::string, Entry> entries_;  // As many as hosts are configured.
  // Tells a result that is posted to the loop whether the resolver is still there.
  std::shared_ptr<Resolver*> alive_;
};

}  // namespace sextant
