#include "server/call_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxTraceparentBytes = 256;

// The value of `name`, empty where it is not there.
absl::StatusOr<std::string> Name(const CallMetadata& metadata, const std::string& name) {
  const auto found = metadata.lower_bound(name);
  if (found == metadata.end() || found->first != name) return "";
  const std::string& value = found->second;
  const auto is_printable = [](char c) { return absl::ascii_isprint(c); };
  if (!value.empty() && value.size() <= kMaxNameBytes &&
      std::all_of(value.begin(), value.end(), is_printable)) {
    return value;
  }
  return absl::InvalidArgumentError(absl::StrCat("metadata ", name, " has ", value.size(),
                                                 " bytes, expected 1 to ", kMaxNameBytes,
                                                 " printable ASCII characters"));
}

std::string WithoutPort(absl::string_view peer) {
  const bool has_port = peer.substr(0, 5) == "ipv4:" || peer.substr(0, 5) == "ipv6:";
  return std::string(has_port ? peer.substr(0, peer.rfind(':')) : peer);
}

}  // namespace

absl::StatusOr<CallFacts> ReadCallFacts(const CallMetadata& metadata, absl::string_view peer,
                                        absl::string_view account) {
  const auto caller = Name(metadata, "x-sextant-caller");
  if (!caller.ok()) return caller.status();
  auto request_id = Name(metadata, "x-request-id");
  if (!request_id.ok()) return request_id.status();
  CallFacts facts{.account = std::string(account), .request_id = *std::move(request_id)};
  // The kinds cannot be taken for each other.
  facts.caller = !account.empty()  ? absl::StrCat("account ", account)
                 : caller->empty() ? absl::StrCat("peer ", WithoutPort(peer))
                                   : absl::StrCat("caller ", *caller);
  const auto trace = metadata.lower_bound("traceparent");
  if (trace != metadata.end() && trace->first == "traceparent" &&
      trace->second.size() <= kMaxTraceparentBytes) {
    facts.traceparent = trace->second;
  }
  return facts;
}

}  // namespace sextant
