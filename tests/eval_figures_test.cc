// The figures behind a report: intervals, comparisons in pairs, the Pareto front, labels and CSV.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/eval/bootstrap.h"
#include "client/eval/label_layout.h"
#include "client/eval/measures.h"
#include "client/eval/pareto.h"
#include "client/eval/report_csv.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const Statistic kFirstMean = [](const std::vector<double>& means) { return means[0]; };

Observation Solve(const std::string& strategy, int problem, bool correct, int64_t billed) {
  Observation solve;
  solve.score = {.strategy = strategy, .dataset = "sums", .answered = true, .correct = correct};
  solve.score.usage.set_billed_tokens(billed);
  solve.score.usage.set_sequential_tokens(billed / 2);
  solve.problem_id = absl::StrCat(problem);
  return solve;
}

TEST(BootstrapTest, GivesTheMeanAndAnIntervalAroundIt) {
  Stratum stratum;
  for (int i = 0; i < 100; ++i) stratum.push_back({i < 80 ? 1.0 : 0.0});

  const Estimate estimate = Bootstrap({stratum}, {kFirstMean})[0];

  EXPECT_DOUBLE_EQ(estimate.value, 0.8);
  // The normal approximation says 0.8 +- 0.078.
  EXPECT_NEAR(estimate.interval->low, 0.722, 0.02);
  EXPECT_NEAR(estimate.interval->high, 0.878, 0.02);
}

TEST(BootstrapTest, IsTheSameEachTime) {
  const Stratum stratum = {{1}, {5}, {2}, {9}, {4}};

  const Estimate first = Bootstrap({stratum}, {kFirstMean})[0];
  const Estimate second = Bootstrap({stratum}, {kFirstMean})[0];

  EXPECT_EQ(first.interval->low, second.interval->low);
  EXPECT_EQ(first.interval->high, second.interval->high);
}

TEST(BootstrapTest, DrawsWithinDataSetsOfEqualWeight) {
  // Constant within each set: drawing across the two would give an interval of some width.
  const Stratum small = {{1}};
  const Stratum large = {{0}, {0}, {0}};

  const Estimate estimate = Bootstrap({small, large}, {kFirstMean})[0];

  EXPECT_DOUBLE_EQ(estimate.value, 0.5);
  EXPECT_DOUBLE_EQ(estimate.interval->low, 0.5);
  EXPECT_DOUBLE_EQ(estimate.interval->high, 0.5);
}

TEST(BootstrapTest, ComparesInPairs) {
  // Problems differ a lot, the two columns on a problem always by one.
  Stratum stratum;
  for (int i = 0; i < 20; ++i) stratum.push_back({i * 10.0 + 1, i * 10.0});

  const Estimate difference = Bootstrap(
      {stratum}, {[](const std::vector<double>& means) { return means[0] - means[1]; }})[0];

  EXPECT_NEAR(difference.interval->low, 1, 1e-9);
  EXPECT_NEAR(difference.interval->high, 1, 1e-9);
}

TEST(BootstrapTest, HasNoIntervalWhereTheValueIsNotANumber) {
  const Statistic ratio = [](const std::vector<double>& means) { return means[0] / means[1]; };
  EXPECT_FALSE(Bootstrap({{{1, 0}, {1, 0}}}, {ratio})[0].interval.has_value());
  EXPECT_FALSE(Bootstrap({}, {ratio})[0].interval.has_value());
}

TEST(MeasureAllTest, ComparesWithTheFirstMajorityVoteOnSharedProblems) {
  const std::vector<Observation> solves = {
      Solve("auto", 1, true, 50),
      Solve("auto", 2, true, 50),
      Solve("auto", 3, false, 900),  // An interrupted run: the baseline has no such problem.
      Solve("simple", 1, true, 10),
      Solve("majority_vote(n=8)", 1, true, 100),
      Solve("majority_vote(n=8)", 2, false, 100),
      Solve("majority_vote(n=4)", 1, true, 60)};

  const EvalMeasures measures = MeasureAll(solves);

  EXPECT_EQ(measures.baseline, "majority_vote(n=8)");
  const Comparison& comparison = *measures.strategies[0].overall.comparison;
  EXPECT_EQ(comparison.problems, 2);
  EXPECT_DOUBLE_EQ(comparison.accuracy_difference.value, 0.5);
  EXPECT_DOUBLE_EQ(comparison.billed_ratio.value, 0.5);
  EXPECT_DOUBLE_EQ(comparison.sequential_ratio.value, 0.5);
  EXPECT_FALSE(measures.strategies[2].overall.comparison.has_value());
}

TEST(MeasureAllTest, TakesAFixedStrategyAsTheBaselineWhereThereIsNoMajorityVote) {
  EXPECT_EQ(MeasureAll({Solve("auto", 1, true, 1), Solve("simple", 1, true, 1)}).baseline,
            "simple");
  EXPECT_EQ(MeasureAll({Solve("auto", 1, true, 1)}).baseline, "auto");
  EXPECT_THAT(MeasureAll({}).strategies, IsEmpty());
}

TEST(ParetoFrontTest, LeavesOutWhatAnotherBeats) {
  const std::vector<Offer> offers = {{.tokens = 300, .accuracy = 0.9},
                                     {.tokens = 100, .accuracy = 0.5},
                                     {.tokens = 200, .accuracy = 0.4},   // Costs more, right less.
                                     {.tokens = 400, .accuracy = 0.9}};  // Costs more, the same.
  EXPECT_THAT(ParetoFront(offers), ElementsAre(1, 0));
}

TEST(ParetoFrontTest, KeepsBothOfTwoEqualOffers) {
  const Offer offer = {.tokens = 100, .accuracy = 0.5};
  EXPECT_THAT(ParetoFront({offer, offer}), SizeIs(2));
}

TEST(PlaceLabelsTest, KeepsLabelsOfNearPointsApartAndWithinTheChart) {
  const LabelLayout layout = {.bounds = {.left = 0, .top = 0, .right = 400, .bottom = 300}};
  const std::vector<LabelRequest> labels = {{{100, 100}, 20}, {{104, 100}, 20}, {{395, 5}, 20}};

  const std::vector<ChartBox> boxes = PlaceLabels(labels, layout);

  ASSERT_EQ(boxes.size(), 3u);
  EXPECT_FALSE(Overlap(boxes[0], boxes[1]));
  EXPECT_LE(boxes[2].right, 400);
  EXPECT_GE(boxes[2].top, 0);
}

TEST(PlaceLabelsTest, PlacesNoneWhenThereIsNoRoomForAll) {
  const LabelLayout layout = {.bounds = {.left = 0, .top = 0, .right = 400, .bottom = 300}};
  EXPECT_THAT(PlaceLabels(std::vector<LabelRequest>(40, {{200, 150}, 20}), layout), IsEmpty());
}

TEST(ReportCsvTest, HasALinePerStrategyAndDataSetWithAsManyFieldsAsTheHeader) {
  std::vector<Observation> solves = {Solve("simple", 1, true, 10), Solve("simple", 2, false, 20)};
  solves[1].score.dataset = "words";

  const std::string csv = ReportCsv("model-a", MeasureAll(solves));

  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n", absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], StartsWith("model,strategy,dataset,problems,failed,no_answer,accuracy,"));
  EXPECT_THAT(lines[1], StartsWith("model-a,simple,all,2,0,0,0.5,"));
  EXPECT_THAT(lines[3], StartsWith("model-a,simple,words,1,0,0,0,0,0,20,20,20,10,"));
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','),
              std::count(lines[0].begin(), lines[0].end(), ','));
  }
}

TEST(ReportCsvTest, QuotesWhatHoldsCommasQuotesOrLineBreaks) {
  std::vector<Observation> solves = {Solve("majority_vote(n=4,stop=all)", 1, true, 10)};
  solves[0].score.dataset = "so-called \"sums\"\n";

  const std::string csv = ReportCsv("model-a", MeasureAll(solves));

  EXPECT_THAT(csv, HasSubstr("\"majority_vote(n=4,stop=all)\""));
  EXPECT_THAT(csv, HasSubstr(",\"so-called \"\"sums\"\"\n\",1,"));
}

}  // namespace
}  // namespace sextant
