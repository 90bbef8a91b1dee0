// The program `sextant` but for main(): parses the arguments and runs the subcommand.
#pragma once
#include <string>
#include <vector>

#include "client/cli/console.h"

namespace sextant {

// `arguments` do not hold the program's name. Never throws.
ExitCode RunCommandLine(const std::vector<std::string>& arguments, Console& console);

}  // namespace sextant
