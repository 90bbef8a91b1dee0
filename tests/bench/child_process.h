// A part of a measurement that needs a process of its own, so that its CPU time and memory can be
// told from those of the others.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace sextant {

// Runs until its destruction. A child that cannot be started ends the program.
class ChildProcess {
 public:
  // Starts this program again with `arguments`. It prints the port that it listens on as its first
  // line.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int port() const { return port_; }
  double CpuSeconds() const;  // User and system, of all its threads so far.
  double ResidentKib() const;

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

// User and system time of the calling thread so far.
double ThreadCpuSeconds();

}  // namespace sextant
