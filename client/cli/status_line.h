// Progress: on a terminal one line that is rewritten, elsewhere plain lines.
#pragma once
#include <string>

#include "client/cli/console.h"

namespace sextant {

// Writes to the console's error stream. The rewritten line is erased on destruction, so that
// results and errors start on a clean line.
class StatusLine {
 public:
  explicit StatusLine(Console& console) : console_(console) {}
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool is_terminal() const { return console_.err_columns > 0; }

  // Replaces the line on a terminal, cut to its width; prints a line elsewhere. `text` must be
  // printable.
  void Show(const std::string& text);

 private:
  Console& console_;
  bool shown_ = false;
};

}  // namespace sextant
