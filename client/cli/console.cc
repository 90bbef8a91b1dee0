#include "client/cli/console.h"

#include <string>

#include "client/cli/text.h"

namespace sextant {

ExitCode Fail(Console& console, const absl::Status& status) {
  console.err << "sextant: " << absl::StatusCodeToString(status.code()) << ": "
              << PrintableLines(std::string(status.message())) << std::endl;
  return ExitCode::kFailed;
}

ExitCode Misuse(Console& console, const absl::Status& status) {
  console.err << "sextant: " << PrintableLines(std::string(status.message())) << std::endl;
  return ExitCode::kMisused;
}

}  // namespace sextant
