// How soon after "deadline minus reserve" an answer reaches its caller, when the deadline falls in
// the middle of traces that take seconds.
//
//   deadline_answer [--solves 100] [--limit-ms 20]
//
// Every solve has one trace that finishes early and seven that would run on for minutes. Prints
// median, p99 and maximum. Exits 1 when the p99 is beyond the limit, a solve gives no answer, or a
// trace is left running.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(1000);

int Run(int solves, double limit_ms) {
  std::vector<Sample> samples(8, Sample{"\\boxed{5}", 1'000'000});
  samples[0] = {"\\boxed{4}", 100};
  World world({.samples = samples, .tokens_per_second = 500, .edit = [](Config& config) {
                 config.server.deadline_reserve = ServerConfig().deadline_reserve;
               }});
  const absl::Duration reserve = world.config().server.deadline_reserve;

  std::vector<double> late_ms;
  int wrong = 0;
  for (int i = 0; i < solves; ++i) {
    const SolveResult result = world.Solve(world.Request("majority_vote(n=8,stop=all)"), kTimeout);
    late_ms.push_back(absl::ToDoubleMilliseconds(result.elapsed - (kTimeout - reserve)));
    wrong += !result.status.ok() || result.response.answer() != "4" ||
             result.response.stop_reason() != v1::TIME_BUDGET;
  }
  world.Await([](const SimulatorCounts& counts) { return counts.streams_open == 0; });

  std::sort(late_ms.begin(), late_ms.end());
  const double p99 = late_ms[(late_ms.size() * 99 + 99) / 100 - 1];
  std::printf(
      "%d solves of 8 traces, deadline %s, reserve %s: the answer reached the client\n"
      "median %.2f ms, p99 %.2f ms, maximum %.2f ms after deadline minus reserve; "
      "%d without the answer; no trace left running\n",
      solves, absl::FormatDuration(kTimeout).c_str(), absl::FormatDuration(reserve).c_str(),
      late_ms[late_ms.size() / 2], p99, late_ms.back(), wrong);
  return wrong == 0 && p99 <= limit_ms ? 0 : 1;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  int solves = 100;
  double limit_ms = 20;
  CLI::App app("Measures how promptly a deadline is answered.");
  app.add_option("--solves", solves)->check(CLI::Range(1, 10000));
  app.add_option("--limit-ms", limit_ms);
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(solves, limit_ms);
}
