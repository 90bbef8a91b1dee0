// From flags to a call that can be made: the connection, the request, and a model where none was
// named.
#pragma once
#include <variant>

#include "client/cli/command.h"
#include "client/cli/request_flags.h"

namespace sextant {

struct PreparedCall {
  SextantClient client;
  v1::SolveRequest request;
  CallOptions options;
};

// Asks the server for its models when `flags` name none. An exit code when something is wrong; the
// error is printed by then.
std::variant<PreparedCall, ExitCode> Prepare(const RequestFlags& flags, const GlobalFlags& global,
                                             Console& console);

}  // namespace sextant
