#include "server/log.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sextant {

void Log(absl::string_view text) {
  const std::string line = absl::StrCat(
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), " ", text, "\n");
  std::fwrite(line.data(), 1, line.size(),
              stderr);  // One write, so that lines of several threads do not mix.
}

}  // namespace sextant
