// Ctrl-C for commands that have something to save before they end.
#pragma once
#include <csignal>

namespace sextant {

// Takes SIGINT and SIGTERM over while it exists; one at a time. The first one is only noted, the
// second ends the process as usual.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool seen() const;

 private:
  struct sigaction old_interrupt_;
  struct sigaction old_terminate_;
};

}  // namespace sextant
