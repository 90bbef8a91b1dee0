#include "client/calibrate/traces.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/grade_row.h"
#include "server/answer/reader.h"
#include "server/answer/trace_parts.h"
#include "server/answer/watcher.h"
#include "simulator/lines.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxTokens = 10'000'000;
constexpr int64_t kMaxTraces = 2'000'000;

absl::Status Wrong(absl::string_view key, const Json* found, absl::string_view expected) {
  const std::string what = found == nullptr ? "missing" : absl::StrCat("is ", found->type_name());
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", what, ", expected ", expected));
}

const Json* Find(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() || found->is_null() ? nullptr : &*found;
}

absl::StatusOr<std::string> TextAt(const Json& row, const char* key) {
  const Json* found = Find(row, key);
  if (found == nullptr || !found->is_string()) return Wrong(key, found, "a text");
  return found->get<std::string>();
}

// As JSON, so that 7 and "7" are two different names.
absl::StatusOr<std::string> NameAt(const Json& row, const char* key) {
  const Json* found = Find(row, key);
  if (found == nullptr || !(found->is_string() || found->is_number_integer())) {
    return Wrong(key, found, "a text or an integer");
  }
  return found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<int64_t> TokensOf(const Json& row) {
  constexpr char kKey[] = "completion_tokens";
  const Json* found = Find(row, kKey);
  if (found == nullptr || !found->is_number_integer()) return Wrong(kKey, found, "an integer");
  const bool is_huge = found->is_number_unsigned() && found->get<uint64_t>() > kMaxTokens;
  const int64_t tokens = is_huge ? kMaxTokens + 1 : found->get<int64_t>();
  if (tokens >= 0 && tokens <= kMaxTokens) return tokens;
  return absl::InvalidArgumentError(
      absl::StrCat(kKey, ": is ", found->dump(), ", expected 0 to ", kMaxTokens));
}

int64_t CodePoints(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
}

absl::string_view Part(absl::string_view text, size_t from, size_t to) {
  return text.substr(from, to - from);
}

// A tail may be all that there was to say.
bool HoldsWholeText(const Json& row, absl::string_view text) {
  if (Find(row, "output") != nullptr || Find(row, "text") != nullptr) return true;
  const Json* chars = Find(row, "output_chars");
  return chars != nullptr && chars->is_number_integer() &&
         chars->get<int64_t>() == CodePoints(text);
}

Thinking ThinkingIn(const GradeRow& row) {
  const bool marked = !SplitTrace(row.reasoning, row.text).thinking.empty();
  return marked ? Thinking::kMarked : Thinking::kNone;
}

// The share of the trace before the row's text; unset where the row does not say.
std::optional<double> TextBegin(const Json& row, absl::string_view text) {
  if (HoldsWholeText(row, text)) return 0;
  const Json* chars = Find(row, "output_chars");
  if (chars == nullptr || !chars->is_number_integer() || chars->get<int64_t>() <= 0) {
    return std::nullopt;
  }
  return std::max(0.0, 1 - static_cast<double>(CodePoints(text)) / chars->get<double>());
}

// What the server would have heard at each 64th of the text, which begins at `begin`.
std::vector<StatedAnswer> StatementsIn(const GradeRow& row, const AnswerReader& reader,
                                       const Answer& truth, double begin) {
  constexpr size_t kSteps = 64;
  const size_t bytes = row.reasoning.size() + row.text.size();
  AnswerWatcher watcher(reader);
  std::vector<StatedAnswer> stated;
  for (size_t step = 1, from = 0; step <= kSteps; ++step) {
    const size_t to = bytes * step / kSteps;
    const size_t split = row.reasoning.size();
    if (from < split) watcher.AddReasoning(Part(row.reasoning, from, std::min(to, split)));
    if (to > split) watcher.AddContent(Part(row.text, std::max(from, split) - split, to - split));
    from = to;
    std::optional<Statement> latest = watcher.Latest(StatementLevel::kStated);
    if (!latest || (!stated.empty() && SameAnswer(stated.back().answer, latest->answer))) continue;
    const double share = static_cast<double>(step) / kSteps;
    const bool right = SameAnswer(latest->answer, truth);
    stated.push_back({begin + share * (1 - begin), std::move(latest->answer), right});
  }
  return stated;
}

// Unset: the row's true answer is none of its kind, so nothing can be said of the trace. `begin` as
// TextBegin() gives it.
absl::StatusOr<std::optional<CalibrationTrace>> Read(const GradeRow& row,
                                                     std::optional<double> begin) {
  const absl::StatusOr<AnswerReader> reader = AnswerReader::Create(row.format);
  if (!reader.ok()) return reader.status();
  const std::optional<Answer> truth = reader->Canonicalise(row.answer);
  if (!truth.has_value()) return std::optional<CalibrationTrace>();
  CalibrationTrace trace;
  trace.answer = reader->Read(row.reasoning, row.text);
  trace.right = trace.answer.has_value() && SameAnswer(*trace.answer, *truth);
  trace.thinking = ThinkingIn(row);
  if (begin) trace.stated = StatementsIn(row, *reader, *truth, *begin);
  return std::optional<CalibrationTrace>(std::move(trace));
}

// A trace of a solve as a row of its own, as grade_row.h asks for.
absl::StatusOr<GradeRow> RowOf(const Json& solve, const Json& trace) {
  Json row = {{"text", trace.value("text", Json(""))}};
  if (const Json* reasoning = Find(trace, "reasoning")) row["reasoning"] = *reasoning;
  const Json* truth = Find(solve, "reference_answer");
  if (truth == nullptr) {
    return Wrong("reference_answer", truth, "the true answer, which `sextant eval` writes");
  }
  row["answer"] = *truth;
  for (const char* key : {"answer_kind", "choices", "pattern", "pointer", "dataset"}) {
    if (const Json* found = Find(solve, key)) row[key] = *found;
  }
  return ParseGradeRow(row);
}

}  // namespace

absl::StatusOr<TraceCollection::Samples*> TraceCollection::SamplesOf(const Json& row) {
  std::string model = model_;
  if (Find(row, "model") != nullptr) {
    absl::StatusOr<std::string> named = TextAt(row, "model");
    if (!named.ok()) return named.status();
    if (!model_.empty() && *named != model_) return nullptr;
    model = *std::move(named);
  }
  if (model.empty()) return Wrong("model", nullptr, "a text, or a model that --model names");
  absl::StatusOr<std::string> dataset = TextAt(row, "dataset");
  if (!dataset.ok()) return dataset.status();
  absl::StatusOr<std::string> id = NameAt(row, "problem_id");
  if (!id.ok()) return id.status();
  return &models_[model][{*std::move(dataset), *std::move(id)}];
}

absl::Status TraceCollection::Keep(const std::string& sample, Kept kept, Samples& samples) {
  const auto [place, is_new] = samples.try_emplace(sample);
  if (is_new && ++traces_ > kMaxTraces) {
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxTraces, " traces"));
  }
  if (is_new || (kept.whole && !place->second.whole)) place->second = std::move(kept);
  return absl::OkStatus();
}

absl::Status TraceCollection::AddRecorded(const Json& row) {
  if (Find(row, "sample_id") == nullptr && Find(row, "beam_width") != nullptr) {
    ++left_out_.beams;
    return absl::OkStatus();
  }
  const absl::StatusOr<Samples*> samples = SamplesOf(row);
  if (!samples.ok()) return samples.status();
  if (*samples == nullptr) return absl::OkStatus();
  const absl::StatusOr<std::string> sample = NameAt(row, "sample_id");
  if (!sample.ok()) return sample.status();
  const absl::StatusOr<int64_t> tokens = TokensOf(row);
  if (!tokens.ok()) return tokens.status();
  const auto known = (*samples)->find(*sample);
  if (known != (*samples)->end() && known->second.trace.tokens != *tokens) {
    return absl::InvalidArgumentError(
        absl::StrCat("completion_tokens: is ", *tokens, ", expected ", known->second.trace.tokens,
                     " as in another row of the same model, data set, problem and sample"));
  }
  const absl::StatusOr<GradeRow> parsed = ParseGradeRow(row);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<std::optional<CalibrationTrace>> trace =
      Read(*parsed, TextBegin(row, parsed->text));
  if (!trace.ok()) return trace.status();
  if (!trace->has_value()) {
    ++left_out_.unreadable_truths;
    return absl::OkStatus();
  }
  Kept kept{.trace = **std::move(trace), .whole = HoldsWholeText(row, parsed->text)};
  kept.trace.tokens = *tokens;
  if (!kept.whole) kept.trace.thinking = Thinking::kUnseen;
  return Keep(*sample, std::move(kept), **samples);
}

absl::Status TraceCollection::AddSolveTrace(const Json& solve, const Json& trace,
                                            Samples& samples) {
  if (trace.value("outcome", Json()) == "failed") {
    ++left_out_.failed_traces;
    return absl::OkStatus();
  }
  const absl::StatusOr<int64_t> tokens = TokensOf(trace);
  if (!tokens.ok()) return tokens.status();
  const absl::StatusOr<GradeRow> row = RowOf(solve, trace);
  if (!row.ok()) return row.status();
  absl::StatusOr<std::optional<CalibrationTrace>> read = Read(*row, 0);
  if (!read.ok()) return read.status();
  if (!read->has_value()) {
    ++left_out_.unreadable_truths;
    return absl::OkStatus();
  }
  (*read)->tokens = *tokens;
  const Json* seed = Find(trace, "seed");
  // Without a seed nothing tells that two traces are the same one.
  const std::string sample =
      seed != nullptr ? absl::StrCat("seed ", seed->dump()) : absl::StrCat("trace ", traces_);
  return Keep(sample, {.trace = **std::move(read), .whole = true}, samples);
}

absl::Status TraceCollection::AddSolve(const Json& row) {
  if (Find(row, "code") != nullptr) {
    ++left_out_.failed_solves;
    return absl::OkStatus();
  }
  const Json* traces = Find(row, "traces");
  if (traces == nullptr || !traces->is_array()) {
    return Wrong("traces", traces, "a list, which `sextant eval --include-traces` writes");
  }
  const absl::StatusOr<Samples*> samples = SamplesOf(row);
  if (!samples.ok()) return samples.status();
  if (*samples == nullptr) return absl::OkStatus();
  for (const Json& trace : *traces) {
    if (!trace.is_object()) return Wrong("traces", &trace, "a list of objects");
    if (trace.value("outcome", Json()) == "cancelled") {
      ++left_out_.stopped_solves;
      return absl::OkStatus();
    }
  }
  for (const Json& trace : *traces) {
    if (absl::Status status = AddSolveTrace(row, trace, **samples); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TraceCollection::AddRow(absl::string_view line) {
  const Json row = Json::parse(line.begin(), line.end(), /*cb=*/nullptr,
                               /*allow_exceptions=*/false);
  if (!row.is_object()) {
    return absl::InvalidArgumentError("no JSON object, expected one per line");
  }
  // Rows of `sextant eval` name the strategy that was measured.
  return row.contains("strategy") || row.contains("traces") ? AddSolve(row) : AddRecorded(row);
}

absl::Status TraceCollection::AddFile(const std::string& path) {
  absl::StatusOr<LineReader> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  while (true) {
    const absl::StatusOr<std::optional<std::string>> line = lines->Next();
    if (!line.ok()) return line.status();
    if (!line->has_value()) return absl::OkStatus();
    if (absl::Status status = AddRow(**line); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(lines->Position(), ": ", status.message()));
    }
  }
}

std::vector<ModelTraces> TraceCollection::Models() const {
  std::vector<ModelTraces> models;
  for (const auto& [model, problems] : models_) {
    ModelTraces of_model{.model = model};
    for (const auto& [place, samples] : problems) {
      if (samples.empty()) continue;
      CalibrationProblem problem{.dataset = place.first, .id = place.second};
      for (const auto& [name, kept] : samples) problem.traces.push_back(kept.trace);
      of_model.problems.push_back(std::move(problem));
    }
    if (!of_model.problems.empty()) models.push_back(std::move(of_model));
  }
  return models;
}

}  // namespace sextant
