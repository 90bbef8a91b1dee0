#include "client/eval/problems.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/enum_names.h"
#include "client/read_text.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr size_t kMaxPromptBytes = size_t{1} << 20;  // The server's own limit.
constexpr size_t kMaxChoices = 26;

absl::Status Wrong(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, what));
}

absl::StatusOr<json> ParseObject(absl::string_view line) {
  json row;
  try {
    row = json::parse(line.begin(), line.end());
  } catch (const json::exception& error) {
    return Wrong("", absl::StrCat("not valid JSON: ", error.what()));
  }
  if (!row.is_object()) return Wrong("", "expected a JSON object");
  return row;
}

absl::StatusOr<std::string> RequiredText(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end()) return Wrong(key, ": missing, expected a text");
  if (!found->is_string())
    return Wrong(key, absl::StrCat(" is ", found->type_name(), ", expected a text"));
  if (found->get_ref<const std::string&>().empty()) return Wrong(key, ": empty");
  return found->get<std::string>();
}

// Numbers are allowed besides texts: files name problems and give integer answers either way.
absl::Status CheckTextOrInteger(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end()) return Wrong(key, ": missing, expected a text or an integer");
  if (found->is_number_integer()) return absl::OkStatus();
  if (found->is_string()) return RequiredText(row, key).status();
  return Wrong(key, absl::StrCat(" is ", found->type_name(), ", expected a text or an integer"));
}

absl::StatusOr<v1::AnswerFormat> ReadFormat(const json& row) {
  absl::StatusOr<std::string> name = RequiredText(row, "answer_kind");
  if (!name.ok()) return name.status();
  const auto kind = FindByShortName<v1::AnswerKind>(*name);
  if (!kind.has_value()) {
    return Wrong("answer_kind", absl::StrCat(" is '", *name, "', expected one of ",
                                             absl::StrJoin(ShortNames<v1::AnswerKind>(), ", ")));
  }
  v1::AnswerFormat format;
  format.set_kind(*kind);
  for (const char* key : {"pattern", "pointer"}) {
    if (!row.contains(key)) continue;
    absl::StatusOr<std::string> text = RequiredText(row, key);
    if (!text.ok()) return text.status();
    (key == absl::string_view("pattern") ? format.mutable_pattern() : format.mutable_pointer())
        ->swap(*text);
  }
  const json choices = row.value("choices", json::array());
  if (!choices.is_array() || choices.size() > kMaxChoices) {
    return Wrong("choices", ": expected a list of at most 26 texts");
  }
  for (const json& choice : choices) {
    if (!choice.is_string()) return Wrong("choices", ": expected a list of texts");
    format.add_choices(choice.get<std::string>());
  }
  return format;
}

absl::StatusOr<Problem> ReadProblem(absl::string_view line) {
  absl::StatusOr<json> row = ParseObject(line);
  if (!row.ok()) return row.status();
  for (const char* key : {"problem_id", "answer"}) {
    if (absl::Status status = CheckTextOrInteger(*row, key); !status.ok()) return status;
  }
  absl::StatusOr<std::string> dataset = RequiredText(*row, "dataset");
  if (!dataset.ok()) return dataset.status();
  absl::StatusOr<std::string> prompt = RequiredText(*row, "prompt");
  if (!prompt.ok()) return prompt.status();
  if (prompt->size() > kMaxPromptBytes) return Wrong("prompt", ": longer than 1 MiB");
  absl::StatusOr<v1::AnswerFormat> format = ReadFormat(*row);
  if (!format.ok()) return format.status();

  Problem problem;
  problem.dataset = *std::move(dataset);
  problem.id = (*row)["problem_id"].dump();
  problem.prompt = *std::move(prompt);
  problem.format = *std::move(format);
  const json& answer = (*row)["answer"];
  problem.answer = answer.is_string() ? answer.get<std::string>() : answer.dump();
  return problem;
}

}  // namespace

absl::StatusOr<std::vector<Problem>> ReadProblems(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path, kMaxFileBytes);
  if (!text.ok()) return text.status();
  return ParseProblems(*text, path);
}

absl::StatusOr<std::vector<Problem>> ParseProblems(absl::string_view text, absl::string_view name) {
  std::vector<Problem> problems;
  // A problem that stands twice would weigh twice in every mean.
  std::map<std::pair<std::string, std::string>, int> line_of;
  int line_number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<Problem> problem = ReadProblem(line);
    if (!problem.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", line_number, ": ", problem.status().message()));
    }
    const auto [first, is_new] = line_of.insert({{problem->dataset, problem->id}, line_number});
    if (!is_new) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", line_number, ": problem_id ", problem->id, " of ",
                       problem->dataset, " stands in line ", first->second, " already"));
    }
    problems.push_back(*std::move(problem));
  }
  if (problems.empty()) return absl::InvalidArgumentError(absl::StrCat(name, ": holds no problem"));
  return problems;
}

}  // namespace sextant
