#include "server/async/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr absl::Duration kKeep = absl::Seconds(30);
constexpr absl::Duration kKeepFailure = absl::Seconds(1);

bool IsNumeric(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

absl::StatusOr<Resolver::Addresses> Resolver::SystemLookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot resolve host ", host, ": ", gai_strerror(error)));
  }
  Addresses addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end())
      addresses.push_back(text);
  }
  freeaddrinfo(found);
  if (addresses.empty())
    return absl::UnavailableError(absl::StrCat("host ", host, " has no address"));
  return addresses;
}

Resolver::Resolver(Loop& loop, LookUp look_up)
    : loop_(loop), look_up_(std::move(look_up)), alive_(std::make_shared<Resolver*>(this)) {}

Resolver::~Resolver() {
  *alive_ = nullptr;
  for (auto& [host, entry] : entries_) {
    if (entry.thread.joinable()) entry.thread.join();
  }
}

Resolver::Query::Query(Resolver& resolver, const std::string& host,
                       std::function<void(absl::StatusOr<Addresses>)> on_result)
    : on_result_(std::move(on_result)) {
  if (IsNumeric(host)) {
    on_result_(Addresses{host});
    return;
  }
  Entry& entry = resolver.entries_[host];
  if (resolver.loop_.Now() < entry.fresh_until) {
    on_result_(entry.result);
    return;
  }
  entry.waiting.push_back(this);
  waiting_ = &entry.waiting;
  if (!entry.running) resolver.Start(host, entry);
}

Resolver::Query::~Query() {
  if (waiting_ != nullptr) waiting_->remove(this);
}

void Resolver::Start(const std::string& host, Entry& entry) {
  if (entry.thread.joinable()) entry.thread.join();  // It has posted its result: it is at its end.
  entry.running = true;
  entry.thread = std::thread([&loop = loop_, look_up = look_up_, alive = alive_, host] {
    auto result = look_up(host);
    loop.Post([alive, host, result = std::move(result)]() mutable {
      if (*alive != nullptr) (*alive)->Deliver(host, std::move(result));
    });
  });
}

void Resolver::Deliver(const std::string& host, absl::StatusOr<Addresses> result) {
  Entry& entry = entries_[host];
  entry.running = false;
  entry.result = std::move(result);
  entry.fresh_until = loop_.Now() + (entry.result.ok() ? kKeep : kKeepFailure);
  // A callback may destroy its own query or others, so each is taken off before it is called.
  while (!entry.waiting.empty()) {
    Query* query = entry.waiting.front();
    entry.waiting.pop_front();
    query->waiting_ = nullptr;
    auto on_result = std::move(query->on_result_);
    on_result(entry.result);
  }
}

}  // namespace sextant
