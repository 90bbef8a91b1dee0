// Recorded outputs of real models, merged over files and kept once in memory.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "simulator/problems.h"
#include "simulator/token_text.h"

namespace sextant {

class JsonRow;

struct RecordedTrace {
  int64_t tokens = 0;         // completion_tokens of the row.
  int64_t filler_tokens = 0;  // Those before `text`, of which only the end was recorded.
  bool whole = false;         // `text` is the whole output.
  std::string text;
  std::string position;  // file:line, for messages.
};

// What was recorded for a model and a problem.
struct RecordedSamples {
  std::map<int64_t, RecordedTrace> samples;  // By sample_id.
  std::map<int64_t, RecordedTrace> beams;    // By beam_width: the best beam alone.
};

// Read once, then constant: any thread.
class RecordedTraces {
 public:
  // Reads JSON Lines files (gzip or not) with `model`, `dataset`, `problem_id`, `sample_id` (or
  // `beam_width`), `completion_tokens`, and the text as `output`, or as `tail` with `output_chars`.
  // Rows of equal model, data set, problem and sample are one trace; the whole text wins over a
  // tail. Rows of problems that are not in `problems` are counted and passed over. INVALID_ARGUMENT
  // names file and line.
  static absl::StatusOr<RecordedTraces> Load(const std::vector<std::string>& paths,
                                             const Problems& problems);

  std::vector<std::string> models() const;  // Sorted.
  int64_t traces() const { return traces_; }
  int64_t rows_passed_over() const { return rows_passed_over_; }

  // nullptr when nothing was recorded.
  const RecordedSamples* Find(absl::string_view model, const Problem& problem) const;
  bool HasModel(absl::string_view model) const { return by_model_.contains(model); }

  // The trace as a text by token; refers to this object. What was not recorded is neutral filler
  // that states no answer.
  TokenText TextOf(const RecordedTrace& trace) const;

 private:
  absl::Status AddFile(const std::string& path, const Problems& problems);
  absl::Status AddRow(const JsonRow& row, const Problems& problems);
  void Finish();  // Counts, and makes the filler that the longest trace needs.

  using ByProblem = absl::btree_map<const Problem*, RecordedSamples>;

  absl::btree_map<std::string, ByProblem> by_model_;
  std::unique_ptr<const std::string> filler_;  // Does not move, as texts refer to it.
  int64_t traces_ = 0;
  int64_t rows_passed_over_ = 0;
};

}  // namespace sextant
