// The look of a report, in light and dark, from a phone to a wide screen.
#pragma once

namespace sextant {

extern const char kReportStyle[];  // CSS.

}  // namespace sextant
