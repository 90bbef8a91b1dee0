// The part of a report that says where solves stopped and why.
#pragma once
#include <string>
#include <vector>

#include "client/eval/observation.h"

namespace sextant {

// Per strategy: why its solves ended, and what became of their traces. A strategy's observations
// stand together.
std::string StopTable(const std::vector<Observation>& observations);

// Per row of the policy and strategy that it ran. Empty when every strategy was the caller's
// choice.
std::string PolicyTable(const std::vector<Observation>& observations);

// Of the solves of `auto` and `adaptive`, the most expensive ones and the wrong ones, with the
// server's reasons. Empty when there are none such.
std::string ExampleTables(const std::vector<Observation>& observations);

}  // namespace sextant
