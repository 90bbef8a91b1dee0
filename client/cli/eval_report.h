// What `sextant eval` tells while it runs and at its end.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/cli/status_line.h"
#include "client/eval/runner.h"
#include "client/eval/summary.h"

namespace sextant {

// The table: a row per strategy with the means over data sets, and below it one per data set when
// there are several.
std::string ShowSummary(const std::string& model, const std::vector<StrategyFigures>& results);

// Counts the solves that have ended: on a terminal a line that is rewritten, elsewhere one per
// tenth.
class EvalProgress {
 public:
  EvalProgress(Console& console, int64_t total) : line_(console), total_(total) {}

  void Add(const Score& score);

  int64_t ended() const { return ended_; }

 private:
  StatusLine line_;
  int64_t total_;
  int64_t ended_ = 0;
  int64_t correct_ = 0;
  int64_t failed_ = 0;
};

// The solves that failed, by code, each code with an example.
class EvalFailures {
 public:
  void Add(const EvalSolve& solve);

  int64_t count() const { return count_; }
  // The first failure; OK when there was none.
  const absl::Status& first() const { return first_; }
  // A line per code. Empty when nothing failed.
  std::string Text() const;

 private:
  struct Kind {
    int64_t count = 0;
    std::string example;
  };
  int64_t count_ = 0;
  absl::Status first_;
  std::map<absl::StatusCode, Kind> kinds_;
};

}  // namespace sextant
