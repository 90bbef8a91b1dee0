// The service in front of one model server, and a bare gRPC server, as programs of the
// measurements.
#pragma once
#include <memory>

#include "server/config.h"
#include "server/server.h"

namespace sextant {

inline constexpr char kBenchModel[] = "bench";

// One model at one server of this machine, with room for whatever a measurement asks.
Config BenchConfig(int model_port, int loops = 1);

// Serve until the process ends. Each prints its port on standard output first.
[[noreturn]] void ServeSextant(int model_port, int loops);
// Answers Solve at once with a small response: what gRPC alone costs.
[[noreturn]] void ServeEcho();

// A solve of n traces that awaits all of them.
v1::SolveRequest BenchRequest(int n);

}  // namespace sextant
