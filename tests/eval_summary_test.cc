// From results to figures, rows and JSON: pure functions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "client/eval/ordered_rows.h"
#include "client/eval/rows.h"
#include "client/eval/summary.h"
#include "tests/client_fake_server.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::IsSupersetOf;

std::vector<std::string> KeysOf(const json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

Score ScoreIn(const std::string& dataset, int64_t billed_tokens) {
  Score score{.strategy = "simple", .dataset = dataset, .answered = true};
  score.usage.set_billed_tokens(billed_tokens);
  return score;
}

Problem SampleProblem() {
  return {.dataset = "sums", .id = "7", .prompt = "2 + 2?", .format = {}, .answer = "4"};
}

TEST(SummariseTest, GivesDataSetsEqualWeightWhateverTheirSize) {
  std::vector<Score> scores = {ScoreIn("small", 100), ScoreIn("large", 10), ScoreIn("large", 20),
                               ScoreIn("large", 30)};
  scores[0].correct = true;

  const std::vector<StrategyFigures> results = Summarise(scores);

  ASSERT_EQ(results.size(), 1u);
  EXPECT_DOUBLE_EQ(results[0].overall.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(results[0].overall.billed_tokens, 60);
  EXPECT_DOUBLE_EQ(results[0].by_dataset[1].second.billed_tokens, 20);
  EXPECT_EQ(results[0].overall.problems, 4);
}

TEST(SummariseTest, CountsAFailedSolveAsWrongWithItsBill) {
  std::vector<Score> scores = {ScoreIn("sums", 10), ScoreIn("sums", 30)};
  scores[0].correct = true;
  scores[1].failed = true;

  const Figures figures = Summarise(scores)[0].overall;

  EXPECT_DOUBLE_EQ(figures.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(figures.billed_tokens, 20);
  EXPECT_EQ(figures.failed, 1);
}

TEST(SummariseTest, TellsSolvesWithoutAnAnswerFromFailedOnes) {
  std::vector<Score> scores = {ScoreIn("sums", 10), ScoreIn("sums", 30)};
  scores[0].answered = false;
  scores[1].answered = false;
  scores[1].failed = true;

  EXPECT_EQ(Summarise(scores)[0].overall.no_answer, 1);
}

TEST(SummariseTest, HasACostOnlyWhereThereIsAPrice) {
  std::vector<Score> scores = {ScoreIn("sums", 10), ScoreIn("sums", 30)};
  EXPECT_FALSE(Summarise(scores)[0].overall.cost_usd.has_value());

  scores[0].usage.set_cost_usd(3);
  scores[1].usage.set_cost_usd(1);
  EXPECT_DOUBLE_EQ(*Summarise(scores)[0].overall.cost_usd, 2);
}

TEST(SummariseTest, KeepsTheOrderOfStrategies) {
  std::vector<Score> scores = {ScoreIn("sums", 1), ScoreIn("sums", 2), ScoreIn("sums", 3)};
  scores[0].strategy = "simple";
  scores[1].strategy = "adaptive";
  scores[2].strategy = "simple";

  const std::vector<StrategyFigures> results = Summarise(scores);

  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].strategy, "simple");
  EXPECT_DOUBLE_EQ(results[0].overall.billed_tokens, 2);
  EXPECT_EQ(results[1].strategy, "adaptive");
}

TEST(SummaryJsonTest, HasTheKeysThatScriptsRelyOn) {
  const std::string text =
      SummaryJson("model-a", Summarise({ScoreIn("sums", 10)}), Completeness::kComplete);

  const json object = json::parse(text);

  EXPECT_THAT(KeysOf(object), testing::ElementsAre("model", "results"));
  const json& result = object["results"][0];
  const std::vector<std::string> figures = {
      "accuracy",     "finished_tokens", "billed_tokens", "sequential_tokens",
      "wall_seconds", "problems",        "failed"};
  EXPECT_THAT(KeysOf(result), IsSupersetOf(figures));
  EXPECT_THAT(KeysOf(result), IsSupersetOf({"strategy", "by_dataset"}));
  EXPECT_THAT(KeysOf(result["by_dataset"]["sums"]), IsSupersetOf(figures));
  EXPECT_EQ(result["by_dataset"]["sums"]["billed_tokens"], 10);
}

TEST(SummaryJsonTest, SaysWhenARunWasInterrupted) {
  EXPECT_TRUE(json::parse(SummaryJson("model-a", {}, Completeness::kInterrupted))["interrupted"]);
}

TEST(RowJsonTest, HoldsAnswerBillAndPlan) {
  const SolveResult result{.response = SampleResponse(), .usage = SampleUsage()};

  Problem problem = SampleProblem();
  problem.format.set_kind(v1::ANSWER_KIND_INTEGER);

  const json row = json::parse(RowJson("first_finish(k=3,n=4)", problem, result));

  EXPECT_EQ(row["dataset"], "sums");
  EXPECT_EQ(row["problem_id"], 7);
  EXPECT_EQ(row["reference_answer"], "4");
  EXPECT_EQ(row["answer_kind"], "integer");
  EXPECT_EQ(row["strategy"], "first_finish(k=3,n=4)");
  EXPECT_EQ(row["answer"], "4");
  EXPECT_EQ(row["correct"], true);
  EXPECT_EQ(row["billed_tokens"], 30);
  EXPECT_EQ(row["stop_reason"], "DECIDED");
  EXPECT_EQ(row["plan"]["row"], "long_hard");
  EXPECT_FALSE(row.contains("traces"));
}

TEST(RowJsonTest, HoldsCodeMessageAndBillOfAFailedSolve) {
  const SolveResult result{.status = absl::UnavailableError("every backend failed"),
                           .usage = SampleUsage()};

  const json row = json::parse(RowJson("simple", SampleProblem(), result));

  EXPECT_TRUE(row["answer"].is_null());
  EXPECT_EQ(row["correct"], false);
  EXPECT_EQ(row["code"], "UNAVAILABLE");
  EXPECT_EQ(row["error"], "every backend failed");
  EXPECT_EQ(row["billed_tokens"], 30);
}

TEST(RowJsonTest, HoldsTheTextsOfTracesThatWereAskedFor) {
  SolveResult result{.response = SampleResponse(), .usage = SampleUsage()};
  v1::Trace& trace = *result.response.add_traces();
  trace.set_outcome(v1::FINISHED);
  trace.set_text("It is \\boxed{4}.");

  const json row = json::parse(RowJson("simple", SampleProblem(), result));

  EXPECT_EQ(row["traces"][0]["text"], "It is \\boxed{4}.");
  EXPECT_EQ(row["traces"][0]["outcome"], "finished");
}

TEST(OrderedRowsTest, HoldsARowBackUntilTheEarlierOnesAreThere) {
  std::ostringstream out;
  OrderedRows rows(out);

  rows.Add(1, "b");
  EXPECT_EQ(out.str(), "");
  rows.Add(0, "a");
  EXPECT_EQ(out.str(), "a\nb\n");
}

TEST(OrderedRowsTest, WritesWhatIsHeldBackWhenRowsAreMissingForGood) {
  std::ostringstream out;
  OrderedRows rows(out);
  rows.Add(4, "e");
  rows.Add(2, "c");

  rows.Finish();

  EXPECT_EQ(out.str(), "c\ne\n");
}

}  // namespace
}  // namespace sextant
