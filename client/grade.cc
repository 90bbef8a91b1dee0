#include "client/grade.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "server/answer/reader.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;  // Rows are written back with their keys in their order.
using Seconds = std::chrono::duration<double>;

constexpr size_t kMaxLineBytes = 256 << 20;
constexpr absl::string_view kNoAnswer = "NO_ANSWER";

// The lines of a plain or gzip file, one at a time.
class LineReader {
 public:
  static absl::StatusOr<LineReader> Open(const std::string& path) {
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) {
      return absl::NotFoundError(absl::StrCat(path, ": cannot open: ", std::strerror(errno)));
    }
    gzbuffer(file, 1 << 18);
    return LineReader(path, file);
  }

  // The next line without its end; nullopt after the last.
  absl::StatusOr<std::optional<std::string>> Next() {
    std::string line;
    std::array<char, 1 << 16> piece;
    while (gzgets(file_.get(), piece.data(), static_cast<int>(piece.size())) != nullptr) {
      line += piece.data();
      if (line.size() > kMaxLineBytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            path_, ":", number_ + 1, ": line is longer than ", kMaxLineBytes, " bytes"));
      }
      if (line.back() == '\n') break;
    }
    int error = Z_OK;
    const char* message = gzerror(file_.get(), &error);
    if (error != Z_OK && error != Z_STREAM_END) {
      const std::string why = error == Z_ERRNO ? std::strerror(errno) : message;
      return absl::DataLossError(absl::StrCat(path_, ":", number_ + 1, ": cannot read: ", why));
    }
    if (line.empty()) return std::optional<std::string>();
    ++number_;
    return std::optional<std::string>(std::move(line));
  }

  // "FILE:LINE" of the line returned last.
  std::string place() const { return absl::StrCat(path_, ":", number_); }

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };

  LineReader(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  int64_t number_ = 0;
};

struct Row {
  AnswerFormat format;
  std::string answer;
  std::string reasoning;
  std::string text;
  std::string dataset;
};

absl::Status Malformed(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, what));
}

// The string at `key`; nullopt when there is none.
absl::StatusOr<std::optional<std::string>> StringAt(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return std::optional<std::string>();
  if (found->is_string()) return std::optional<std::string>(found->get<std::string>());
  return Malformed(key, absl::StrCat(" is of type ", found->type_name(), ", expected a string"));
}

absl::StatusOr<std::string> TextOf(const Json& row) {
  for (const char* key : {"output", "text", "tail"}) {
    absl::StatusOr<std::optional<std::string>> text = StringAt(row, key);
    if (!text.ok()) return text.status();
    if (text->has_value()) return **std::move(text);
  }
  return Malformed("", "no text, expected one of the keys output, text, tail");
}

// A true answer may be written as a number.
absl::StatusOr<std::string> TruthOf(const Json& row) {
  const auto found = row.find("answer");
  if (found == row.end()) return Malformed("answer", " is missing, expected the true answer");
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  return Malformed("answer", absl::StrCat(" is of type ", found->type_name(),
                                          ", expected a string or a number"));
}

absl::StatusOr<AnswerFormat> FormatOf(const Json& row) {
  absl::StatusOr<std::optional<std::string>> kind = StringAt(row, "answer_kind");
  if (!kind.ok()) return kind.status();
  if (!kind->has_value()) {
    return Malformed("answer_kind",
                     absl::StrCat(" is missing, expected one of ", AnswerKindNames()));
  }
  const std::optional<AnswerKind> known = ParseAnswerKind(**kind);
  if (!known.has_value()) {
    return Malformed("answer_kind",
                     absl::StrCat(" is \"", **kind, "\", expected one of ", AnswerKindNames()));
  }
  AnswerFormat format;
  format.kind = *known;
  absl::StatusOr<std::optional<std::string>> pattern = StringAt(row, "pattern");
  if (!pattern.ok()) return pattern.status();
  format.pattern = (*pattern).value_or("");
  const auto choices = row.find("choices");
  if (choices == row.end() || choices->is_null()) return format;
  if (!choices->is_array()) {
    return Malformed("choices", absl::StrCat(" is of type ", choices->type_name(),
                                             ", expected a list of strings"));
  }
  for (const Json& choice : *choices) {
    if (!choice.is_string()) return Malformed("choices", " holds something else than strings");
    format.choices.push_back(choice.get<std::string>());
  }
  return format;
}

absl::StatusOr<Row> ParseRow(const Json& json) {
  if (!json.is_object()) return Malformed("", "no JSON object, expected one per line");
  Row row;
  absl::StatusOr<AnswerFormat> format = FormatOf(json);
  if (!format.ok()) return format.status();
  row.format = *std::move(format);
  absl::StatusOr<std::string> answer = TruthOf(json);
  if (!answer.ok()) return answer.status();
  row.answer = *std::move(answer);
  absl::StatusOr<std::string> text = TextOf(json);
  if (!text.ok()) return text.status();
  row.text = *std::move(text);
  absl::StatusOr<std::optional<std::string>> reasoning = StringAt(json, "reasoning");
  if (!reasoning.ok()) return reasoning.status();
  row.reasoning = (*reasoning).value_or("");
  absl::StatusOr<std::optional<std::string>> dataset = StringAt(json, "dataset");
  if (!dataset.ok()) return dataset.status();
  row.dataset = (*dataset).value_or("-");
  return row;
}

struct Graded {
  std::optional<Answer> read;
  bool correct = false;
  Seconds seconds{0};  // Spent on reading the text.
};

absl::StatusOr<Graded> GradeRow(const Row& row) {
  const absl::StatusOr<AnswerReader> reader = AnswerReader::Create(row.format);
  if (!reader.ok()) return reader.status();
  const std::optional<Answer> truth = reader->Canonicalise(row.answer);
  if (!truth.has_value()) {
    return Malformed("answer", absl::StrCat(" is \"", row.answer, "\", expected an answer of kind ",
                                            AnswerKindName(row.format.kind)));
  }
  Graded graded;
  const auto start = std::chrono::steady_clock::now();
  graded.read = reader->Read(row.reasoning, row.text);
  graded.seconds = std::chrono::steady_clock::now() - start;
  graded.correct = graded.read.has_value() && SameAnswer(*graded.read, *truth);
  return graded;
}

struct Tally {
  int64_t rows = 0;
  int64_t correct = 0;
  int64_t no_answer = 0;
  Seconds seconds{0};

  void Add(const Graded& graded) {
    ++rows;
    correct += graded.correct ? 1 : 0;
    no_answer += graded.read.has_value() ? 0 : 1;
    seconds += graded.seconds;
  }
  double accuracy() const {
    return rows == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(rows);
  }
  double texts_per_second() const {
    return seconds.count() > 0 ? static_cast<double>(rows) / seconds.count() : 0;
  }
};

// All that is printed at the end.
struct Report {
  std::map<std::pair<std::string, std::string>, Tally> by_kind_and_dataset;
  Tally all;
  Json rows = Json::array();

  void Add(const Row& row, const Json& json, const Graded& graded) {
    const std::string kind(AnswerKindName(row.format.kind));
    by_kind_and_dataset[{kind, row.dataset}].Add(graded);
    all.Add(graded);
    const auto id = json.find("id");
    if (id == json.end()) return;
    Json entry = {{"id", *id}, {"correct", graded.correct}, {"extracted", nullptr}};
    if (graded.read.has_value()) entry["extracted"] = graded.read->canonical;
    rows.push_back(std::move(entry));
  }
};

void PrintLine(std::ostream& out, absl::string_view kind, absl::string_view dataset,
               const Tally& tally) {
  out << absl::StreamFormat("%-8s  %-16s  %7d  %7.2f%%  %9d  %11.0f\n", kind, dataset, tally.rows,
                            100 * tally.accuracy(), tally.no_answer, tally.texts_per_second());
}

void PrintTable(std::ostream& out, const Report& report) {
  out << absl::StreamFormat("%-8s  %-16s  %7s  %8s  %9s  %11s\n", "kind", "data set", "rows",
                            "accuracy", "no answer", "texts/s");
  for (const auto& [group, tally] : report.by_kind_and_dataset) {
    PrintLine(out, group.first, group.second, tally);
  }
  PrintLine(out, "all", "", report.all);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void PrintJson(std::ostream& out, const Report& report) {
  Json object = {{"accuracy", report.all.accuracy()},
                 {"no_answer", report.all.no_answer},
                 {"texts", report.all.rows},
                 {"seconds", report.all.seconds.count()}};
  if (!report.rows.empty()) object["rows"] = report.rows;
  out << Dump(object) << "\n";
}

// The rows with what was read. They go to a file of another name first, so that a failure does not
// leave half of them under the name that was asked for.
class RowWriter {
 public:
  explicit RowWriter(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {
    if (!path_.empty()) file_.open(partial_, std::ios::binary | std::ios::trunc);
  }
  ~RowWriter() {
    if (!path_.empty() && !done_) std::remove(partial_.c_str());
  }

  void Write(Json row, const std::optional<Answer>& read) {
    if (path_.empty()) return;
    row["read"] = read.has_value() ? read->canonical : std::string(kNoAnswer);
    file_ << Dump(row) << "\n";
  }

  absl::Status Finish() {
    if (path_.empty()) return absl::OkStatus();
    file_.close();
    if (file_.fail() || std::rename(partial_.c_str(), path_.c_str()) != 0) {
      return absl::UnavailableError(absl::StrCat(path_, ": cannot write: ", std::strerror(errno)));
    }
    done_ = true;
    return absl::OkStatus();
  }

 private:
  std::string path_;
  std::string partial_;
  std::ofstream file_;
  bool done_ = false;
};

absl::Status GradeLine(const std::string& line, Report& report, RowWriter& writer) {
  Json json = Json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Malformed("", "not valid JSON, expected one object per line");
  const absl::StatusOr<Row> row = ParseRow(json);
  if (!row.ok()) return row.status();
  const absl::StatusOr<Graded> graded = GradeRow(*row);
  if (!graded.ok()) return graded.status();
  report.Add(*row, json, *graded);
  writer.Write(std::move(json), graded->read);
  return absl::OkStatus();
}

absl::Status GradeFile(const std::string& path, Report& report, RowWriter& writer) {
  absl::StatusOr<LineReader> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  while (true) {
    const absl::StatusOr<std::optional<std::string>> line = lines->Next();
    if (!line.ok()) return line.status();
    if (!line->has_value()) return absl::OkStatus();
    if (absl::StripAsciiWhitespace(**line).empty()) continue;
    if (absl::Status status = GradeLine(**line, report, writer); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(lines->place(), ": ", status.message()));
    }
  }
}

}  // namespace

absl::Status Grade(const GradeOptions& options, std::ostream& out) {
  Report report;
  RowWriter writer(options.out);
  for (const std::string& path : options.files) {
    if (absl::Status status = GradeFile(path, report, writer); !status.ok()) return status;
  }
  if (report.all.rows == 0)
    return absl::InvalidArgumentError("no rows to grade in the files given");
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  if (options.json) {
    PrintJson(out, report);
  } else {
    PrintTable(out, report);
  }
  return absl::OkStatus();
}

}  // namespace sextant
