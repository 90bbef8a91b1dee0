// The file of problems: what is read, and what is refused with which message.
#include "client/eval/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(absl::string_view text) {
  const auto problems = ParseProblems(text, "p.jsonl");
  EXPECT_TRUE(absl::IsInvalidArgument(problems.status())) << problems.status();
  return std::string(problems.status().message());
}

TEST(ParseProblemsTest, ReadsEveryFieldOfARow) {
  const auto problems = ParseProblems(
      R"({"dataset": "gpqa", "problem_id": "q-1", "prompt": "Which?", "answer": "B", "answer_kind": "choice", "choices": ["x", "y"], "source": "ignored"})",
      "p.jsonl");

  ASSERT_TRUE(problems.ok()) << problems.status();
  const Problem& problem = problems->at(0);
  EXPECT_EQ(problem.dataset, "gpqa");
  EXPECT_EQ(problem.id, "\"q-1\"");
  EXPECT_EQ(problem.prompt, "Which?");
  EXPECT_EQ(problem.answer, "B");
  EXPECT_EQ(problem.format.kind(), v1::ANSWER_KIND_CHOICE);
  EXPECT_EQ(problem.format.choices(1), "y");
}

TEST(ParseProblemsTest, TakesNumbersAsIdsAndAnswers) {
  const auto problems = ParseProblems(
      R"({"dataset": "d", "problem_id": 3, "prompt": "p", "answer": -12, "answer_kind": "integer"})",
      "p.jsonl");

  ASSERT_TRUE(problems.ok()) << problems.status();
  EXPECT_EQ(problems->at(0).id, "3");
  EXPECT_EQ(problems->at(0).answer, "-12");
}

TEST(ParseProblemsTest, PassesOverEmptyLinesAndWindowsLineEnds) {
  const auto problems = ParseProblems(
      "\n{\"dataset\": \"d\", \"problem_id\": 1, \"prompt\": \"p\", \"answer\": \"1\", "
      "\"answer_kind\": \"integer\"}\r\n\r\n",
      "p.jsonl");

  ASSERT_TRUE(problems.ok()) << problems.status();
  EXPECT_EQ(problems->size(), 1u);
}

TEST(ParseProblemsTest, NamesFileAndLineOfARowThatIsNotJson) {
  EXPECT_THAT(ErrorOf("\n{\"dataset\": "), StartsWith("p.jsonl:2: not valid JSON"));
}

TEST(ParseProblemsTest, NamesTheFieldThatIsMissingOrOfTheWrongType) {
  EXPECT_THAT(ErrorOf(R"({"dataset": "d", "problem_id": 1, "answer": "1", "answer_kind": "text"})"),
              HasSubstr("p.jsonl:1: prompt: missing"));
  EXPECT_THAT(ErrorOf(R"({"dataset": 5, "problem_id": 1, "answer": "1", "answer_kind": "text"})"),
              HasSubstr("dataset is number, expected a text"));
  EXPECT_THAT(ErrorOf(R"({"dataset": "d", "problem_id": 1.5, "answer": "1"})"),
              HasSubstr("problem_id is number"));
  EXPECT_THAT(ErrorOf("[1]"), HasSubstr("expected a JSON object"));
}

TEST(ParseProblemsTest, ListsTheAnswerKindsThatItKnows) {
  EXPECT_THAT(
      ErrorOf(
          R"({"dataset": "d", "problem_id": 1, "prompt": "p", "answer": "1", "answer_kind": "int"})"),
      HasSubstr("answer_kind is 'int', expected one of auto, integer, number"));
}

TEST(ParseProblemsTest, RefusesAnEmptyAnswerBecauseItCouldNotBeGraded) {
  EXPECT_THAT(
      ErrorOf(
          R"({"dataset": "d", "problem_id": 1, "prompt": "p", "answer": "", "answer_kind": "text"})"),
      HasSubstr("answer: empty"));
}

TEST(ParseProblemsTest, RefusesAProblemThatStandsTwice) {
  const std::string row =
      R"({"dataset": "d", "problem_id": 1, "prompt": "p", "answer": "1", "answer_kind": "integer"})";
  EXPECT_THAT(ErrorOf(row + "\n" + row),
              HasSubstr("p.jsonl:2: problem_id 1 of d stands in line 1"));
}

TEST(ParseProblemsTest, RefusesAFileWithoutProblems) {
  EXPECT_THAT(ErrorOf("\n\n"), HasSubstr("p.jsonl: holds no problem"));
}

TEST(ReadProblemsTest, NamesAFileThatIsNotThere) {
  const auto problems = ReadProblems("no/such/file.jsonl");
  EXPECT_TRUE(absl::IsNotFound(problems.status()));
  EXPECT_THAT(std::string(problems.status().message()), HasSubstr("no/such/file.jsonl"));
}

}  // namespace
}  // namespace sextant
