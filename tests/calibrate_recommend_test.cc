// The adaptive strategy replayed on recorded traces, and the parameters that calibration
// recommends.
#include "client/calibrate/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/calibrate/recommend_report.h"
#include "client/calibrate/replay.h"
#include "server/policy.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Not;

// Its checkpoints are each 10 tokens.
constexpr ReplayModel kModel{.facts = {.mean_tokens = 80, .answer_rate = 1}};

v1::Adaptive Params() {
  v1::Adaptive params;
  params.set_first(2);
  params.set_margin(0.3);
  params.set_spare(0);
  params.set_late_after(1.25);
  params.set_drop_after(1.75);
  params.set_stated(0.75);
  params.set_length_exponent(0);
  return params;
}

CalibrationTrace Says(const std::string& answer, int64_t tokens) {
  return {.tokens = tokens, .answer = Answer{.canonical = answer}, .right = answer == "1"};
}

TEST(ReplayTest, StopsWhereTheRuleDoesAndBillsWhatWasGenerated) {
  const CalibrationProblem problem{
      .traces = {Says("1", 100), Says("1", 120), Says("2", 90), Says("2", 90)}};

  const Replayed solve = Replay(problem, 0, Params(), kModel);

  // 1 against 0.3 * (exp(-0.25) + 2) at 100 tokens.
  EXPECT_TRUE(solve.right);
  EXPECT_EQ(solve.sequential, 100);
  EXPECT_EQ(solve.billed, 200);
}

TEST(ReplayTest, StartsWithTheTraceThatItIsTold) {
  const CalibrationProblem problem{
      .traces = {Says("1", 100), Says("1", 120), Says("2", 90), Says("2", 95)}};

  EXPECT_FALSE(Replay(problem, 2, Params(), kModel).right);
  EXPECT_TRUE(Replay(problem, 4, Params(), kModel).right);
}

TEST(ReplayTest, LaunchesTheNextWaveWhereAnswersDiffer) {
  const CalibrationProblem problem{
      .traces = {Says("2", 100), Says("1", 100), Says("1", 50), Says("1", 60)}};

  const Replayed solve = Replay(problem, 0, Params(), kModel);

  // A tie at 100; the third trace decides: 1 against 0.3 * 1 at 150.
  EXPECT_TRUE(solve.right);
  EXPECT_EQ(solve.sequential, 150);
  EXPECT_EQ(solve.billed, 250);
}

TEST(ReplayTest, CountsWhatRunningTracesHaveStatedByThen) {
  CalibrationProblem problem{.traces = {Says("2", 200), Says("2", 210)}};
  for (CalibrationTrace& trace : problem.traces) {
    trace.stated = {{.at = 0.25, .answer = Answer{.canonical = "1"}, .right = true}};
  }

  const Replayed solve = Replay(problem, 0, Params(), kModel);

  // The first states it at 50 tokens: 0.75 against 0.3 * (0.25 + 1).
  EXPECT_TRUE(solve.right);
  EXPECT_EQ(solve.sequential, 50);
  EXPECT_EQ(solve.billed, 100);
}

TEST(ReplayTest, DropsATraceThatIsNotWorthItsTokens) {
  ReplayModel model = kModel;
  model.facts.drop_after = 300;
  const CalibrationProblem problem{.traces = {Says("1", 1000), Says("1", 320), Says("1", 100)}};
  v1::Adaptive params = Params();
  params.set_margin(2);
  params.set_late_after(1000);

  const Replayed solve = Replay(problem, 0, params, model);

  // Both are dropped at 300, where the third is launched.
  EXPECT_TRUE(solve.right);
  EXPECT_EQ(solve.billed, 2 * 300 + 100);
}

TEST(ReplayTest, VotesOverAllTraces) {
  const CalibrationProblem problem{.traces = {Says("1", 100), Says("2", 300), Says("1", 200)}};

  const Replayed vote = VoteOfAll(problem, TieRule::kShorter);

  EXPECT_TRUE(vote.right);
  EXPECT_EQ(vote.billed, 600);
  EXPECT_EQ(vote.sequential, 300);
}

ModelProfile ProfileOf100Tokens() {
  ModelProfile profile;
  profile.horizon = Horizon::kShort;
  profile.typical_trace_tokens = 100;
  profile.answer_rate = 1;
  return profile;
}

// Problems whose traces all agree, so that three are as good as seven.
std::vector<CalibrationProblem> PlainProblems(int count) {
  std::vector<CalibrationProblem> problems;
  for (int i = 0; i < count; ++i) {
    problems.push_back({.dataset = i % 3 == 0 ? "a" : "b",
                        .id = absl::StrCat(i),
                        .traces = std::vector<CalibrationTrace>(8, Says("1", 100))});
  }
  return problems;
}

const Recommendation& Of(v1::Goal goal, const std::vector<Recommendation>& all) {
  return *std::find_if(all.begin(), all.end(),
                       [goal](const Recommendation& one) { return one.goal == goal; });
}

TEST(RecommendTest, RecommendsWhatIsClearlyBetterOnProblemsThatItWasNotChosenOn) {
  const auto all = Recommend(PlainProblems(60), ProfileOf100Tokens());

  const Recommendation& fast = Of(v1::GOAL_FAST, all);
  EXPECT_EQ(fast.row, "fast-short");
  EXPECT_FALSE(fast.is_policy);
  EXPECT_EQ(fast.params.first(), 3);
  // Seven traces of eight, and three; at 52 tokens they are late, and one or three more start.
  EXPECT_THAT(fast.variants[0].billed, DoubleNear((7 + 0.48) / 8, 1e-9));
  EXPECT_THAT(fast.variants[1].billed, DoubleNear((3 + 3 * 0.48) / 8, 1e-9));
  // At two points for all tokens.
  EXPECT_THAT(fast.held_out.value, DoubleNear(2 * 3.04 / 8, 1e-9));
}

TEST(RecommendTest, KeepsThePolicysRowWhereAnotherIsBetterByLuck) {
  std::vector<CalibrationProblem> problems = PlainProblems(60);
  uint32_t random = 7;
  for (CalibrationProblem& problem : problems) {
    for (CalibrationTrace& trace : problem.traces) {
      random = random * 1664525 + 1013904223;
      trace = Says(absl::StrCat(1 + (random >> 16) % 3), 50 + (random >> 20) % 100);
    }
  }

  const auto all = Recommend(problems, ProfileOf100Tokens());

  for (const Recommendation& one : all) {
    EXPECT_GT(one.variants[1].value, one.variants[0].value) << one.row;  // On all problems.
    EXPECT_TRUE(one.is_policy) << one.row << " " << one.held_out.value;
  }
  EXPECT_THAT(RecommendationComment(all, Horizon::kShort), HasSubstr("# No other parameters"));
}

TEST(RecommendTest, KeepsThePolicysRowsOnTooFewProblemsAndSaysSo) {
  const auto all = Recommend(PlainProblems(29), ProfileOf100Tokens());

  ASSERT_EQ(all.size(), 4);
  for (const Recommendation& one : all) EXPECT_TRUE(one.is_policy && one.variants.empty());
  EXPECT_THAT(RecommendationText(all, Horizon::kShort), HasSubstr("Too few problems"));
}

TEST(RecommendTest, StartsFromAdaptiveRowsWithEveryParameterInAnyHorizon) {
  for (const auto& [name, horizon] : kHorizons) {
    ModelProfile profile = ProfileOf100Tokens();
    profile.horizon = horizon;
    for (const Recommendation& one : Recommend({}, profile)) {
      EXPECT_TRUE(one.params.first() > 0 && one.params.has_margin() && one.params.has_spare() &&
                  one.params.has_late_after() && one.params.has_drop_after() &&
                  one.params.has_stated() && one.params.has_length_exponent())
          << one.row;
    }
  }
}

TEST(RecommendTest, WritesRowsThatAPolicyCanHold) {
  const auto all = Recommend(PlainProblems(60), ProfileOf100Tokens());
  std::string text = "name: mine\nrows:\n";
  for (const Recommendation& one : all) {
    absl::StrAppend(&text, "  ", PolicyRowText(one, Horizon::kShort), "\n");
  }
  absl::StrAppend(&text, "  - {name: rest, horizon: any, strategy: simple}\n");

  const absl::StatusOr<Policy> policy = ParsePolicy(text, "mine.yaml");

  ASSERT_TRUE(policy.ok()) << policy.status();
  const PolicyRow& fast = policy->RowFor({.horizon = Horizon::kShort, .goal = v1::GOAL_FAST});
  EXPECT_EQ(fast.name, "fast-short");
  EXPECT_EQ(fast.strategy.strategy.adaptive().first(), 3);
  EXPECT_THAT(RecommendationComment(all, Horizon::kShort),
              AllOf(HasSubstr("\n#   - {name: fast-short, horizon: short, goal: fast, "),
                    Not(HasSubstr("No other"))));
}

TEST(RecommendTest, ReportsThePolicysRowAndWhatChangesFromIt) {
  const auto all = Recommend(PlainProblems(60), ProfileOf100Tokens());

  EXPECT_THAT(RecommendationText(all, Horizon::kShort),
              AllOf(HasSubstr("row fast-short"), HasSubstr("          first=3 "),
                    HasSubstr("fast: in place of the policy's row: - {name: fast-short, "),
                    HasSubstr("gains +0.76 [+0.76, +0.76] on the other\n")));
  const nlohmann::ordered_json fast = RecommendationJson(all)["fast"];
  EXPECT_EQ(fast["is_policy"], false);
  EXPECT_THAT(fast["strategy"].get<std::string>(), HasSubstr("first=3,"));
}

}  // namespace
}  // namespace sextant
