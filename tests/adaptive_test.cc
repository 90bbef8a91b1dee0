// The adaptive strategy: when it stops, what it launches and drops, and that it says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/solve_report.h"
#include "server/strategies/adaptive_rule.h"
#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using Kind = AdaptiveMove::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr AdaptiveModel kModel{.mean_tokens = 100, .answer_rate = 1};

v1::Adaptive Params(int n) {
  v1::Adaptive params;
  params.set_n(n);
  params.set_first(2);
  params.set_margin(0.3);
  params.set_spare(1);
  params.set_late_after(1.25);
  params.set_drop_after(1.75);
  params.set_stated(0.75);
  params.set_length_exponent(0);
  return params;
}

Answer AnswerOfText(const std::string& text) { return {text, text, AnswerKind::kInteger}; }

// Finished traces that gave these answers, of mean length, in the order of launch.
AdaptiveState Finished(const std::vector<std::string>& answers) {
  AdaptiveState state;
  for (const std::string& answer : answers) {
    state.votes.push_back({.answer = AnswerOfText(answer), .tokens = 100, .index = state.launched});
    ++state.launched;
    ++state.finished;
    state.finished_tokens += 100;
  }
  return state;
}

void AddRunning(AdaptiveState& state, int64_t tokens, const std::string& stated = "") {
  std::optional<Answer> answer;
  if (!stated.empty()) answer = AnswerOfText(stated);
  state.running.push_back({state.launched++, tokens, answer});
}

Kind Move(const AdaptiveState& state, const v1::Adaptive& params,
          const AdaptiveModel& model = kModel) {
  return NextMove(state, params, model, {}).kind;
}

TEST(AdaptiveRuleTest, StopsWhenTheMarginIsAShareOfTheVotesStillExpected) {
  // 2 against 0.3 * 6, and 1 against 0.3 * 5.
  EXPECT_EQ(Move(Finished({"4", "4"}), Params(8)), Kind::kStop);
  EXPECT_EQ(Move(Finished({"4", "4", "7"}), Params(8)), Kind::kLaunch);
  v1::Adaptive careful = Params(8);
  careful.set_margin(1);
  EXPECT_EQ(Move(Finished({"4", "4"}), careful), Kind::kLaunch);
}

TEST(AdaptiveRuleTest, NeverStopsOnATieWhileTracesAreLeft) {
  v1::Adaptive hasty = Params(8);
  hasty.set_margin(0);
  EXPECT_EQ(Move(Finished({"4", "7"}), hasty), Kind::kLaunch);
  EXPECT_EQ(Move(Finished({"4", "7"}), Params(2)), Kind::kStop);  // No trace is left.
}

TEST(AdaptiveRuleTest, CountsWhatRunningTracesHaveStated) {
  AdaptiveState state = Finished({"4"});
  AddRunning(state, 90, "4");
  // 1.75 against 0.3 * (0.25 + 2).
  EXPECT_EQ(Move(state, Params(4)), Kind::kStop);

  state.running[0].stated = AnswerOfText("7");
  EXPECT_NE(Move(state, Params(4)), Kind::kStop);
}

TEST(AdaptiveRuleTest, ExpectsLessOfTracesThatAreOverdue) {
  AdaptiveState state = Finished({"4"});
  for (int i = 0; i < 4; ++i) AddRunning(state, 100);
  v1::Adaptive params = Params(5);
  params.set_drop_after(0);
  EXPECT_EQ(Move(state, params), Kind::kWait);  // 1 against 0.3 * 4.

  for (auto& trace : state.running) trace.tokens = 200;
  EXPECT_EQ(Move(state, params), Kind::kStop);  // 1 against 0.3 * 4 / e.
}

TEST(AdaptiveRuleTest, KeepsAsManyRunningAsTheStopCanNeed) {
  AdaptiveState fresh;
  EXPECT_EQ(Move(fresh, Params(8)), Kind::kLaunch);
  AddRunning(fresh, 0);
  EXPECT_EQ(Move(fresh, Params(8)), Kind::kLaunch);  // `first` is 2.
  AddRunning(fresh, 0);
  EXPECT_EQ(Move(fresh, Params(8)), Kind::kWait);

  AdaptiveState differ = Finished({"4", "7"});  // 0.3 * 6 / 1.3 is 1.4: two, and one to spare.
  AddRunning(differ, 10);
  AddRunning(differ, 10);
  EXPECT_EQ(Move(differ, Params(8)), Kind::kLaunch);
  AddRunning(differ, 10);
  EXPECT_EQ(Move(differ, Params(8)), Kind::kWait);
}

TEST(AdaptiveRuleTest, DoesNotWaitForALateTraceBeforeTheNextIsLaunched) {
  AdaptiveState state;
  AddRunning(state, 100);
  AddRunning(state, 125);
  EXPECT_EQ(Move(state, Params(8)), Kind::kWait);
  state.running[1].tokens = 126;
  EXPECT_EQ(Move(state, Params(8)), Kind::kLaunch);
}

TEST(AdaptiveRuleTest, DropsATraceBeyondItsWorthUnlessItIsTheOnlyHope) {
  const AdaptiveModel model{.mean_tokens = 100, .answer_rate = 1, .drop_after = 300};
  AdaptiveState state;
  AddRunning(state, 300);
  AddRunning(state, 299);

  const AdaptiveMove move = NextMove(state, Params(2), model, {});
  EXPECT_EQ(move.kind, Kind::kDrop);
  EXPECT_EQ(move.trace, 0);
  state.running.erase(state.running.begin());
  state.running[0].tokens = 1'000;
  EXPECT_EQ(Move(state, Params(2), model), Kind::kWait);
  // Without a measured length nothing is dropped.
  AddRunning(state, 1'000);
  EXPECT_NE(Move(state, Params(3)), Kind::kDrop);
}

TEST(AdaptiveRuleTest, DropsNoTraceThatTheBudgetCannotReplaceWithoutAnAnswer) {
  const AdaptiveModel model{.mean_tokens = 100, .answer_rate = 1, .drop_after = 175};
  AdaptiveState state;
  AddRunning(state, 175);
  state.tokens_left = 25;  // Of 200.
  EXPECT_EQ(Move(state, Params(8), model), Kind::kWait);

  state.tokens_left = 100;
  EXPECT_EQ(Move(state, Params(8), model), Kind::kDrop);
}

TEST(AdaptiveRuleTest, LaunchesUnderABudgetOnlyWhatItStillPays) {
  AdaptiveState state;
  state.tokens_left = 150;
  EXPECT_EQ(Move(state, Params(8)), Kind::kLaunch);  // The first one always.
  AddRunning(state, 20);
  EXPECT_EQ(Move(state, Params(8)), Kind::kWait);  // 150 - 80 pays no 100.
  state.tokens_left = 180;
  EXPECT_EQ(Move(state, Params(8)), Kind::kLaunch);
}

TEST(AdaptiveRuleTest, DropsTheLatestTraceWhenTheBudgetDoesNotCarryAll) {
  AdaptiveState state;
  for (int i = 0; i < 3; ++i) AddRunning(state, 40);
  state.tokens_left = 60;  // Two times 0.3 * 100.

  const AdaptiveMove move = NextMove(state, Params(3), kModel, {});

  EXPECT_EQ(move.kind, Kind::kDrop);
  EXPECT_EQ(move.trace, 2);
}

TEST(AdaptiveTest, StopsAtTheFirstTwoThatAgreeAndSaysWhy) {
  const v1::Adaptive params = Params(8);
  FakeSolve solve({Steady(80, "4"), Steady(90, "4"), Steady(50, "7")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_FALSE(verdict.provisional);
  EXPECT_EQ(solve.traces.all().size(), 2u);
  EXPECT_EQ(solve.traces.decided_clock(), 90);
  ASSERT_EQ(verdict.decisions.size(), 2u);
  EXPECT_THAT(verdict.decisions[0], HasSubstr("At 0 tokens: no answer yet"));
  EXPECT_THAT(verdict.decisions[0], HasSubstr("so 2 traces are launched."));
  EXPECT_THAT(verdict.decisions[1], HasSubstr("4 leads by 2.00 with 6.00 votes still"));
}

TEST(AdaptiveTest, LaunchesLaterTracesAtTheClockOfTheEventThatCausedThem) {
  v1::Adaptive params = Params(4);
  params.set_margin(0.5);
  FakeSolve solve({Steady(50, "4"), Steady(60, "7"), Steady(40, "4")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.trace(2).launch().clock, 60);
  EXPECT_EQ(solve.traces.decided_clock(), solve.seconds());
}

TEST(AdaptiveTest, DoublesUpALateFirstWave) {
  const v1::Adaptive params = Params(4);
  FakeSolve solve({Steady(900, "7"), Steady(900, "7"), Steady(30, "4"), Steady(40, "4")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_LT(solve.seconds(), 200);
  EXPECT_EQ(solve.backend.running(), 0);
}

// Easy problems stop at once, hard ones wait for all.
Pilot PilotWithRows() {
  v1::Adaptive easy = Params(5), hard = Params(5);
  easy.set_margin(0.1);
  hard.set_margin(1);
  Pilot pilot{.mean_tokens = 100};
  pilot.rows = {.easy = {"easy", easy}, .hard = {"hard", hard}};
  return pilot;
}

TEST(AdaptiveTest, GoesOnWithTheRowOfTheDifficultyThatItsFirstTracesShow) {
  const v1::Adaptive params = Params(5);
  const Pilot pilot = PilotWithRows();
  const std::vector<FakeTrace> differing = {Steady(100, "4"), Steady(110, "7"), Steady(40, "4")};
  FakeSolve solve(differing), plain(differing);

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel, &pilot));
  plain.Run(Adaptive(plain.traces, params, kModel));

  ASSERT_TRUE(verdict.difficulty);
  EXPECT_EQ(verdict.difficulty->estimator(), "pilot");
  EXPECT_EQ(plain.traces.all().size(), 4u);
  EXPECT_EQ(solve.traces.all().size(), 5u);
  EXPECT_THAT(verdict.decisions,
              testing::Contains(testing::AllOf(
                  HasSubstr("no two of 2 ended traces agree at 1.05 of the mean length, hard with"),
                  HasSubstr("so row hard goes on."))));
}

TEST(AdaptiveTest, StopsWithTheRowForEasyProblemsWhereTheFirstTracesAgree) {
  v1::Adaptive params = Params(5);
  params.set_margin(1);
  const Pilot pilot = PilotWithRows();
  FakeSolve solve({Steady(50, "4"), Steady(60, "4"), Steady(500, "7")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel, &pilot));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.traces.decided_clock(), 60);
  EXPECT_LT(verdict.difficulty->hard_probability(), 0.5);
}

TEST(AdaptiveTest, OnlyReportsTheDifficultyWhereThePolicyHasOneRow) {
  const v1::Adaptive params = Params(8);
  const Pilot pilot{.mean_tokens = 100};
  FakeSolve solve({Steady(80, "4"), Steady(90, "4")}), plain({Steady(80, "4"), Steady(90, "4")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel, &pilot));
  const Verdict without = plain.Run(Adaptive(plain.traces, params, kModel));

  EXPECT_EQ(verdict.decisions, without.decisions);
  EXPECT_EQ(verdict.difficulty->reason().find("2 of 2 ended traces agree at 0.85 of"), 0u);
  EXPECT_FALSE(without.difficulty);
}

TEST(AdaptiveTest, AnswersWithWhatHasFinishedWhenABudgetEnds) {
  const v1::Adaptive params = Params(8);
  FakeSolve solve({Steady(30, "4"), Endless(900)}, {.budget = {.max_tokens = 100}});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_LE(solve.traces.spending().completion_tokens(), 101);
}

TEST(AdaptiveTest, EndsWithTheSequentialBudgetWhereTheOnlyHopeIsCutAfterOthersWereDropped) {
  const v1::Adaptive params = Params(2);
  const AdaptiveModel model{.mean_tokens = 100, .answer_rate = 1, .drop_after = 175};
  FakeSolve solve({Endless(900), Endless(900)}, {.budget = {.max_sequential_tokens = 300}});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, model));

  EXPECT_FALSE(verdict.vote.answer);
  EXPECT_TRUE(solve.trace(0).dropped);
  EXPECT_TRUE(solve.trace(1).cut_by_budget);
  const v1::StopReason reason = StopReasonOf(solve.traces);
  EXPECT_EQ(reason, v1::SEQUENTIAL_BUDGET);
  v1::Budget budget;
  EXPECT_EQ(FailureOf(solve.traces, budget, reason).code(), absl::StatusCode::kResourceExhausted);
}

TEST(AdaptiveTest, GoesOnWithoutTracesThatFail) {
  const v1::Adaptive params = Params(4);
  FakeSolve solve({Failing(3), Failing(5), Steady(30, "4"), Steady(40, "4")});

  const Verdict verdict = solve.Run(Adaptive(solve.traces, params, kModel));

  EXPECT_EQ(AnswerOf(verdict), "4");
}

}  // namespace
}  // namespace sextant
