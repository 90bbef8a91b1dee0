// The traces that a model is calibrated on: problems with several finished traces each, read from
// rows of JSON.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "server/answer/answer.h"

namespace sextant {

// Whether a text holds a part that is marked as thinking.
enum class Thinking {
  kUnseen,  // Only the end of the text is known.
  kNone,
  kMarked,
};

// What a trace has stated while it ran.
struct StatedAnswer {
  double at = 0;  // Share of the trace after which it stands, 0 to 1.
  Answer answer;
  bool right = false;
};

struct CalibrationTrace {
  int64_t tokens = 0;
  std::optional<Answer> answer;  // Unset: it stated none, so that it never votes.
  bool right = false;
  Thinking thinking = Thinking::kUnseen;
  // Each time that it stated another answer than before, in order; to 1/64 of the text, the first
  // 64 at most. Empty where it is not known how much of the trace the text is.
  std::vector<StatedAnswer> stated;
};

struct CalibrationProblem {
  std::string dataset;
  std::string id;  // As JSON.
  std::vector<CalibrationTrace> traces;
};

struct ModelTraces {
  std::string model;
  std::vector<CalibrationProblem> problems;  // By data set, then by id.
};

// What was not counted, over all models.
struct LeftOut {
  int64_t failed_solves = 0;
  int64_t failed_traces = 0;
  // Solves that stopped traces. Those that finished are the short ones, so none of them counts.
  int64_t stopped_solves = 0;
  int64_t beams = 0;              // Rows of beam search, which are the best of several, no samples.
  int64_t unreadable_truths = 0;  // Rows whose true answer is none of its kind.
};

// Collects rows in any order. Texts are read when they are added and not kept. Not thread-safe.
class TraceCollection {
 public:
  // With a `model`, rows of other models are passed over, and rows that name none are of this one.
  explicit TraceCollection(std::string model = "") : model_(std::move(model)) {}

  // Adds one row, a JSON object of either kind:
  // * a recorded trace: `model`, `dataset`, `problem_id`, `sample_id`, `completion_tokens` and what
  //   grade_row.h asks for. Rows of equal model, data set, problem and sample are one trace, read
  //   from the whole text (`output`, `text`) where one has it, else from its end (`tail`);
  // * a row of `sextant eval --include-traces`, with `traces`. A trace whose seed the problem has
  //   already is the same one.
  // INVALID_ARGUMENT names the key, what it is and what was expected; RESOURCE_EXHAUSTED for more
  // than 2,000,000 traces.
  absl::Status AddRow(absl::string_view line);

  // The same for every line of a file, plain or gzip. Messages start with file:line.
  absl::Status AddFile(const std::string& path);

  std::vector<ModelTraces> Models() const;
  const LeftOut& left_out() const { return left_out_; }

 private:
  using Json = nlohmann::ordered_json;
  struct Kept {
    CalibrationTrace trace;
    bool whole = false;  // Read from the whole text.
  };
  using Samples = std::map<std::string, Kept>;
  using Problems = std::map<std::pair<std::string, std::string>, Samples>;

  absl::Status AddRecorded(const Json& row);
  absl::Status AddSolve(const Json& row);
  absl::Status AddSolveTrace(const Json& solve, const Json& trace, Samples& samples);
  absl::Status Keep(const std::string& sample, Kept kept, Samples& samples);
  // Where traces of the row go; null when its model is not asked for.
  absl::StatusOr<Samples*> SamplesOf(const Json& row);

  std::string model_;
  std::map<std::string, Problems> models_;
  int64_t traces_ = 0;
  LeftOut left_out_;
};

}  // namespace sextant
