// What gRPC says of a call beside its request: who calls, under which id, in which trace.
#pragma once
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

struct CallFacts {
  // Whose turn it is when solves wait: the configured caller whose token the call has. Without
  // configured callers the metadata `x-sextant-caller`, else the peer's address without its port;
  // nothing proves the former, and a proxy in front may set it.
  std::string caller;
  std::string account;     // Name of the configured caller; empty: there are none.
  std::string request_id;  // The metadata `x-request-id`; empty: none.
  // W3C trace context: a `traceparent` in its form, and the 32 hexadecimal digits in it that name
  // the trace. Both empty: none.
  std::string traceparent;
  std::string trace_id;
};

using CallMetadata = std::multimap<std::string, std::string>;

// `account` is whose token it is. `peer` is as gRPC writes it: ipv4:127.0.0.1:4242,
// ipv6:%5B::1%5D:4242, unix:PATH. INVALID_ARGUMENT where the caller or the request id is not 1 to
// 128 printable ASCII characters. A traceparent that is not in the form of
// https://www.w3.org/TR/trace-context/ is left out. Of several values of one name the first counts.
absl::StatusOr<CallFacts> ReadCallFacts(const CallMetadata& metadata, absl::string_view peer,
                                        absl::string_view account = "");

}  // namespace sextant
