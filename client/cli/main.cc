// The command line of Sextant.
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/cli/command_line.h"

namespace {

int TerminalColumns(int descriptor) {
  constexpr int kUsualColumns = 80;  // For a terminal that does not tell, such as a serial line.
  if (isatty(descriptor) == 0) return 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  sextant::Console console{.in = std::cin,
                           .out = std::cout,
                           .err = std::cerr,
                           .in_is_terminal = isatty(STDIN_FILENO) != 0,
                           .err_columns = TerminalColumns(STDERR_FILENO)};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(sextant::RunCommandLine(arguments, console));
}
