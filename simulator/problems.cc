#include "simulator/problems.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simulator/json_row.h"
#include "simulator/lines.h"
#include "simulator/stable_random.h"

namespace sextant {
namespace {

constexpr size_t kMaxKeyBytes = 16;
constexpr size_t kMaxProblems = 1'000'000;

std::string NameOf(absl::string_view dataset, absl::string_view problem_id) {
  return absl::StrCat(dataset, "\n", problem_id);
}

absl::StatusOr<Problem> ReadProblem(const JsonRow& row) {
  Problem problem;
  const std::pair<const char*, std::string*> texts[] = {{"dataset", &problem.dataset},
                                                        {"prompt", &problem.prompt},
                                                        {"answer", &problem.answer},
                                                        {"answer_kind", &problem.answer_kind}};
  for (const auto& [key, field] : texts) {
    absl::StatusOr<std::string> text = row.Text(key);
    if (!text.ok()) return text.status();
    if (text->empty()) return row.Error(key, "is empty");
    *field = *std::move(text);
  }
  absl::StatusOr<std::string> name = row.Name("problem_id");
  if (!name.ok()) return name.status();
  problem.problem_id = *std::move(name);

  problem.difficulty = UnitInterval(StableHash(problem.problem_id, StableHash(problem.dataset)));
  if (row.Has("difficulty")) {
    const absl::StatusOr<double> difficulty = row.Number("difficulty", 0, 1);
    if (!difficulty.ok()) return difficulty.status();
    problem.difficulty = *difficulty;
  }
  if (row.Has("distractors")) {
    absl::StatusOr<std::vector<std::string>> wrong = row.Texts("distractors");
    if (!wrong.ok()) return wrong.status();
    problem.distractors = *std::move(wrong);
  }
  return problem;
}

}  // namespace

absl::StatusOr<Problems> Problems::Load(const std::string& path) {
  absl::StatusOr<LineReader> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  Problems loaded;
  loaded.path_ = path;
  JsonRow row;
  while (true) {
    absl::StatusOr<std::optional<std::string>> line = lines->Next();
    if (!line.ok()) return line.status();
    if (!line->has_value()) break;
    if (absl::Status status = row.Parse(**line, lines->Position()); !status.ok()) return status;
    absl::StatusOr<Problem> problem = ReadProblem(row);
    if (!problem.ok()) return problem.status();
    const std::string name = NameOf(problem->dataset, problem->problem_id);
    if (!loaded.by_name_.emplace(name, loaded.problems_.size()).second) {
      return row.Error("problem_id",
                       absl::StrCat(problem->problem_id, " of dataset ", problem->dataset,
                                    " is there for the second time"));
    }
    loaded.problems_.push_back(*std::move(problem));
    if (loaded.problems_.size() > kMaxProblems) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": over ", kMaxProblems, " problems"));
    }
  }
  if (loaded.problems_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no problem in the file"));
  }

  loaded.key_bytes_ = kMaxKeyBytes;
  for (const Problem& problem : loaded.problems_) {
    loaded.key_bytes_ = std::min(loaded.key_bytes_, problem.prompt.size());
  }
  for (size_t i = 0; i < loaded.problems_.size(); ++i) {
    loaded.by_start_[loaded.problems_[i].prompt.substr(0, loaded.key_bytes_)].push_back(i);
  }
  return loaded;
}

const Problem* Problems::Find(absl::string_view dataset, absl::string_view problem_id) const {
  const auto found = by_name_.find(NameOf(dataset, problem_id));
  return found == by_name_.end() ? nullptr : &problems_[found->second];
}

std::vector<const Problem*> Problems::In(absl::string_view text) const {
  absl::btree_set<size_t> found;
  for (size_t start = 0; start + key_bytes_ <= text.size(); ++start) {
    const auto bucket = by_start_.find(text.substr(start, key_bytes_));
    if (bucket == by_start_.end()) continue;
    for (const size_t i : bucket->second) {
      const std::string& prompt = problems_[i].prompt;
      if (text.substr(start, prompt.size()) == prompt) found.insert(i);
    }
  }
  std::vector<const Problem*> problems;
  for (const size_t i : found) problems.push_back(&problems_[i]);
  std::stable_sort(problems.begin(), problems.end(), [](const Problem* a, const Problem* b) {
    return a->prompt.size() > b->prompt.size();
  });
  return problems;
}

}  // namespace sextant
