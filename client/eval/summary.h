// The figures of an evaluation: means over the problems of a data set, then over data sets with
// equal weight, so that a large set does not drown a small one.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sextant/v1/sextant.pb.h"

namespace sextant {

// What one solve contributes. A solve that failed is wrong, and its bill counts.
struct Score {
  std::string strategy;  // As the caller wrote it.
  std::string dataset;
  bool failed = false;    // The call failed; there was no response.
  bool answered = false;  // There was an answer.
  bool correct = false;
  double agreement = 0;  // 0 to 1; 0 when it failed.
  v1::Usage usage;
  double wall_seconds = 0;  // As the caller saw it.
};

struct Figures {
  double accuracy = 0;  // Share of the problems, 0 to 1.
  double finished_tokens = 0;
  double cancelled_tokens = 0;
  double billed_tokens = 0;
  double estimated_tokens = 0;
  double prompt_tokens = 0;
  double sequential_tokens = 0;
  double agreement = 0;
  double wall_seconds = 0;
  std::optional<double> cost_usd;  // Unset when no solve had a price.
  // Counts, which are sums and not means.
  int problems = 0;
  int failed = 0;
  int no_answer = 0;  // Traces finished and none gave an answer.
};

struct StrategyFigures {
  std::string strategy;
  Figures overall;
  std::vector<std::pair<std::string, Figures>>
      by_dataset;  // In the order in which they first came.
};

// One entry per strategy, in the order in which they first came.
std::vector<StrategyFigures> Summarise(const std::vector<Score>& scores);

// The object that `sextant eval --json` prints, on one line. With `interrupted` it says so.
enum class Completeness { kComplete, kInterrupted };
std::string SummaryJson(const std::string& model, const std::vector<StrategyFigures>& results,
                        Completeness completeness);

}  // namespace sextant
