#include "client/probe/report.h"

#include <algorithm>

namespace sextant {

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kYes:
      return "yes";
    case Verdict::kPartly:
      return "partly";
    case Verdict::kNo:
      return "no";
    case Verdict::kUnknown:
      break;
  }
  return "unknown";
}

bool ProbeReport::usable() const {
  return std::none_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.needed && check.verdict == Verdict::kNo;
  });
}

}  // namespace sextant
