// What a strategy sees of its traces: launch, finishing order, cancel, limits of a trace.
#include "server/strategies/traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/fakes/solve_fixture.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The indices of the traces in the order in which Next() returns them, until there is none.
Task<std::vector<int>> TakeAll(Traces& traces) {
  std::vector<int> taken;
  while (true) {
    Task<const Trace*> next = traces.Next();
    const Trace* trace = co_await std::move(next);
    if (trace == nullptr) break;
    taken.push_back(trace->index());
  }
  co_return taken;
}

// Launches one trace on a server that plays `script`, and returns it once it has ended.
const Trace& Play(FakeSolve& solve, TraceLaunch launch = {}) {
  solve.traces.Launch(std::move(launch));
  Started<std::vector<int>> all(TakeAll(solve.traces));
  solve.time.Advance(absl::Seconds(1'000));
  EXPECT_TRUE(all.ended());
  return solve.trace(0);
}

TEST(TracesTest, SendsWhatALaunchAsksFor) {
  FakeSolve solve({Endless(1)}, {.max_trace_tokens = 500});

  solve.traces.Launch(
      TraceLaunch{.prefix = "So", .max_tokens = 64, .logprobs = true, .native_beam_width = 3});

  const TraceRequest& request = solve.backend.requests().at(0);
  EXPECT_EQ(request.prompt->messages.at(0).content, "What is 2+2?");
  EXPECT_EQ(request.prefix, "So");
  EXPECT_EQ(request.max_tokens, 64);
  EXPECT_TRUE(request.logprobs);
  EXPECT_EQ(request.native_beam_width, 3);
}

TEST(TracesTest, NamesEachTraceAndLimitsItsLength) {
  FakeSolve solve({Endless(1)}, {.max_trace_tokens = 500});

  solve.traces.Launch(2);

  EXPECT_EQ(solve.backend.requests().at(0).request_id, "solve/0");
  EXPECT_EQ(solve.backend.requests().at(1).request_id, "solve/1");
  EXPECT_EQ(solve.backend.requests().at(1).max_tokens, 500);
}

TEST(TracesTest, SendsTheSeedPlusTheTracesIndex) {
  FakeSolve solve({Endless(1)}, {.seed = 40});

  solve.traces.Launch(3);

  EXPECT_EQ(solve.backend.requests().at(0).seed, 40);
  EXPECT_EQ(solve.backend.requests().at(2).seed, 42);
}

TEST(TracesTest, SendsEachTraceARandomSeedWhereNoneIsGiven) {
  FakeSolve solve({Endless(1)}, {.seed = std::nullopt});

  solve.traces.Launch(64);

  std::set<int64_t> seeds;
  for (const TraceRequest& request : solve.backend.requests()) seeds.insert(request.seed.value());
  EXPECT_GT(seeds.size(), 60u);  // Of 2^31, so that not even two should be equal.
  EXPECT_GE(*seeds.begin(), 0);
  EXPECT_LT(*seeds.rbegin(), int64_t{1} << 31);
}

TEST(TracesTest, TellsTheBackendWhenTheSolveEnds) {
  SolveSetup setup;
  setup.budget.ends_at = absl::UnixEpoch() + absl::Seconds(77);
  FakeSolve solve({Endless(1)}, setup);

  solve.traces.Launch(1);

  EXPECT_EQ(solve.backend.requests().at(0).give_up_at, setup.budget.ends_at);
}

TEST(TracesTest, ReturnsTracesInFinishingOrderFailedOnesIncluded) {
  FakeSolve solve({Steady(3, "4"), Failing(1), Steady(2, "")});
  solve.traces.Launch(3);
  Started<std::vector<int>> all(TakeAll(solve.traces));
  EXPECT_EQ(solve.traces.open(), 3);

  solve.time.Advance(absl::Seconds(3));

  EXPECT_THAT(all.Take(), ElementsAre(1, 2, 0));
  EXPECT_THAT(solve.ended, ElementsAre(1, 2, 0));
  EXPECT_EQ(solve.traces.open(), 0);
}

TEST(TracesTest, ReadsTheAnswerOfAFinishedTraceWithItsThinking) {
  FakeTrace thinking;
  thinking.chunks = {{absl::Seconds(1), 1, "", "Is it \\boxed{5}?"},
                     {absl::Seconds(2), 1, "\\boxed"},
                     {absl::Seconds(3), 1, "{4}", "", "stop"}};
  FakeSolve solve({thinking});

  const Trace& trace = Play(solve);

  EXPECT_EQ(trace.state, Trace::State::kFinished);
  EXPECT_EQ(trace.answer->canonical, "4");
  EXPECT_EQ(trace.content(), "\\boxed{4}");
  EXPECT_EQ(trace.reasoning(), "Is it \\boxed{5}?");
  EXPECT_EQ(trace.first_token_at(), absl::UnixEpoch() + absl::Seconds(1));
}

TEST(TracesTest, DestroyingThemClosesEveryStream) {
  ManualLoop time;
  FakeBackend backend(time.loop(), {Endless(100)});
  const Prompt prompt{.messages = {{"user", "?"}}};
  const AnswerReader reader = *AnswerReader::Create({});
  {
    Traces traces(time.loop(), backend, {.prompt = prompt, .reader = reader, .solve_id = "s"});
    traces.Launch(5);
    time.Advance(absl::Seconds(2));
  }

  EXPECT_EQ(backend.running(), 0);
  EXPECT_EQ(backend.cancelled(), 5);
}

TEST(TracesTest, CancelRestClosesWhatRunsAndKeepsWhatHasEnded) {
  FakeSolve solve({Steady(1, "4"), Endless(9)});
  solve.traces.Launch(3);
  solve.time.Advance(absl::Seconds(2));

  solve.traces.CancelRest();

  EXPECT_EQ(solve.backend.running(), 0);
  EXPECT_EQ(solve.trace(0).state, Trace::State::kFinished);
  EXPECT_EQ(solve.trace(1).state, Trace::State::kCancelled);
  EXPECT_EQ(solve.trace(1).tokens(), 2);
}

TEST(TracesTest, MeasuresTheTimeSpentWaitingForModelServers) {
  FakeSolve solve({Steady(3, "4")});
  solve.time.Advance(absl::Seconds(10));
  solve.Run(Simple(solve.traces));

  EXPECT_EQ(solve.traces.waited(), absl::Seconds(3));
}

TEST(TraceUntilTest, FinishesWithTheChunkInWhichTheTextAppears) {
  FakeTrace script;
  script.chunks = {{absl::Seconds(1), 1, "one\n"},
                   {absl::Seconds(2), 1, "\ntwo"},
                   {absl::Seconds(3), 1, "three"}};
  FakeSolve solve({script});

  const Trace& trace = Play(solve, {.until = "\n\n"});

  EXPECT_EQ(trace.state, Trace::State::kFinished);
  EXPECT_EQ(trace.finish_reason(), Trace::kUntil);
  EXPECT_EQ(trace.content(), "one\n\ntwo");
}

TEST(TraceUntilTest, GivesWayToTheServersOwnFinishReason) {
  FakeTrace script;
  script.chunks = {{absl::Seconds(1), 1, "\\boxed{4}\n\n", "", "stop"}};
  FakeSolve solve({script});

  EXPECT_EQ(Play(solve, {.until = "\n\n"}).finish_reason(), "stop");
}

TEST(TraceTextLimitTest, FailsATraceWhoseTextIsTooLong) {
  FakeTrace script;
  script.chunks = {{absl::Seconds(1), 1, std::string(60, 'c')},
                   {absl::Seconds(2), 1, "", std::string(41, 'r')},
                   {absl::Seconds(3), 1, "never sent"}};
  FakeSolve solve({script}, {.max_trace_bytes = 100});

  const Trace& trace = Play(solve);

  EXPECT_EQ(trace.state, Trace::State::kFailed);
  EXPECT_EQ(trace.error.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(trace.error.message()), HasSubstr("server.max_trace_bytes (100)"));
  EXPECT_EQ(solve.backend.sent_tokens(), 2);
  EXPECT_EQ(trace.tokens(), 2);  // They were generated, so they are billed.
}

TEST(TraceTextLimitTest, LeavesAnAnswerToTracesAtTheLimit) {
  FakeTrace script;
  script.chunks = {{absl::Seconds(1), 1, "\\boxed{4}" + std::string(91, '.'), "", "stop"}};
  FakeSolve solve({script}, {.max_trace_bytes = 100});

  EXPECT_EQ(Play(solve).state, Trace::State::kFinished);
}

TEST(TextRoomTest, FailsTheTraceThatGoesBeyondWhatAllTracesMayKeepAndLeavesTheOthers) {
  TextRoom room(100);
  FakeTrace quiet, loud;
  quiet.chunks = {{absl::Seconds(1), 1, std::string(40, 'q')},
                  {absl::Seconds(9), 1, "\\boxed{4}", "", "stop"}};
  loud.chunks = {{absl::Seconds(2), 1, std::string(61, 'l')}, {absl::Seconds(3), 1, "never sent"}};
  {
    FakeSolve solve({quiet}, {.text_room = &room}), other({loud}, {.text_room = &room});
    solve.traces.Launch(1);
    solve.time.Advance(absl::Seconds(1));

    const Trace& failed = Play(other);

    EXPECT_EQ(failed.error.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(failed.error.message()), HasSubstr("server.max_text_bytes (100 for"));
    EXPECT_EQ(failed.tokens(), 1) << "what it had generated is billed";
    EXPECT_EQ(room.used(), 101);
    solve.time.Advance(absl::Seconds(8));
    EXPECT_EQ(solve.trace(0).state, Trace::State::kFinished)
        << "the end of a trace is taken, though there is no room";
  }
  EXPECT_EQ(room.used(), 0);
}

class TraceLengthLimitTest : public testing::TestWithParam<FakeTrace::AtLimit> {};

// A trace that reaches the length the caller allowed has finished, whatever the server says and
// when; it may even have an answer.
TEST_P(TraceLengthLimitTest, FinishesATrace) {
  FakeTrace script = Endless(100);
  script.chunks[3].content = "The final answer is \\boxed{4}.";
  script.at_limit = GetParam();
  FakeSolve solve({script}, {.max_trace_tokens = 8});

  const Trace& trace = Play(solve);

  EXPECT_EQ(trace.state, Trace::State::kFinished);
  EXPECT_EQ(trace.finish_reason(), "length");
  EXPECT_FALSE(trace.cut_by_budget);
  EXPECT_EQ(trace.answer->canonical, "4");
  EXPECT_LE(trace.tokens(), 9);  // One chunk more where the server takes no notice.
}

INSTANTIATE_TEST_SUITE_P(Servers, TraceLengthLimitTest,
                         testing::Values(FakeTrace::AtLimit::kInLastChunk,
                                         FakeTrace::AtLimit::kInOwnChunk,
                                         FakeTrace::AtLimit::kGoesOn));

TEST(ProvisionalVoteTest, CountsWhatUnfinishedTracesHaveStated) {
  FakeTrace stated = Endless(100);
  stated.chunks[1].content = "So it is \\boxed{4}.";
  FakeTrace failed = Failing(3);
  failed.chunks[1].content = "So it is \\boxed{4}.";
  FakeTrace other = Endless(100);
  other.chunks[1].content = "So it is \\boxed{7}.";
  FakeSolve solve({stated, failed, other, Endless(100), Steady(2, "9")});
  solve.traces.Launch(5);
  solve.time.Advance(absl::Seconds(5));

  const VoteResult vote = solve.traces.ProvisionalVote();

  EXPECT_EQ(vote.answer->canonical, "4");
  ASSERT_EQ(vote.candidates.size(), 2u);  // The finished one has its say elsewhere.
  EXPECT_EQ(vote.candidates[0].votes, 2);
}

// What NextBefore() returns: an index, or -1.
int TakeBefore(FakeSolve& solve, int64_t clock) {
  Started<const Trace*> next(solve.traces.NextBefore(clock));
  for (int waited = 0; !next.ended() && waited < 1'000; ++waited)
    solve.time.Advance(absl::Seconds(1));
  const Trace* trace = next.Take();
  return trace == nullptr ? -1 : trace->index();
}

TEST(TracesTest, TellsWhenATracesClockComesToAMarkBeforeAnyEnds) {
  FakeSolve solve({Steady(20, "4"), Steady(9, "5")});
  solve.traces.Launch(2);

  EXPECT_EQ(TakeBefore(solve, 5), -1);
  EXPECT_EQ(solve.seconds(), 5);
  EXPECT_EQ(solve.traces.decided_clock(), 5);
  EXPECT_EQ(TakeBefore(solve, 5), -1);  // It stands there already.
  EXPECT_EQ(solve.seconds(), 5);
  EXPECT_EQ(TakeBefore(solve, 12), 1);
  EXPECT_EQ(TakeBefore(solve, 100), 0);
  EXPECT_EQ(TakeBefore(solve, 100), -1);
  EXPECT_EQ(solve.traces.open(), 0);
}

TEST(TracesTest, DropsOneTraceAndBillsWhatItHadGenerated) {
  FakeSolve solve({Steady(20, "4"), Steady(9, "5")});
  solve.traces.Launch(2);
  EXPECT_EQ(TakeBefore(solve, 4), -1);

  solve.traces.Drop(solve.trace(0));

  EXPECT_EQ(solve.backend.running(), 1);
  EXPECT_EQ(solve.traces.open(), 1);
  EXPECT_EQ(solve.trace(0).state, Trace::State::kCancelled);
  EXPECT_THAT(solve.ended, ElementsAre(0));
  EXPECT_EQ(TakeBefore(solve, 100), 1);
  EXPECT_EQ(TakeBefore(solve, 100), -1);
  EXPECT_EQ(solve.traces.spending().completion_tokens(), 4 + 9);
}

}  // namespace
}  // namespace sextant
