// The problems that the simulator knows: what a prompt is recognised by, and what answers it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

struct Problem {
  std::string dataset;
  std::string problem_id;  // As JSON: 7, or "seven" with its quotes.
  std::string prompt;
  std::string answer;
  std::string answer_kind;  // integer, choice, ...; decides what a wrong answer looks like.
  double difficulty = 0;    // 0 (easy) to 1; drawn from a hash when the file does not say.
  std::vector<std::string> distractors;  // Plausible wrong answers; empty: made up by kind.
};

// Read once, then constant: any thread.
class Problems {
 public:
  // Reads JSON Lines (gzip or not) with `dataset`, `problem_id`, `prompt`, `answer`, `answer_kind`
  // and optionally `difficulty` and `distractors`; other fields are ignored. INVALID_ARGUMENT names
  // file and line; also for a (dataset, problem_id) that is there twice and for a file without
  // rows.
  static absl::StatusOr<Problems> Load(const std::string& path);

  size_t size() const { return problems_.size(); }
  const std::string& path() const { return path_; }
  const Problem* Find(absl::string_view dataset, absl::string_view problem_id) const;

  // The problems whose prompt `text` contains word for word, longest prompt first, then in the
  // order of the file. Takes time linear in `text`, however many problems there are.
  std::vector<const Problem*> In(absl::string_view text) const;

 private:
  std::string path_;
  std::vector<Problem> problems_;
  absl::flat_hash_map<std::string, size_t> by_name_;
  // Prompts by their first key_bytes_ bytes, which all of them have.
  absl::flat_hash_map<std::string, std::vector<size_t>> by_start_;
  size_t key_bytes_ = 0;
};

}  // namespace sextant
