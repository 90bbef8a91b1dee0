// Beam search step by step: what it launches, which beams it keeps, when it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using testing::ElementsAre;

// One continuation: its text, its summed log-probability and how many tokens it has. It ends at the
// length of a step unless another `finish` is given.
struct StepScript {
  std::string text;
  double sum_logprob = -1;
  int tokens = 1;
  std::string finish = "length";
};

FakeTrace Step(StepScript script) {
  FakeTrace trace;
  trace.chunks = {{.at = absl::Seconds(1),
                   .tokens = script.tokens,
                   .content = std::move(script.text),
                   .finish = std::move(script.finish),
                   .sum_logprob = script.sum_logprob}};
  return trace;
}

struct BeamSetup {
  int width = 2;
  int expansion = 2;
  int step_tokens = 8;
  std::string delimiter = "\n\n";
  double length_penalty = 1;
};

v1::BeamSearch ParamsOf(const BeamSetup& setup) {
  v1::BeamSearch params;
  params.set_width(setup.width);
  params.set_expansion(setup.expansion);
  params.set_step_tokens(setup.step_tokens);
  params.set_step_delimiter(setup.delimiter);
  params.set_length_penalty(setup.length_penalty);
  return params;
}

// The prefixes that the requests from number `from` on continue.
std::vector<std::string> PrefixesFrom(const FakeSolve& solve, size_t from) {
  std::vector<std::string> prefixes;
  for (size_t i = from; i < solve.backend.requests().size(); ++i) {
    prefixes.push_back(solve.backend.requests()[i].prefix);
  }
  return prefixes;
}

TEST(BeamSearchTest, FansOutFromTheBarePromptAndAsksForLogProbabilities) {
  const auto params = ParamsOf({.width = 2, .expansion = 3, .step_tokens = 64});
  FakeSolve solve({Step({"\\boxed{4}", -1, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  ASSERT_EQ(solve.backend.requests().size(), 6u);
  EXPECT_THAT(PrefixesFrom(solve, 0), testing::Each(""));
  EXPECT_EQ(solve.backend.requests()[5].max_tokens, 64);
  EXPECT_TRUE(solve.backend.requests()[5].logprobs);
}

TEST(BeamSearchTest, ContinuesTheBestBeginningsBestFirst) {
  const auto params = ParamsOf({.width = 2, .expansion = 2});
  FakeSolve solve({Step({"a", -4}), Step({"b", -2}), Step({"c", -3}), Step({"d", -1}),
                   Step({"\\boxed{4}", -1, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 4), ElementsAre("d", "d", "b", "b"));
}

TEST(BeamSearchTest, PassesTheWholeBeginningOn) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"one ", -1}), Step({"x", -9}), Step({"two ", -1}), Step({"x", -9}),
                   Step({"\\boxed{4}", -1, 1, "stop"})});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 4), ElementsAre("one two ", "one two "));
  EXPECT_EQ(verdict.text, "one two \\boxed{4}");
  EXPECT_EQ(AnswerOf(verdict), "4");
}

TEST(BeamSearchTest, NormalisesScoresByLength) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  // -0.5 a token beats -0.8 a token, though its sum is lower.
  FakeSolve solve(
      {Step({"long", -2, 4}), Step({"short", -0.8, 1}), Step({"\\boxed{4}", -1, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 2), ElementsAre("long", "long"));
}

TEST(BeamSearchTest, ComparesSumsWhereTheLengthPenaltyIsZero) {
  const auto params = ParamsOf({.width = 1, .expansion = 2, .length_penalty = 0});
  FakeSolve solve(
      {Step({"long", -2, 4}), Step({"short", -0.8, 1}), Step({"\\boxed{4}", -1, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 2), ElementsAre("short", "short"));
}

TEST(BeamSearchTest, ScoresABeamByAllItsSteps) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"a", -3}), Step({"b", -1}),  // b is kept.
                   Step({"c", -1}), Step({"d", -0.2, 1, "stop"}),
                   Step({"\\boxed{4}", -0.1, 1, "stop"})});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  // One complete beam is enough for a width of 1, although it has no answer.
  EXPECT_EQ(solve.backend.requests().size(), 4u);
  EXPECT_EQ(AnswerOf(verdict), "none");
}

TEST(BeamSearchTest, LetsTheOrderOfLaunchDecideWhereThereAreNoLogProbabilities) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"first", 0}), Step({"second", 0}), Step({"\\boxed{4}", 0, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 2), ElementsAre("first", "first"));
}

TEST(BeamSearchTest, EndsAStepAtTheDelimiter) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeTrace goes_on;
  goes_on.chunks = {{.at = absl::Seconds(1), .content = "one\n", .sum_logprob = -1},
                    {.at = absl::Seconds(2), .content = "\n", .sum_logprob = -1},
                    {.at = absl::Seconds(3), .content = "never", .sum_logprob = -1}};
  FakeSolve solve({goes_on, Step({"x", -9}), Step({"\\boxed{4}", -1, 1, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 2), ElementsAre("one\n\n", "one\n\n"));
  EXPECT_EQ(solve.trace(0).tokens(), 2);
}

TEST(BeamSearchTest, EndsOnceWidthBeamsAreCompleteAndTakesTheBest) {
  const auto params = ParamsOf({.width = 2, .expansion = 2});
  FakeSolve solve(
      {Step({"\\boxed{7}", -3, 1, "stop"}), Step({"a", -1}), Step({"b", -2}), Step({"c", -9}),
       // The second step continues a and b.
       Step({" \\boxed{4}", -1, 1, "stop"}), Step({"x", -1}), Step({"y", -1}), Step({"z", -1})});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(verdict.text, "a \\boxed{4}");
  EXPECT_FALSE(verdict.provisional);
  EXPECT_DOUBLE_EQ(verdict.vote.agreement, 0.5);
  EXPECT_EQ(verdict.vote.candidates.size(), 2u);
  EXPECT_EQ(verdict.vote.representative, 4);
  EXPECT_EQ(solve.backend.requests().size(), 8u);
}

TEST(BeamSearchTest, CompletesABeamAtTheLongestTraceAllowed) {
  const auto params = ParamsOf({.width = 1, .expansion = 2, .step_tokens = 8});
  FakeSolve solve(
      {Step({"x", -9, 8}), Step({"a ", -1, 8}), Step({"the answer is \\boxed{4}", -1, 4})},
      {.max_trace_tokens = 12});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(solve.backend.requests().at(2).max_tokens, 4);
  EXPECT_EQ(solve.backend.requests().size(), 4u);
  EXPECT_EQ(AnswerOf(verdict), "4");
}

TEST(BeamSearchTest, CompletesABeamWhoseStepSaysNothing) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"\\boxed{4}", -1}), Step({"x", -9}), Step({"", 0, 0, "length"})});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_EQ(solve.backend.requests().size(), 4u);
}

TEST(BeamSearchTest, DropsABeamWhoseStepsFail) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Failing(1), Step({"b", -9}), Step({"\\boxed{4}", -1, 1, "stop"})});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_THAT(PrefixesFrom(solve, 2), ElementsAre("b", "b"));
  EXPECT_EQ(AnswerOf(verdict), "4");
}

TEST(BeamSearchTest, FallsBackToWhatItsBeamsStatedWhenEveryStepFails) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"So it is \\boxed{4}. Check:", -1}), Step({"x", -9}), Failing(1)});

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_TRUE(verdict.provisional);
}

TEST(BeamSearchTest, HasNoAnswerWhenNothingWorks) {
  const auto params = ParamsOf({});
  FakeSolve solve({Failing(1)});

  EXPECT_EQ(AnswerOf(solve.Run(BeamSearch(solve.traces, params))), "none");

  EXPECT_EQ(solve.backend.requests().size(), 4u);
}

TEST(BeamSearchTest, EndsWithTheTokenBudgetInWhatItsBeamsStated) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  SolveSetup setup;
  setup.budget.max_tokens = 6;
  FakeSolve solve({Step({"So it is \\boxed{4}. Check:", -1}), Step({"x", -9}), Endless(99)}, setup);

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(solve.traces.stop_reason(), v1::TOKEN_BUDGET);
  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_TRUE(verdict.provisional);
  EXPECT_EQ(solve.backend.running(), 0);
}

TEST(BeamSearchTest, KeepsWhatAStepSaidThatTheSequentialBudgetCut) {
  const auto params = ParamsOf({.width = 1, .expansion = 2, .step_tokens = 8});
  SolveSetup setup;
  setup.budget.max_sequential_tokens = 12;
  FakeSolve solve(
      {Step({"a ", -1, 8}), Step({"x", -9, 8}), Step({"so it is \\boxed{4}. Check:", -1, 4})},
      setup);

  const Verdict verdict = solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(solve.backend.requests().at(2).max_tokens, 4);
  EXPECT_EQ(AnswerOf(verdict), "4");
  EXPECT_TRUE(verdict.provisional);
  EXPECT_EQ(verdict.text, "a so it is \\boxed{4}. Check:");
}

TEST(BeamSearchTest, AddsUpTheClockOfABeamsSteps) {
  const auto params = ParamsOf({.width = 1, .expansion = 2});
  FakeSolve solve({Step({"a", -1, 5}), Step({"x", -9, 3}), Step({"\\boxed{4}", -1, 4, "stop"})});

  solve.Run(BeamSearch(solve.traces, params));

  EXPECT_EQ(solve.traces.decided_clock(), 9);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 16);
}

}  // namespace
}  // namespace sextant
