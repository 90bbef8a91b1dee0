// Strategies as text and back.
#include "server/strategies/spec.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace sextant {
namespace {

std::string ParseError(absl::string_view text) {
  return std::string(ParseStrategy(text).status().message());
}

class RoundTripTest : public testing::TestWithParam<const char*> {};

TEST_P(RoundTripTest, GivesTheSameText) {
  const absl::StatusOr<v1::Strategy> strategy = ParseStrategy(GetParam());

  ASSERT_TRUE(strategy.ok()) << strategy.status();
  EXPECT_EQ(StrategyText(*strategy), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    SpecTest, RoundTripTest,
    testing::Values("auto", "simple", "majority_vote", "majority_vote(n=8)",
                    "majority_vote(n=256,stop=all)", "first_finish(k=3,n=8)", "first_finish(n=8)",
                    "first_finish(k=3,n=8,stop=lossless)", "last_finish(k=8,n=8)",
                    "majority_vote(n=8,weights=length)",
                    "majority_vote(n=16,weights=confidence,keep=0.9,warmup=4,window=2048)",
                    "majority_vote(keep=0.5)", "majority_vote(n=8,weights=confidence,window=64)",
                    "adaptive(n=8,keep=0)", "adaptive(warmup=4)",
                    "adaptive(n=8,keep=0.9,warmup=4,window=512,weights=confidence)", "adaptive",
                    "adaptive(n=8)",
                    "adaptive(n=8,first=2,margin=0.3,spare=0,late_after=1.25,drop_after=0,"
                    "stated=0,length_exponent=-0.1)",
                    "first_finish(k=3,n=8,stop=lossless,weights=confidence)",
                    "last_finish(k=3,n=8,stop=lossless)", "beam_search", "beam_search(width=4)",
                    "beam_search(width=64,step_tokens=128,step_delimiter=\"a,\\\")\\n\","
                    "expansion=8,length_penalty=0.1)"));

TEST(SpecTest, ReadsEveryParameter) {
  const v1::Strategy finish =
      ParseStrategy(" first_finish ( k = 3 , n = 8, stop = lossless ) ").value();
  const v1::Strategy beam =
      ParseStrategy(
          "beam_search(width=2,step_tokens=9,step_delimiter=\"\\n;\",expansion=3,"
          "length_penalty=1.5)")
          .value();

  EXPECT_EQ(finish.first_finish().k(), 3);
  EXPECT_EQ(finish.first_finish().n(), 8);
  EXPECT_EQ(finish.first_finish().stop(), v1::STOP_LOSSLESS);
  EXPECT_EQ(beam.beam_search().width(), 2);
  EXPECT_EQ(beam.beam_search().step_tokens(), 9);
  EXPECT_EQ(beam.beam_search().step_delimiter(), "\n;");
  EXPECT_EQ(beam.beam_search().expansion(), 3);
  EXPECT_EQ(beam.beam_search().length_penalty(), 1.5);
}

TEST(SpecTest, LeavesOutDefaultsOfStopAndBeams) {
  v1::Strategy vote, finish, beam;
  vote.mutable_majority_vote()->set_n(8);
  vote.mutable_majority_vote()->set_stop(v1::STOP_LOSSLESS);
  finish.mutable_first_finish()->set_stop(v1::STOP_ALL);
  beam.mutable_beam_search()->set_step_tokens(kDefaultStepTokens);
  beam.mutable_beam_search()->set_step_delimiter("\n\n");
  beam.mutable_beam_search()->set_expansion(kDefaultExpansion);
  beam.mutable_beam_search()->set_length_penalty(1);

  EXPECT_EQ(StrategyText(vote), "majority_vote(n=8)");
  EXPECT_EQ(StrategyText(finish), "first_finish");
  EXPECT_EQ(StrategyText(beam), "beam_search");
}

TEST(SpecTest, SuggestsTheStrategyThatWasMeant) {
  EXPECT_EQ(
      ParseError("majorty_vote(n=8)"),
      "unknown strategy \"majorty_vote\" (did you mean majority_vote?), expected one of auto, "
      "simple, majority_vote, first_finish, last_finish, beam_search, adaptive");
}

TEST(SpecTest, SuggestsTheParameterThatWasMeant) {
  EXPECT_EQ(ParseError("beam_search(widht=4)"),
            "strategy.beam_search: unknown parameter \"widht\" (did you mean width?)");
  EXPECT_EQ(ParseError("first_finish(m=1)"),
            "strategy.first_finish: unknown parameter \"m\" (did you mean k?)");
  EXPECT_EQ(ParseError("majority_vote(temperature=1)"),
            "strategy.majority_vote: unknown parameter \"temperature\" (known: n, stop, weights, "
            "keep, warmup, window)");
  EXPECT_EQ(ParseError("simple(n=2)"),
            "strategy.simple: unknown parameter \"n\" (it has no parameters)");
}

TEST(SpecTest, RefusesValuesOutOfRange) {
  EXPECT_EQ(ParseError("majority_vote(n=257)"),
            "strategy.majority_vote.n is \"257\", expected 1 to 256");
  EXPECT_EQ(ParseError("majority_vote(n=0)"),
            "strategy.majority_vote.n is \"0\", expected 1 to 256");
  EXPECT_EQ(ParseError("majority_vote(stop=soon)"),
            "strategy.majority_vote.stop is \"soon\", expected lossless or all");
  EXPECT_EQ(ParseError("first_finish(k=9,n=8)"),
            "strategy.first_finish.k is 9, expected 1 to n (8)");
  EXPECT_EQ(ParseError("beam_search(length_penalty=nan)"),
            "strategy.beam_search.length_penalty is \"nan\", expected a number above 0 up to 2");
  EXPECT_EQ(
      ParseError("beam_search(step_delimiter=abc)"),
      "strategy.beam_search.step_delimiter is \"abc\", expected 1 to 64 bytes in double quotes");
}

TEST(SpecTest, RefusesAnUnfitStoppingOfWeakTraces) {
  EXPECT_EQ(ParseError("majority_vote(n=4,keep=0.9,warmup=4)"),
            "strategy.majority_vote.warmup is 4, expected below n (4)");
  EXPECT_EQ(ParseError("adaptive(n=4,keep=0.9,warmup=5)"),
            "strategy.adaptive.warmup is 5, expected below n (4)");
  EXPECT_EQ(ParseError("majority_vote(keep=1.1)"),
            "strategy.majority_vote.keep is \"1.1\", expected a number from 0 to 1");
  EXPECT_EQ(ParseError("majority_vote(keep=nan)"),
            "strategy.majority_vote.keep is \"nan\", expected a number from 0 to 1");
  EXPECT_EQ(ParseError("majority_vote(n=4,warmup=2)"),
            "strategy.majority_vote.warmup is 2, expected keep with it");
  EXPECT_EQ(ParseError("majority_vote(n=4,window=64)"),
            "strategy.majority_vote.window is 64, expected keep or weights=confidence with it");
  EXPECT_EQ(ParseError("majority_vote(keep=0.9,window=32769)"),
            "strategy.majority_vote.window is \"32769\", expected 1 to 32768");
  EXPECT_EQ(ParseError("majority_vote(keep=0.9,warmup=256)"),
            "strategy.majority_vote.warmup is \"256\", expected 1 to 255");
  EXPECT_EQ(ParseError("adaptive(weights=uniform)"),
            "strategy.adaptive.weights is 1, expected WEIGHTS_LENGTH or WEIGHTS_CONFIDENCE");
}

TEST(SpecTest, RefusesAFractionWhereAWholeNumberBelongs) {
  EXPECT_EQ(ParseError("adaptive(spare=1.5)"),
            "strategy.adaptive.spare is \"1.5\", expected 0 to 256");
}

TEST(SpecTest, TellsHowConfidenceIsUsed) {
  const auto use = [](absl::string_view text) { return ConfidenceUseOf(*ParseStrategy(text)); };

  EXPECT_EQ(use("majority_vote(n=8)").window, 0);
  EXPECT_EQ(use("adaptive(keep=0,warmup=3,window=9)").window, 0);
  EXPECT_EQ(use("first_finish(weights=confidence)").window, 2048);
  EXPECT_EQ(use("majority_vote(weights=confidence,window=9)").window, 9);
  EXPECT_EQ(use("adaptive(keep=0.5,warmup=3)").window, 2048);
  EXPECT_EQ(use("adaptive(keep=0.5,warmup=3)").warmup, 3);
  EXPECT_EQ(use("adaptive(keep=0.5,warmup=3)").keep, 0.5);
}

TEST(SpecTest, RefusesMalformedText) {
  EXPECT_FALSE(ParseStrategy("").ok());
  EXPECT_FALSE(ParseStrategy("simple)").ok());
  EXPECT_FALSE(ParseStrategy("majority_vote(n=8").ok());
  EXPECT_FALSE(ParseStrategy("majority_vote(n)").ok());
  EXPECT_FALSE(ParseStrategy("majority_vote(n=8,)").ok());
  EXPECT_FALSE(ParseStrategy("majority_vote(n=8,n=8)").ok());
  EXPECT_FALSE(ParseStrategy("majority_vote(n=8)(n=8)").ok());
  EXPECT_FALSE(ParseStrategy(std::string(2000, ' ')).ok());
}

TEST(SpecTest, KnowsLargeInTemplatesOnly) {
  const absl::StatusOr<StrategyTemplate> all =
      ParseStrategyTemplate("last_finish(k=large,n=large)");
  const absl::StatusOr<StrategyTemplate> first = ParseStrategyTemplate("first_finish(k=2,n=large)");

  ASSERT_TRUE(all.ok() && first.ok());
  EXPECT_TRUE(all->k_is_n);
  EXPECT_EQ(TraceCount(all->strategy), 0);
  EXPECT_FALSE(first->k_is_n);
  EXPECT_EQ(FinishCount(first->strategy), 2);
  EXPECT_EQ(ParseError("majority_vote(n=large)"),
            "strategy.majority_vote.n is \"large\", expected 1 to 256");
}

TEST(SpecTest, NamesEveryStrategy) {
  EXPECT_EQ(StrategyName(v1::Strategy()), "auto");
  EXPECT_EQ(StrategyName(ParseStrategy("simple").value()), "simple");
  EXPECT_EQ(StrategyName(ParseStrategy("majority_vote").value()), "majority_vote");
  EXPECT_EQ(StrategyName(ParseStrategy("first_finish").value()), "first_finish");
  EXPECT_EQ(StrategyName(ParseStrategy("last_finish").value()), "last_finish");
  EXPECT_EQ(StrategyName(ParseStrategy("beam_search").value()), "beam_search");
}

TEST(CheckStrategyTest, RefusesWhatOnlyAMessageCanHold) {
  v1::Strategy negative, stop, expansion, penalty, k_alone;
  negative.mutable_majority_vote()->set_n(-1);
  stop.mutable_last_finish()->set_stop(static_cast<v1::Stop>(7));
  expansion.mutable_beam_search()->set_expansion(1);
  penalty.mutable_beam_search()->set_length_penalty(-0.5);
  k_alone.mutable_first_finish()->set_k(257);

  EXPECT_EQ(CheckStrategy(negative).message(), "strategy.majority_vote.n is -1, expected 1 to 256");
  EXPECT_EQ(CheckStrategy(stop).message(),
            "strategy.last_finish.stop is 7, expected STOP_LOSSLESS or STOP_ALL");
  EXPECT_EQ(CheckStrategy(expansion).message(),
            "strategy.beam_search.expansion is 1, expected 2 to 8");
  EXPECT_EQ(CheckStrategy(penalty).message(),
            "strategy.beam_search.length_penalty is -0.5, expected 0 to 2");
  v1::Strategy keep, warmup, window;
  keep.mutable_adaptive()->set_keep(std::numeric_limits<double>::quiet_NaN());
  warmup.mutable_majority_vote()->set_warmup(-1);
  window.mutable_adaptive()->set_window(-1);
  EXPECT_EQ(CheckStrategy(keep).message(), "strategy.adaptive.keep is nan, expected 0 to 1");
  EXPECT_EQ(CheckStrategy(warmup).message(),
            "strategy.majority_vote.warmup is -1, expected 1 to 255");
  EXPECT_EQ(CheckStrategy(window).message(), "strategy.adaptive.window is -1, expected 1 to 32768");
  EXPECT_EQ(CheckStrategy(k_alone).message(), "strategy.first_finish.k is 257, expected 1 to 256");
}

TEST(CheckStrategyTest, AcceptsDefaultsAndTheEndsOfRanges) {
  v1::Strategy unset, defaults, widest;
  defaults.mutable_first_finish();
  widest.mutable_first_finish()->set_k(256);
  widest.mutable_first_finish()->set_n(256);

  EXPECT_TRUE(CheckStrategy(unset).ok());
  EXPECT_TRUE(CheckStrategy(defaults).ok());
  EXPECT_TRUE(CheckStrategy(widest).ok());
}

}  // namespace
}  // namespace sextant
