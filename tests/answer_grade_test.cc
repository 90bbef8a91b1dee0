#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <sstream>
#include <string>

#include "client/grade.h"
#include "nlohmann/json.hpp"

namespace sextant {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kRight[] =
    R"({"id":1,"dataset":"d","answer":"33","answer_kind":"integer","output":"\\boxed{033}"})";
constexpr char kWrong[] =
    R"({"id":2,"dataset":"d","answer":33,"answer_kind":"integer","text":"\\boxed{34}"})";
constexpr char kNone[] =
    R"({"id":3,"dataset":"e","answer":"B","answer_kind":"choice","tail":"Hmm."})";

std::string Path(const std::string& name) { return testing::TempDir() + "/grade_" + name; }

std::string FileWith(const std::string& name, const std::string& text) {
  std::ofstream(Path(name), std::ios::binary) << text;
  return Path(name);
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Lines(std::initializer_list<const char*> lines) {
  std::string text;
  for (const char* line : lines) text += std::string(line) + "\n";
  return text;
}

// The error of grading one file with that text.
std::string ErrorOf(const std::string& text) {
  std::ostringstream out;
  const absl::Status status = Grade({.files = {FileWith("bad.jsonl", text)}}, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(out.str(), "");
  return std::string(status.message());
}

TEST(GradeTest, PrintsOneJsonObject) {
  std::ostringstream out;
  const std::string file = FileWith("a.jsonl", Lines({kRight, kWrong, kNone}));

  ASSERT_TRUE(Grade({.files = {file}, .json = true}, out).ok());

  const json report = json::parse(out.str());
  EXPECT_DOUBLE_EQ(report["accuracy"], 1.0 / 3.0);
  EXPECT_EQ(report["no_answer"], 1);
  EXPECT_EQ(report["texts"], 3);
  EXPECT_EQ(report["rows"][0], json({{"id", 1}, {"correct", true}, {"extracted", "33"}}));
  EXPECT_EQ(report["rows"][2], json({{"id", 3}, {"correct", false}, {"extracted", nullptr}}));
}

TEST(GradeTest, PrintsATableByKindAndDataSet) {
  std::ostringstream out;

  ASSERT_TRUE(Grade({.files = {FileWith("a.jsonl", Lines({kRight, kWrong, kNone}))}}, out).ok());

  EXPECT_THAT(out.str(), testing::ContainsRegex("integer +d +2 +50.00% +0"));
  EXPECT_THAT(out.str(), testing::ContainsRegex("choice +e +1 +0.00% +1"));
}

TEST(GradeTest, WritesTheRowsWithWhatWasRead) {
  std::ostringstream out;
  const std::string rows = Path("out.jsonl");

  ASSERT_TRUE(
      Grade({.files = {FileWith("a.jsonl", Lines({kRight, kNone}))}, .out = rows}, out).ok());

  const std::string written = Contents(rows);
  const json first = json::parse(written.substr(0, written.find('\n')));
  EXPECT_EQ(first["read"], "33");
  EXPECT_EQ(first["output"], "\\boxed{033}");
  EXPECT_THAT(written, EndsWith("\"read\":\"NO_ANSWER\"}\n"));
}

TEST(GradeTest, ReadsGzipFiles) {
  const std::string path = Path("a.jsonl.gz");
  const gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, Lines({kRight}).c_str());
  gzclose(file);
  std::ostringstream out;

  ASSERT_TRUE(Grade({.files = {path}, .json = true}, out).ok());

  EXPECT_EQ(json::parse(out.str())["accuracy"], 1);
}

TEST(GradeTest, ReportsADamagedGzipFile) {
  const std::string path = Path("whole.jsonl.gz");
  const gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, Lines({kRight, kWrong}).c_str());
  gzclose(file);
  const std::string whole = Contents(path);
  std::ostringstream out;

  const absl::Status status =
      Grade({.files = {FileWith("cut.jsonl.gz", whole.substr(0, whole.size() - 20))}}, out);

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST(GradeTest, NamesTheFileAndLineOfAMalformedRow) {
  EXPECT_THAT(ErrorOf(Lines({kRight, "{"})), HasSubstr("bad.jsonl:2: not valid JSON"));
  EXPECT_THAT(ErrorOf("[]\n"), HasSubstr(":1: no JSON object"));
  EXPECT_THAT(ErrorOf(R"({"answer":"1","text":"1"})"), HasSubstr("answer_kind is missing"));
  EXPECT_THAT(ErrorOf(R"({"answer":"1","answer_kind":"int","text":"1"})"),
              HasSubstr("answer_kind is \"int\", expected one of auto, integer"));
  EXPECT_THAT(ErrorOf(R"({"answer_kind":"integer","text":"1"})"), HasSubstr("answer is missing"));
  EXPECT_THAT(ErrorOf(R"({"answer":"1","answer_kind":"integer"})"),
              HasSubstr("expected one of the keys output, text, tail"));
  EXPECT_THAT(ErrorOf(R"({"answer":"1","answer_kind":"integer","text":5})"),
              HasSubstr("text is of type number, expected a string"));
  EXPECT_THAT(ErrorOf("\n"), HasSubstr("no rows"));
}

TEST(GradeTest, CountsARowWhoseTrueAnswerIsNoneOfItsKindAsWrongAndSaysSo) {
  const std::string file =
      FileWith("x.jsonl", Lines({kRight, R"({"answer":"x","answer_kind":"integer","text":"1"})"}));
  std::ostringstream table, object;

  ASSERT_TRUE(Grade({.files = {file}}, table).ok());
  ASSERT_TRUE(Grade({.files = {file}, .json = true}, object).ok());

  EXPECT_THAT(table.str(), HasSubstr("none of its kind, which count as wrong: 1; the first is"));
  EXPECT_THAT(table.str(), HasSubstr("x.jsonl:2: \"x\", kind integer"));
  EXPECT_EQ(json::parse(object.str())["unreadable_answers"], 1);
  EXPECT_DOUBLE_EQ(json::parse(object.str())["accuracy"], 0.5);
}

TEST(GradeTest, ShowsAsManyDisagreementsAsAskedFor) {
  const std::string file = FileWith("a.jsonl", Lines({kRight, kWrong, kNone}));
  std::ostringstream table, object;

  ASSERT_TRUE(Grade({.files = {file}, .show = 1}, table).ok());
  ASSERT_TRUE(Grade({.files = {file}, .json = true, .show = 9}, object).ok());

  EXPECT_THAT(table.str(),
              HasSubstr("a.jsonl:2  integer  expected 33  read 34\n    ...\\\\boxed{34}"));
  EXPECT_THAT(table.str(), Not(HasSubstr("NO_ANSWER")));
  const json shown = json::parse(object.str())["disagreements"];
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[1]["read"], "NO_ANSWER");
}

TEST(GradeTest, LeavesTheOutputFileAloneAfterAnError) {
  const std::string rows = FileWith("kept.jsonl", "kept");
  std::ostringstream out;

  EXPECT_FALSE(
      Grade({.files = {FileWith("bad.jsonl", Lines({kRight, "{"}))}, .out = rows}, out).ok());

  EXPECT_EQ(Contents(rows), "kept");
}

TEST(GradeTest, ReportsAFileThatIsNotThere) {
  std::ostringstream out;

  const absl::Status status = Grade({.files = {Path("missing.jsonl")}}, out);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing.jsonl"));
}

TEST(GradeTest, ReportsAnOutputFileThatCannotBeWritten) {
  std::ostringstream out;
  const std::string file = FileWith("a.jsonl", Lines({kRight}));

  EXPECT_EQ(Grade({.files = {file}, .out = "/nowhere/out.jsonl"}, out).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sextant
