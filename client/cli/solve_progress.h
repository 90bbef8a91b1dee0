// The progress of one solve, from its events.
#pragma once
#include <string>

#include "client/cli/status_line.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// On a terminal one line with what runs now; elsewhere a line for the plan, for each trace that
// ended, and every five seconds for the progress.
class SolveProgress {
 public:
  explicit SolveProgress(Console& console) : line_(console) {}

  void Show(const v1::SolveEvent& event);

 private:
  void ShowProgress(const v1::Progress& progress);

  StatusLine line_;
  double last_seconds_ = 0;
};

}  // namespace sextant
