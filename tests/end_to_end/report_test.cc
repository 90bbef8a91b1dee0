// Grading an answer later, by its receipt, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Report = absl::StatusOr<v1::ReportOutcomeResponse>;

// A server whose receipts are signed by a configured key, and the page of its metrics.
class ReportTest : public testing::Test {
 protected:
  static constexpr char kCorrect[] = "verdict=\"correct\"";
  static constexpr char kGraded[] = "sextant_graded_total";

  static WorldOptions Options(const MetricsPage& page) {
    return {.samples = {{"\\boxed{4}", 40}, {"I give up.", 20}}, .edit = [&page](Config& config) {
              config.server.metrics = page.address();
              config.receipts.key = std::string(32, 'k');
            }};
  }
  static Report Send(const SextantClient& client, const std::string& receipt, bool correct) {
    v1::ReportOutcomeRequest request;
    request.set_receipt(receipt);
    request.set_correct(correct);
    return client.ReportOutcome(request);
  }
  Report Send(const std::string& receipt, bool correct) const {
    return Send(world_.client(), receipt, correct);
  }
  std::string ReceiptOf(const v1::SolveRequest& request) const {
    return world_.Solve(request).response.receipt();
  }
  // What another server says of a receipt of this one.
  Report SendToAnother(const Config& config, const std::string& receipt) const {
    const auto server = Server::Start(MakeSettings(config, BuiltInPolicy()));
    const auto client = SextantClient::Connect((*server)->address());
    return Send(*client, receipt, true);
  }

  const MetricsPage page_;
  World world_{Options(page_)};
};

TEST_F(ReportTest, CountsTheVerdictForModelStrategyAndDifficultyOfTheSolve) {
  v1::SolveRequest request = world_.Request("simple");
  request.set_difficulty(v1::DIFFICULTY_HARD);
  const SolveResult solved = world_.Solve(request);

  const Report report = Send(solved.response.receipt(), true);

  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->counted());
  EXPECT_TRUE(report->correct());
  EXPECT_EQ(report->solve_id(), solved.response.solve_id());
  EXPECT_EQ(report->model(), World::kModel);
  EXPECT_EQ(report->strategy(), "simple");
  EXPECT_EQ(report->difficulty(), v1::DIFFICULTY_HARD);
  EXPECT_EQ(report->billed_tokens(), 40);
  EXPECT_EQ(page_.Sum({kGraded}), 1);
  EXPECT_EQ(page_.Sum({kGraded, kCorrect, "strategy=\"simple\"", "difficulty=\"hard\""}), 1);
}

TEST_F(ReportTest, AnyServerWithTheKeyCountsIt) {
  const std::string receipt = ReceiptOf(world_.Request("simple"));
  const MetricsPage page;
  Config other = world_.config();
  other.server.metrics = page.address();
  const auto server = Server::Start(MakeSettings(other, BuiltInPolicy()));
  const auto client = SextantClient::Connect((*server)->address());

  const Report report = Send(*client, receipt, false);

  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(page.Sum({kGraded, "verdict=\"incorrect\""}), 1);
  EXPECT_EQ(page_.Sum({kGraded}), 0);
}

TEST_F(ReportTest, AReceiptCountsOnceAndTheFirstVerdictStands) {
  const std::string receipt = ReceiptOf(world_.Request("simple"));
  ASSERT_TRUE(Send(receipt, true).ok());

  const Report again = Send(receipt, false);

  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->counted());
  EXPECT_TRUE(again->correct());
  EXPECT_EQ(page_.Sum({kGraded}), 1);
  EXPECT_EQ(page_.Sum({kGraded, kCorrect}), 1);
}

TEST_F(ReportTest, ASolveThatWasGradedAtOnceIsNotGradedAgain) {
  v1::SolveRequest request = world_.Request("simple");
  request.set_reference_answer("5");

  const Report report = Send(ReceiptOf(request), true);

  EXPECT_EQ(report.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("was graded at once by its reference_answer, as incorrect"));
  EXPECT_EQ(page_.Sum({kGraded}), 1);
}

TEST_F(ReportTest, AResponseWithoutAnAnswerHasAReceiptToo) {
  v1::SolveRequest request = world_.Request("simple");
  request.mutable_sampling()->set_seed(1);

  EXPECT_TRUE(Send(ReceiptOf(request), false)->counted());
}

TEST_F(ReportTest, ASolveThatFailedIsNotGraded) {
  v1::SolveRequest request = world_.Request("simple");
  request.set_reference_answer("4");
  request.mutable_budget()->set_max_tokens(5);

  EXPECT_EQ(world_.Solve(request).status.code(), absl::StatusCode::kResourceExhausted);

  EXPECT_EQ(page_.Sum({kGraded}), 0);
}

TEST_F(ReportTest, WhatWasAlteredIsAnInvalidArgument) {
  std::string receipt = ReceiptOf(world_.Request("simple"));
  receipt[10] = receipt[10] == 'A' ? 'B' : 'A';

  EXPECT_EQ(Send(receipt, true).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Send("", true).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(page_.Sum({kGraded}), 0);
}

TEST_F(ReportTest, AReportWithoutAVerdictIsRefused) {
  v1::ReportOutcomeRequest request;
  request.set_receipt(ReceiptOf(world_.Request("simple")));

  const Report report = world_.client().ReportOutcome(request);

  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(report.status().message(), "correct is not set, expected true or false");
}

TEST_F(ReportTest, AServerThatDoesNotServeTheModelSaysSo) {
  Config other = world_.config();
  other.server.metrics = "";
  other.models[0].name = "another";

  const Report report = SendToAnother(other, ReceiptOf(world_.Request("simple")));

  EXPECT_EQ(report.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(report.status().message()),
              AllOf(HasSubstr("receipt of solve "), HasSubstr("known: another")));
}

TEST_F(ReportTest, AServerWithoutTheKeySaysSo) {
  Config other = world_.config();
  other.server.metrics = "";
  other.receipts.key.clear();

  const Report report = SendToAnother(other, ReceiptOf(world_.Request("simple")));

  EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReportTest, AReceiptExpires) {
  Config other = world_.config();
  other.server.metrics = "";
  other.receipts.valid_for = absl::ZeroDuration();
  const auto server = Server::Start(MakeSettings(other, BuiltInPolicy()));
  const auto client = SextantClient::Connect((*server)->address());
  const SolveResult solved = client->Solve(world_.Request("simple"));

  const Report report = Send(solved.response.receipt(), true);

  EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("expired at"));
}

TEST_F(ReportTest, SeriesOfEveryStrategyAreThereFromTheStart) {
  for (const std::string strategy :
       {"simple", "majority_vote", "first_finish", "last_finish", "beam_search", "adaptive"}) {
    const std::string label = absl::StrCat("strategy=\"", strategy, "\"");
    EXPECT_EQ(page_.Series({"sextant_graded_total{", label}), 4) << strategy;
    EXPECT_EQ(page_.Series({"sextant_tokens_total{", label}), 3) << strategy;
    EXPECT_EQ(page_.Series({"sextant_solves_total{", label, "code=\"OK\""}), 8) << strategy;
    EXPECT_EQ(page_.Series({"sextant_solves_total{", label, "code=\"CANCELLED\""}), 1) << strategy;
    EXPECT_EQ(page_.Series({"sextant_plans_total{", label, "row=\"request\""}), 1) << strategy;
  }
  EXPECT_EQ(page_.Sum({kGraded}), 0);
}

}  // namespace
}  // namespace sextant
