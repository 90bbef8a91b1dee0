// How hard a problem is by its first traces.
#include "server/pilot.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sextant {
namespace {

double Hard(const PilotTraces& traces, std::optional<double> mean_tokens = 100) {
  return EstimateByPilot(PilotModel(), traces, mean_tokens)->hard_probability;
}

TEST(PilotTest, SaysNothingBeforeTwoTracesHaveEnded) {
  EXPECT_FALSE(
      EstimateByPilot(PilotModel(), {.leading = 1, .votes = 1, .ended_tokens = {90}}, 100));
}

TEST(PilotTest, IsTheLogisticModelOfItsHeader) {
  const PilotTraces agree{.leading = 2, .votes = 2, .ended_tokens = {60, 100}};
  const PilotModel model{.intercept = 1, .support = -3, .length = 0.5};

  const PilotEstimate estimate = *EstimateByPilot(model, agree, 100);

  const double log_odds = 1 - 3 * (2.0 / 3) + 0.5 * std::log(0.8);
  EXPECT_NEAR(estimate.hard_probability, 1 / (1 + std::exp(-log_odds)), 1e-12);
  EXPECT_EQ(estimate.why, "2 of 2 ended traces agree at 0.80 of the mean length");
}

TEST(PilotTest, FindsDifferingAndMissingAnswersHarderThanAgreement) {
  const double agree = Hard({.leading = 2, .votes = 2, .ended_tokens = {100, 100}});
  const double one_silent = Hard({.leading = 1, .votes = 1, .ended_tokens = {100, 100}});
  const double differ = Hard({.leading = 1, .votes = 2, .ended_tokens = {100, 100}});

  EXPECT_LT(agree, one_silent);
  EXPECT_LT(one_silent, differ);
}

TEST(PilotTest, CountsRunningTracesOnceTheyAreLongerThanWhatHasEnded) {
  const PilotTraces alone{.leading = 2, .votes = 2, .ended_tokens = {100, 100}};
  PilotTraces with_fresh = alone, with_late = alone;
  with_fresh.running_tokens = {5};
  with_late.running_tokens = {700};

  EXPECT_EQ(Hard(with_fresh), Hard(alone));
  EXPECT_GT(Hard(with_late), Hard(alone));
}

TEST(PilotTest, LeavesLengthOutWhereTheModelsIsNotKnown) {
  const PilotTraces short_ones{.leading = 2, .votes = 2, .ended_tokens = {1, 1}};
  const PilotTraces long_ones{.leading = 2, .votes = 2, .ended_tokens = {1e6, 1e6}};

  EXPECT_EQ(Hard(short_ones, std::nullopt), Hard(long_ones, std::nullopt));
  EXPECT_EQ(EstimateByPilot(PilotModel(), long_ones, std::nullopt)->why,
            "2 of 2 ended traces agree");
}

TEST(PilotTest, StaysAProbabilityForExtremeLengths) {
  const double hard = Hard({.ended_tokens = {1e12, 0}});

  EXPECT_GT(hard, 0.5);
  EXPECT_LT(hard, 0.95);
}

}  // namespace
}  // namespace sextant
