// What reading one mathematical answer costs.
//
//   answer_cost           a table of typical answers, microseconds each
//   answer_cost lines     each line of standard input, the dearest first
//
// Every figure is the best of five rounds, so that a busy machine counts less.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "server/answer/math/math_answer.h"

namespace sextant {
namespace {

double Microseconds(const std::string& statement, int repeats) {
  double best = 1e9;
  size_t bytes = 0;
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) {
      const std::optional<MathForm> form = ReadMath(statement);
      bytes += form.has_value() ? form->key.size() : 1;
    }
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / repeats);
  }
  return bytes > 0 ? best : 0;
}

void Table() {
  for (const char* statement : {"204", "1,234,567", "0.75", "\\frac{3}{4}", "\\frac{\\sqrt{3}}{2}",
                                "5\\pi", "\\frac{1+\\sqrt5}{2}", "(1, 2)", "\\{1,2,3\\}", "x = 5",
                                "5 cm", "3+4i", "2x+1", "x^2+y^2=1", "\\sin x"})
    std::printf("%8.2f us  %s\n", Microseconds(statement, 5000), statement);
}

void Lines() {
  std::vector<std::pair<double, std::string>> costs;
  std::string line;
  while (std::getline(std::cin, line)) costs.emplace_back(Microseconds(line, 3), line);
  std::sort(costs.rbegin(), costs.rend());
  for (size_t i = 0; i < std::min<size_t>(10, costs.size()); ++i)
    std::printf("%8.2f us  %s\n", costs[i].first, costs[i].second.substr(0, 70).c_str());
  if (!costs.empty()) std::printf("%8.2f us  median\n", costs[costs.size() / 2].first);
}

}  // namespace
}  // namespace sextant

int main(int argc, char**) {
  argc > 1 ? sextant::Lines() : sextant::Table();
  return 0;
}
