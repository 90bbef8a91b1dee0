#include "server/call_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr size_t kMaxNameBytes = 128;

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

bool IsLowerHex(absl::string_view text) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  return std::all_of(text.begin(), text.end(), is_digit);
}

// The trace's id in a traceparent: VERSION-TRACE-PARENT-FLAGS with 2, 32, 16 and 2 digits. Later
// versions may have more behind them. Empty where it has not that form.
std::string TraceIdOf(absl::string_view traceparent) {
  constexpr size_t kBytes = 55, kMaxBytes = 256;
  if (traceparent.size() < kBytes || traceparent.size() > kMaxBytes) return "";
  const absl::string_view version = traceparent.substr(0, 2), trace = traceparent.substr(3, 32);
  const absl::string_view parent = traceparent.substr(36, 16), flags = traceparent.substr(53, 2);
  for (const absl::string_view part : {version, trace, parent, flags}) {
    if (!IsLowerHex(part)) return "";
  }
  const bool has_dashes = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-';
  const bool ends = traceparent.size() == kBytes || (version != "00" && traceparent[kBytes] == '-');
  const auto is_zero = [](absl::string_view text) {
    return text.find_first_not_of('0') == absl::string_view::npos;
  };
  if (!has_dashes || !ends || version == "ff" || is_zero(trace) || is_zero(parent)) return "";
  return std::string(trace);
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
  if (trace != metadata.end() && trace->first == "traceparent") {
    facts.trace_id = TraceIdOf(trace->second);
    if (!facts.trace_id.empty()) facts.traceparent = trace->second;
  }
  return facts;
}

}  // namespace sextant
