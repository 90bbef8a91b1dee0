// The expected use of tokens against hand-computed values and against its own promises.
#include "server/expected_use.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

ModelConfig ModelOf1000Tokens() {
  ModelConfig model;
  model.typical_trace_tokens = 1000;
  model.price = PriceConfig{.prompt_per_million = 1000, .completion_per_million = 2000};
  model.backends.emplace_back();
  return model;
}

v1::SolveRequest RequestOf400Bytes() {
  v1::SolveRequest request;
  request.set_prompt(std::string(400, 'x'));
  return request;
}

// With every parameter that the text leaves out set to its default.
v1::Strategy Complete(absl::string_view text) {
  v1::Strategy strategy = ParseStrategy(text).value();
  if (strategy.has_beam_search()) {
    strategy.mutable_beam_search()->set_step_tokens(100);
    strategy.mutable_beam_search()->set_expansion(2);
  }
  return strategy;
}

class ExpectedUseTest : public testing::Test {
 protected:
  v1::Expectation Of(absl::string_view text) const {
    return ExpectedUse(request_, model_, time_left_).Of(Complete(text));
  }
  bool Fits(absl::string_view text) const {
    return ExpectedUse(request_, model_, time_left_).Fits(Complete(text));
  }

  v1::SolveRequest request_ = RequestOf400Bytes();
  ModelConfig model_ = ModelOf1000Tokens();
  absl::Duration time_left_ = absl::InfiniteDuration();
};

TEST(ExpectedLengthsTest, KeepTheMeanAndGrow) {
  const std::vector<double> lengths = ExpectedLengths(8, 1000);

  ASSERT_EQ(lengths.size(), 8u);
  EXPECT_NEAR(std::accumulate(lengths.begin(), lengths.end(), 0.0), 8000, 1e-6);
  EXPECT_TRUE(std::is_sorted(lengths.begin(), lengths.end()));
  // exp(0.4 * z) of Blom's scores +-1.434, +-0.852, +-0.473, +-0.153 sums up to 8.478.
  EXPECT_NEAR(lengths.front(), 532, 2);
  EXPECT_NEAR(lengths.back(), 1675, 5);
}

TEST(ExpectedLengthsTest, GiveOneTraceItsMean) {
  EXPECT_DOUBLE_EQ(ExpectedLengths(1, 1234)[0], 1234);
}

TEST_F(ExpectedUseTest, BillsEveryTraceOfAVoteInFull) {
  EXPECT_EQ(Of("simple").billed_tokens(), 1000);
  EXPECT_EQ(Of("simple").sequential_tokens(), 1000);
  EXPECT_EQ(Of("majority_vote(n=8)").billed_tokens(), 8000);
  EXPECT_NEAR(Of("majority_vote(n=8)").sequential_tokens(), 1675, 5);
  EXPECT_EQ(Of("last_finish(k=3,n=8)").billed_tokens(), 8000);
}

TEST_F(ExpectedUseTest, ExpectsAVoteWithABarToTakeItsTwoWavesOneAfterTheOther) {
  const v1::Expectation waves = Of("majority_vote(n=8,keep=0.9,warmup=4)");
  const v1::Expectation half = Of("majority_vote(n=4)");

  EXPECT_EQ(waves.billed_tokens(), 8000);  // The most: no trace is stopped.
  EXPECT_NEAR(waves.sequential_tokens(), 2 * half.sequential_tokens(), 1);

  request_.mutable_budget()->set_max_sequential_tokens(2000);
  EXPECT_EQ(Of("majority_vote(n=8,keep=0.9,warmup=4)").sequential_tokens(), 2000);
}

TEST_F(ExpectedUseTest, BillsFirstFinishUpToItsStop) {
  const int64_t first = Of("first_finish(k=1,n=8)").sequential_tokens();

  EXPECT_NEAR(first, 532, 2);
  EXPECT_NEAR(Of("first_finish(k=1,n=8)").billed_tokens(), 8 * first, 8);
  EXPECT_GT(Of("first_finish(k=3,n=8)").billed_tokens(), 8 * first);
  EXPECT_LT(Of("first_finish(k=3,n=8)").billed_tokens(), 8000);
  EXPECT_EQ(Of("first_finish(k=8,n=8)").billed_tokens(), 8000);
}

TEST_F(ExpectedUseTest, GrowsWithEveryTraceOfFirstFinish) {
  for (int k = 1; k <= 16; k *= 2) {
    int64_t last = 0;
    for (int n = k; n <= 256; ++n) {
      const int64_t billed = Of(absl::StrCat("first_finish(k=", k, ",n=", n, ")")).billed_tokens();
      EXPECT_GT(billed, last) << "k=" << k << " n=" << n;
      last = billed;
    }
  }
}

TEST_F(ExpectedUseTest, CountsPromptsOfEveryTraceInTheCost) {
  // Per trace 100 prompt tokens at 0.001 USD and 1000 completion tokens at 0.002.
  EXPECT_NEAR(Of("simple").cost_usd(), 2.1, 1e-9);
  EXPECT_NEAR(Of("majority_vote(n=4)").cost_usd(), 8.4, 1e-9);
}

TEST_F(ExpectedUseTest, HasNoCostWithoutAPrice) {
  model_.price.reset();

  EXPECT_FALSE(Of("simple").has_cost_usd());
}

TEST_F(ExpectedUseTest, CutsTracesAtTheLongestTraceAllowed) {
  request_.mutable_sampling()->set_max_trace_tokens(600);

  EXPECT_EQ(Of("simple").billed_tokens(), 600);
  EXPECT_EQ(Of("majority_vote(n=8)").sequential_tokens(), 600);
  EXPECT_LT(Of("majority_vote(n=8)").billed_tokens(), 8 * 600);
}

TEST_F(ExpectedUseTest, CutsTracesAtTheSequentialBudget) {
  request_.mutable_budget()->set_max_sequential_tokens(100);

  EXPECT_EQ(Of("majority_vote(n=8)").sequential_tokens(), 100);
  EXPECT_EQ(Of("majority_vote(n=8)").billed_tokens(), 800);
}

TEST_F(ExpectedUseTest, CutsTracesAtTheDeadlineWhenTheSpeedIsKnown) {
  time_left_ = absl::Seconds(2);
  const int64_t unknown_speed = Of("simple").sequential_tokens();
  model_.tokens_per_second = 100;

  EXPECT_EQ(unknown_speed, 1000);
  EXPECT_EQ(Of("simple").sequential_tokens(), 200);
}

TEST_F(ExpectedUseTest, EndsWhereTheTokenBudgetIsSpent) {
  request_.mutable_budget()->set_max_tokens(2000);

  // All 8 run side by side and none has ended at 250 tokens.
  EXPECT_EQ(Of("majority_vote(n=8)").billed_tokens(), 2000);
  EXPECT_EQ(Of("majority_vote(n=8)").sequential_tokens(), 250);
  EXPECT_FALSE(Fits("majority_vote(n=8)"));
  EXPECT_TRUE(Fits("majority_vote(n=2)"));
  EXPECT_FALSE(Fits("majority_vote(n=3)"));
}

TEST_F(ExpectedUseTest, EndsWhereTheCostBudgetIsSpent) {
  request_.mutable_budget()->set_max_cost_usd(4.2);

  EXPECT_TRUE(Fits("majority_vote(n=2)"));
  EXPECT_FALSE(Fits("majority_vote(n=3)"));
  EXPECT_NEAR(Of("majority_vote(n=3)").cost_usd(), 4.2, 1e-9);
  EXPECT_NEAR(ExpectedUse(request_, model_, time_left_).traces_by_cost(), 2, 1e-9);
}

TEST_F(ExpectedUseTest, BillsBeamsByWidthAndExpansion) {
  const v1::Expectation steps = Of("beam_search(width=4)");
  model_.backends[0].beam_search = BeamSearchMode::kNative;
  const v1::Expectation native = Of("beam_search(width=4)");

  EXPECT_EQ(steps.billed_tokens(), 8000);
  EXPECT_EQ(steps.sequential_tokens(), 1000);
  // 8 continuations, 10 steps, each with the prompt and half the text before it.
  EXPECT_NEAR(steps.cost_usd(), 8000 * 0.002 + 80 * 600 * 0.001, 1e-9);
  EXPECT_EQ(native.billed_tokens(), 1000);
}

TEST_F(ExpectedUseTest, ExpectsWavesToNeedAShareOfTheVoteThatGrowsWithTheMargin) {
  EXPECT_EQ(Of("adaptive(n=8,first=2,margin=0.3)").billed_tokens(), 3760);  // 0.47 * 8000.
  EXPECT_EQ(Of("adaptive(n=8,first=2,margin=1)").billed_tokens(), 6000);
  EXPECT_EQ(Of("adaptive(n=8,first=7,margin=0.5)").billed_tokens(),
            Of("first_finish(k=4,n=7)").billed_tokens());
  EXPECT_EQ(Of("adaptive(n=1,first=2,margin=0.3)").billed_tokens(), 1000);
}

ModelProfile AgreeingProfile() {
  ModelProfile profile;
  profile.agreement = 0.8;
  profile.answer_rate = 0.95;
  profile.difficulty = DifficultyProfile{.agreement_easy = 0.9, .agreement_hard = 0.6};
  return profile;
}

TEST(ExpectedAgreementTest, LiesBetweenThatOfEasyAndOfHardProblems) {
  const v1::Strategy vote = Complete("majority_vote(n=8)");

  EXPECT_NEAR(*ExpectedAgreement(vote, AgreeingProfile(), 0), 0.9, 1e-9);
  EXPECT_NEAR(*ExpectedAgreement(vote, AgreeingProfile(), 0.25), 0.825, 1e-9);
  EXPECT_NEAR(*ExpectedAgreement(vote, AgreeingProfile(), 1), 0.6, 1e-9);
}

TEST(ExpectedAgreementTest, IsThatOfAllProblemsWhereTheProfileDoesNotTellThemApart) {
  ModelProfile profile = AgreeingProfile();
  profile.difficulty->agreement_hard.reset();

  EXPECT_EQ(ExpectedAgreement(Complete("adaptive(n=8)"), profile, 1), 0.8);
  EXPECT_EQ(ExpectedAgreement(Complete("last_finish(k=3,n=8)"), profile, 1), 0.8);
}

TEST(ExpectedAgreementTest, IsTheRateOfAnswersWhereOneTraceVotes) {
  for (const char* text : {"simple", "first_finish(k=1,n=8)", "majority_vote(n=1)"}) {
    EXPECT_EQ(ExpectedAgreement(Complete(text), AgreeingProfile(), 1), 0.95) << text;
  }
}

TEST(ExpectedAgreementTest, IsUnsetWithoutAProfileAndForBeams) {
  EXPECT_EQ(ExpectedAgreement(Complete("majority_vote(n=8)"), {}, 0), std::nullopt);
  EXPECT_EQ(ExpectedAgreement(Complete("beam_search(width=4)"), AgreeingProfile(), 0),
            std::nullopt);
}

TEST_F(ExpectedUseTest, ExpectsWavesToStayWithinABudgetThatHoldsOneTrace) {
  request_.mutable_budget()->set_max_tokens(3000);
  EXPECT_EQ(Of("adaptive(n=8,first=1,margin=0.5)").billed_tokens(), 1350);
  EXPECT_TRUE(Fits("adaptive(n=8,first=1,margin=0.5)"));
  request_.mutable_budget()->set_max_tokens(900);
  EXPECT_FALSE(Fits("adaptive(n=8,first=1,margin=0.5)"));
}

}  // namespace
}  // namespace sextant
