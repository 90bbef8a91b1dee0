#include "client/cli/status_line.h"

#include <algorithm>

#include "client/cli/text.h"

namespace sextant {
namespace {

constexpr char kEraseLine[] = "\r\x1b[K";

}  // namespace

StatusLine::~StatusLine() {
  if (shown_) console_.err << kEraseLine << std::flush;
}

void StatusLine::Show(const std::string& text) {
  if (!is_terminal()) {
    console_.err << text << std::endl;
    return;
  }
  shown_ = true;
  // A line as wide as the terminal would wrap, and only its last part would be rewritten.
  console_.err << kEraseLine << Fit(text, std::max(3, console_.err_columns - 1)) << std::flush;
}

}  // namespace sextant
