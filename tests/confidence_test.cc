// Group confidence over a sliding window, and the bar that it sets.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "server/strategies/confidence_bar.h"
#include "server/strategies/confidence_window.h"

namespace sextant {
namespace {

// Numbers like the confidences of tokens; equal in every run.
std::vector<float> Confidences(size_t count) {
  std::mt19937 random(7);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random() % 100'000) / 4000;
  return values;
}

double MeanOf(const std::vector<float>& values, size_t begin, size_t end) {
  return std::accumulate(values.begin() + static_cast<ptrdiff_t>(begin),
                         values.begin() + static_cast<ptrdiff_t>(end), 0.0) /
         static_cast<double>(end - begin);
}

ConfidenceWindow WindowOf(int size, const std::vector<float>& values) {
  ConfidenceWindow window(size);
  for (const float value : values) window.Add(value);
  return window;
}

TEST(ConfidenceWindowTest, HasNoLowestBeforeTheFirstToken) {
  const ConfidenceWindow window(3);

  EXPECT_FALSE(window.lowest());
  EXPECT_EQ(window.mean(), 0);
  EXPECT_FALSE(window.is_full());
}

TEST(ConfidenceWindowTest, TakesAShortTracesMeanOverWhatItHas) {
  const ConfidenceWindow window = WindowOf(4, {9, 1, 2});

  EXPECT_FALSE(window.is_full());
  EXPECT_DOUBLE_EQ(*window.lowest(), 4);
}

TEST(ConfidenceWindowTest, KeepsTheLeastMeanOfFullWindowsOnly) {
  // The first token alone is the least of all means, and no full window.
  const ConfidenceWindow window = WindowOf(2, {1, 9, 4, 2, 8});

  EXPECT_DOUBLE_EQ(window.mean(), 5);
  EXPECT_DOUBLE_EQ(*window.lowest(), 3);
}

TEST(ConfidenceWindowTest, AgreesWithANaiveComputationForEveryLength) {
  const std::vector<float> values = Confidences(500);
  for (const int size : {1, 2, 7, 64, 499, 500, 501}) {
    ConfidenceWindow window(size);
    double lowest = std::numeric_limits<double>::infinity();
    for (size_t end = 1; end <= values.size(); ++end) {
      window.Add(values[end - 1]);
      const size_t length = std::min(end, static_cast<size_t>(size));
      const double mean = MeanOf(values, end - length, end);
      lowest = end >= static_cast<size_t>(size) ? std::min(lowest, mean) : lowest;
      ASSERT_NEAR(window.mean(), mean, 1e-9) << "window " << size << " after " << end;
      ASSERT_NEAR(*window.lowest(), std::isinf(lowest) ? mean : lowest, 1e-9)
          << "window " << size << " after " << end;
    }
  }
}

TEST(ConfidenceWindowTest, DoesNotDriftOverAMillionTokens) {
  const std::vector<float> values = Confidences(1'000'000);

  // A huge number on the way would leave its rounding error in a running sum for good.
  ConfidenceWindow window(2048);
  for (size_t i = 0; i < values.size(); ++i) window.Add(i % 100'000 == 5 ? 1e30F : values[i]);

  EXPECT_NEAR(window.mean(), MeanOf(values, values.size() - 2048, values.size()), 1e-9);
}

// The bar that warm-up traces of these lowest confidences set.
ConfidenceBar BarOf(double keep, const std::vector<double>& lowest) {
  ConfidenceBar bar({.keep = keep, .warmup = static_cast<int>(lowest.size())});
  for (size_t i = 0; i < lowest.size(); ++i) bar.Ended(static_cast<int>(i), lowest[i]);
  return bar;
}

TEST(ConfidenceBarTest, IsThePercentileBetweenTwoTraces) {
  EXPECT_DOUBLE_EQ(*BarOf(0.9, {8, 5, 6, 7, 9}).height(), 5.4);
  EXPECT_DOUBLE_EQ(*BarOf(0.5, {8, 5, 6, 9}).height(), 7);
  EXPECT_DOUBLE_EQ(*BarOf(1, {8, 5}).height(), 5);
  EXPECT_DOUBLE_EQ(*BarOf(0.1, {7}).height(), 7);
}

TEST(ConfidenceBarTest, WaitsForEveryWarmUpTrace) {
  ConfidenceBar bar({.keep = 0.5, .warmup = 3});
  bar.Ended(2, 4);
  bar.Ended(3, 1);  // No warm-up trace.
  bar.Ended(0, std::nullopt);
  EXPECT_FALSE(bar.height());

  bar.Ended(1, 6);

  EXPECT_DOUBLE_EQ(*bar.height(), 5);
}

TEST(ConfidenceBarTest, IsNeverSetWhereNoTraceHasAConfidenceOrNoneIsToBeStopped) {
  ConfidenceBar unknown({.keep = 0.9, .warmup = 1});
  unknown.Ended(0, std::nullopt);
  ConfidenceBar off({.keep = 0, .warmup = 1});
  off.Ended(0, 5);

  EXPECT_FALSE(unknown.height());
  EXPECT_FALSE(off.height());
}

TEST(ConfidenceBarTest, StopsALaterTraceOnceAFullWindowHasFallenBelow) {
  const ConfidenceBar bar = BarOf(1, {5});

  EXPECT_TRUE(bar.IsBelow(1, WindowOf(2, {4, 4})));
  EXPECT_TRUE(bar.IsBelow(1, WindowOf(2, {4, 4, 9, 9})));  // It was below.
  EXPECT_FALSE(bar.IsBelow(1, WindowOf(2, {4})));          // Not full yet.
  EXPECT_FALSE(bar.IsBelow(1, WindowOf(2, {5, 5})));
  EXPECT_FALSE(bar.IsBelow(0, WindowOf(2, {4, 4})));  // A warm-up trace.
}

}  // namespace
}  // namespace sextant
