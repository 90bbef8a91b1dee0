#include "simulator/recorded_traces.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simulator/json_row.h"
#include "simulator/lines.h"

namespace sextant {
namespace {

constexpr int64_t kMaxTokens = 10'000'000;
constexpr int64_t kMaxChars = 1'000'000'000;
constexpr size_t kFillerBytesPerToken = 4;

// Says nothing that a reader of answers could take for one: no digit, no capital letter alone, no
// conclusion.
constexpr absl::string_view kFiller =
    "This part of the trace was not recorded and is filled in. Here the model goes on to think "
    "about "
    "the question, looks at what is given, and keeps every step in view before it moves on. ";

int64_t CharactersIn(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string MakeFiller(int64_t tokens) {
  const size_t bytes = static_cast<size_t>(tokens) * kFillerBytesPerToken;
  std::string filler;
  filler.reserve(bytes + kFiller.size());
  while (filler.size() < bytes) absl::StrAppend(&filler, kFiller);
  filler.resize(bytes);
  return filler;
}

absl::StatusOr<RecordedTrace> ReadTrace(const JsonRow& row) {
  RecordedTrace trace;
  trace.position = row.position();
  const absl::StatusOr<int64_t> tokens = row.Integer("completion_tokens", 0, kMaxTokens);
  if (!tokens.ok()) return tokens.status();
  trace.tokens = *tokens;
  trace.whole = row.Has("output");
  absl::StatusOr<std::string> text = row.Text(trace.whole ? "output" : "tail");
  if (!text.ok()) return text.status();
  trace.text = *std::move(text);
  if (trace.tokens == 0 && !trace.text.empty()) {
    return row.Error("completion_tokens", "is 0 but there is text");
  }
  if (trace.whole) return trace;

  const absl::StatusOr<int64_t> chars = row.Integer("output_chars", 0, kMaxChars);
  if (!chars.ok()) return chars.status();
  const int64_t tail_chars = CharactersIn(trace.text);
  if (tail_chars >= *chars) return trace;
  const double share = static_cast<double>(tail_chars) / static_cast<double>(*chars);
  const int64_t least = std::min<int64_t>(tail_chars, 1);
  const int64_t tail_tokens = std::clamp<int64_t>(
      std::llround(share * static_cast<double>(trace.tokens)), least, trace.tokens);
  trace.filler_tokens = trace.tokens - tail_tokens;
  // Ends the filler, which is cut wherever its tokens end.
  if (trace.filler_tokens > 0 && !trace.text.empty()) trace.text.insert(0, "\n\n");
  return trace;
}

// Adds `trace` to the one that is there, if any.
absl::Status Merge(const JsonRow& row, RecordedTrace trace,
                   std::map<int64_t, RecordedTrace>& traces, int64_t key) {
  const auto [at, is_new] = traces.try_emplace(key, std::move(trace));
  if (is_new) return absl::OkStatus();
  // try_emplace leaves its argument alone when the key is there.
  RecordedTrace& known = at->second;
  if (known.tokens != trace.tokens) {
    return row.Error("completion_tokens", absl::StrCat("is ", trace.tokens, ", but ", known.tokens,
                                                       " for the same trace in ", known.position));
  }
  if (trace.whole && !known.whole) known = std::move(trace);
  return absl::OkStatus();
}

}  // namespace

absl::Status RecordedTraces::AddRow(const JsonRow& row, const Problems& problems) {
  const absl::StatusOr<std::string> model = row.Text("model");
  if (!model.ok()) return model.status();
  const absl::StatusOr<std::string> dataset = row.Text("dataset");
  if (!dataset.ok()) return dataset.status();
  const absl::StatusOr<std::string> problem_id = row.Name("problem_id");
  if (!problem_id.ok()) return problem_id.status();
  const bool is_beam = !row.Has("sample_id") && row.Has("beam_width");
  const absl::StatusOr<int64_t> number =
      is_beam ? row.Integer("beam_width", 1, kMaxTokens) : row.Integer("sample_id", 0, kMaxTokens);
  if (!number.ok()) return number.status();
  absl::StatusOr<RecordedTrace> trace = ReadTrace(row);
  if (!trace.ok()) return trace.status();

  const Problem* problem = problems.Find(*dataset, *problem_id);
  if (problem == nullptr) {
    ++rows_passed_over_;
    return absl::OkStatus();
  }
  RecordedSamples& samples = by_model_[*model][problem];
  return Merge(row, *std::move(trace), is_beam ? samples.beams : samples.samples, *number);
}

absl::Status RecordedTraces::AddFile(const std::string& path, const Problems& problems) {
  absl::StatusOr<LineReader> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  JsonRow row;
  while (true) {
    absl::StatusOr<std::optional<std::string>> line = lines->Next();
    if (!line.ok()) return line.status();
    if (!line->has_value()) return absl::OkStatus();
    absl::Status status = row.Parse(**line, lines->Position());
    if (status.ok()) status = AddRow(row, problems);
    if (!status.ok()) return status;
  }
}

void RecordedTraces::Finish() {
  int64_t longest_filler = 0;
  for (const auto& [model, by_problem] : by_model_) {
    for (const auto& [problem, samples] : by_problem) {
      for (const auto* traces : {&samples.samples, &samples.beams}) {
        traces_ += static_cast<int64_t>(traces->size());
        for (const auto& [id, trace] : *traces) {
          longest_filler = std::max(longest_filler, trace.filler_tokens);
        }
      }
    }
  }
  filler_ = std::make_unique<const std::string>(MakeFiller(longest_filler));
}

absl::StatusOr<RecordedTraces> RecordedTraces::Load(const std::vector<std::string>& paths,
                                                    const Problems& problems) {
  RecordedTraces loaded;
  for (const std::string& path : paths) {
    absl::Status status = loaded.AddFile(path, problems);
    if (!status.ok()) return status;
  }
  if (!paths.empty() && loaded.by_model_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no trace of ", paths.front(),
                                                   paths.size() > 1 ? " and the other files" : "",
                                                   " belongs to a problem of ", problems.path()));
  }
  loaded.Finish();
  return loaded;
}

std::vector<std::string> RecordedTraces::models() const {
  std::vector<std::string> names;
  for (const auto& [model, by_problem] : by_model_) names.push_back(model);
  return names;
}

const RecordedSamples* RecordedTraces::Find(absl::string_view model, const Problem& problem) const {
  const auto by_problem = by_model_.find(model);
  if (by_problem == by_model_.end()) return nullptr;
  const auto samples = by_problem->second.find(&problem);
  return samples == by_problem->second.end() ? nullptr : &samples->second;
}

TokenText RecordedTraces::TextOf(const RecordedTrace& trace) const {
  std::vector<TextPart> parts;
  if (trace.filler_tokens > 0) {
    const size_t bytes = static_cast<size_t>(trace.filler_tokens) * kFillerBytesPerToken;
    parts.push_back({absl::string_view(*filler_).substr(0, bytes), trace.filler_tokens});
  }
  parts.push_back({trace.text, trace.tokens - trace.filler_tokens});
  return TokenText(std::move(parts));
}

}  // namespace sextant
