#include "client/grade.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/grade_row.h"
#include "nlohmann/json.hpp"
#include "server/answer/reader.h"
#include "simulator/lines.h"

namespace sextant {
namespace {

using Json = nlohmann::ordered_json;  // Rows are written back with their keys in their order.
using Seconds = std::chrono::duration<double>;

constexpr size_t kShownBytes = 200;  // Of the end of a text in a disagreement.
constexpr absl::string_view kNoAnswer = "NO_ANSWER";

struct Graded {
  std::optional<Answer> truth;  // Unset: the row's answer is none of its kind.
  std::optional<Answer> read;
  bool correct = false;
  Seconds seconds{0};  // Spent on reading the text.

  std::string Shown(const std::optional<Answer>& answer) const {
    return answer.has_value() ? answer->canonical : std::string(kNoAnswer);
  }
};

absl::StatusOr<Graded> GradeOne(const GradeRow& row) {
  const absl::StatusOr<AnswerReader> reader = AnswerReader::Create(row.format);
  if (!reader.ok()) return reader.status();
  Graded graded;
  graded.truth = reader->Canonicalise(row.answer);
  const auto start = std::chrono::steady_clock::now();
  graded.read = reader->Read(row.reasoning, row.text);
  graded.seconds = std::chrono::steady_clock::now() - start;
  graded.correct = graded.truth.has_value() && graded.read.has_value() &&
                   SameAnswer(*graded.read, *graded.truth);
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
class Report {
 public:
  explicit Report(int most_shown) : most_shown_(most_shown) {}

  // `place` is FILE:LINE.
  void Add(const GradeRow& row, const Json& json, const Graded& graded, const std::string& place) {
    const std::string kind(AnswerKindName(row.format.kind));
    by_kind_and_dataset_[{kind, row.dataset}].Add(graded);
    all_.Add(graded);
    if (!graded.truth.has_value() && unreadable_++ == 0) {
      first_unreadable_ = absl::StrCat(place, ": \"", row.answer, "\", kind ", kind);
    }
    if (!graded.correct && static_cast<int>(shown_.size()) < most_shown_) {
      const size_t from = row.text.size() - std::min(row.text.size(), kShownBytes);
      shown_.push_back({{"place", place},
                        {"kind", kind},
                        {"expected", row.answer},
                        {"read", graded.Shown(graded.read)},
                        {"ending", row.text.substr(from)}});
    }
    const auto id = json.find("id");
    if (id == json.end()) return;
    Json entry = {{"id", *id}, {"correct", graded.correct}, {"extracted", nullptr}};
    if (graded.read.has_value()) entry["extracted"] = graded.read->canonical;
    rows_.push_back(std::move(entry));
  }

  int64_t rows() const { return all_.rows; }

  void PrintTable(std::ostream& out) const {
    for (const Json& one : shown_) {
      out << absl::StreamFormat("%s  %s  expected %s  read %s\n    ...%s\n",
                                one["place"].get<std::string>(), one["kind"].get<std::string>(),
                                one["expected"].get<std::string>(), one["read"].get<std::string>(),
                                absl::Utf8SafeCEscape(one["ending"].get<std::string>()));
    }
    out << absl::StreamFormat("%-8s  %-16s  %7s  %8s  %9s  %11s\n", "kind", "data set", "rows",
                              "accuracy", "no answer", "texts/s");
    for (const auto& [group, tally] : by_kind_and_dataset_) {
      PrintLine(out, group.first, group.second, tally);
    }
    PrintLine(out, "all", "", all_);
    if (unreadable_ > 0) {
      out << "rows whose true answer is none of its kind, which count as wrong: " << unreadable_
          << "; the first is " << first_unreadable_ << "\n";
    }
  }

  void PrintJson(std::ostream& out) const {
    Json object = {{"accuracy", all_.accuracy()},
                   {"no_answer", all_.no_answer},
                   {"texts", all_.rows},
                   {"seconds", all_.seconds.count()},
                   {"unreadable_answers", unreadable_}};
    if (!rows_.empty()) object["rows"] = rows_;
    if (most_shown_ > 0) object["disagreements"] = shown_;
    out << Dump(object) << "\n";
  }

  static std::string Dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  static void PrintLine(std::ostream& out, absl::string_view kind, absl::string_view dataset,
                        const Tally& tally) {
    out << absl::StreamFormat("%-8s  %-16s  %7d  %7.2f%%  %9d  %11.0f\n", kind, dataset, tally.rows,
                              100 * tally.accuracy(), tally.no_answer, tally.texts_per_second());
  }

  int most_shown_;
  std::map<std::pair<std::string, std::string>, Tally> by_kind_and_dataset_;
  Tally all_;
  Json rows_ = Json::array();
  Json shown_ = Json::array();
  int64_t unreadable_ = 0;
  std::string first_unreadable_;
};

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

  void Write(Json row, const Graded& graded) {
    if (path_.empty()) return;
    row["read"] = graded.Shown(graded.read);
    file_ << Report::Dump(row) << "\n";
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

absl::Status GradeLine(const std::string& line, const std::string& place, Report& report,
                       RowWriter& writer) {
  Json json = Json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return absl::InvalidArgumentError("not valid JSON, expected one object per line");
  }
  const absl::StatusOr<GradeRow> row = ParseGradeRow(json);
  if (!row.ok()) return row.status();
  const absl::StatusOr<Graded> graded = GradeOne(*row);
  if (!graded.ok()) return graded.status();
  report.Add(*row, json, *graded, place);
  writer.Write(std::move(json), *graded);
  return absl::OkStatus();
}

absl::Status GradeFile(const std::string& path, Report& report, RowWriter& writer) {
  absl::StatusOr<LineReader> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  while (true) {
    const absl::StatusOr<std::optional<std::string>> line = lines->Next();
    if (!line.ok()) return line.status();
    if (!line->has_value()) return absl::OkStatus();
    if (absl::Status status = GradeLine(**line, lines->Position(), report, writer); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(lines->Position(), ": ", status.message()));
    }
  }
}

}  // namespace

absl::Status Grade(const GradeOptions& options, std::ostream& out) {
  Report report(options.show);
  RowWriter writer(options.out);
  for (const std::string& path : options.files) {
    if (absl::Status status = GradeFile(path, report, writer); !status.ok()) return status;
  }
  if (report.rows() == 0) {
    return absl::InvalidArgumentError("no rows to grade in the files given");
  }
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  if (options.json) {
    report.PrintJson(out);
  } else {
    report.PrintTable(out);
  }
  return absl::OkStatus();
}

}  // namespace sextant
