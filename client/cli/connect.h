// From the flags that every subcommand takes to a connection.
#pragma once
#include <CLI/CLI.hpp>

#include "client/cli/command.h"

namespace sextant {

// Adds the flags that say which server, and how to be let in. `global` must live until the command
// line is parsed.
void AddConnectFlags(CLI::App& app, GlobalFlags& global);

// Errors are those of SextantClient::Connect(), and NOT_FOUND or INVALID_ARGUMENT for the file of
// the token. None repeats the token.
absl::StatusOr<SextantClient> Connect(const GlobalFlags& global);

}  // namespace sextant
