// The promise of the lossless stop: the answer of stop=all, for fewer tokens, whatever the traces
// do.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

// n and the traces of one solve: lengths, speeds, answers of a few classes, none, and failures, by
// `seed`.
struct RandomSolve {
  explicit RandomSolve(int seed) : random(seed) {
    n = Draw(1, 9);
    k = Draw(1, n);
    const int classes = Draw(1, 4);
    ties = Draw(0, 1) == 0 ? TieRule::kShorter : TieRule::kLonger;
    for (int i = 0; i < n; ++i) {
      const int tokens = Draw(1, 12);
      const int seconds_per_token = Draw(1, 3);  // A short trace may well finish after a long one.
      const int fate = Draw(0, 9);
      scripts.push_back(fate == 0   ? Failing(tokens)
                        : fate == 1 ? Steady(tokens, "")
                                    : Steady(tokens, absl::StrCat(Draw(1, classes))));
      for (FakeChunk& chunk : scripts.back().chunks) chunk.at *= seconds_per_token;
    }
  }
  int Draw(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); }

  std::mt19937 random;
  int n = 0, k = 0;
  TieRule ties = TieRule::kShorter;
  std::vector<FakeTrace> scripts;
};

struct Outcome {
  std::string answer;
  int64_t tokens = 0;
};

template <typename Params>
Outcome OutcomeOf(const RandomSolve& drawn, Task<Verdict> (*strategy)(Traces&, const Params&),
                  const Params& params) {
  FakeSolve solve(drawn.scripts, {.ties = drawn.ties});
  const Verdict verdict = solve.Run(strategy(solve.traces, params));
  return {AnswerOf(verdict), solve.backend.sent_tokens()};
}

// Over many random solves: the answers agree, no solve costs more, and some cost less.
template <typename Params, typename MakeParams>
void ExpectLossless(Task<Verdict> (*strategy)(Traces&, const Params&), MakeParams make_params) {
  int64_t tokens_of_all = 0, tokens_of_lossless = 0;
  for (int seed = 0; seed < 500; ++seed) {
    const RandomSolve drawn(seed);
    const Outcome all = OutcomeOf(drawn, strategy, make_params(drawn, v1::STOP_ALL));
    const Outcome lossless = OutcomeOf(drawn, strategy, make_params(drawn, v1::STOP_LOSSLESS));
    ASSERT_EQ(lossless.answer, all.answer) << "seed " << seed;
    ASSERT_LE(lossless.tokens, all.tokens) << "seed " << seed;
    tokens_of_all += all.tokens;
    tokens_of_lossless += lossless.tokens;
  }
  EXPECT_LT(tokens_of_lossless, tokens_of_all);
}

TEST(LosslessStopTest, KeepsTheAnswerOfMajorityVote) {
  ExpectLossless(&MajorityVote,
                 [](const RandomSolve& s, v1::Stop stop) { return Majority(s.n, stop); });
}

TEST(LosslessStopTest, KeepsTheAnswerOfFirstFinish) {
  ExpectLossless(&FirstFinish,
                 [](const RandomSolve& s, v1::Stop stop) { return First(s.k, s.n, stop); });
}

TEST(LosslessStopTest, KeepsTheAnswerOfLastFinish) {
  ExpectLossless(&LastFinish,
                 [](const RandomSolve& s, v1::Stop stop) { return Last(s.k, s.n, stop); });
}

}  // namespace
}  // namespace sextant
