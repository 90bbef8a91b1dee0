// The outside of the command line: its streams, its exit codes, and how it words errors.
#pragma once
#include <istream>
#include <ostream>

#include "absl/status/status.h"

namespace sextant {

// Fixed: scripts rely on them.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,   // The call failed; code and message are on the error stream.
  kMisused = 2,  // Wrong usage: flags, or a file that was given.
};

// Results go to `out`, progress and errors to `err`.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  int err_columns = 0;  // Width of the terminal behind `err`; 0: it is none.
};

// Print what went wrong and return the exit code that says so.
ExitCode Fail(Console& console, const absl::Status& status);    // With the code's name.
ExitCode Misuse(Console& console, const absl::Status& status);  // The message alone.

}  // namespace sextant
