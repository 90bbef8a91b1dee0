// Traces that are the choices of one request.
#include "server/backend/choice_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/strategies/strategies.h"
#include "server/strategies/traces.h"
#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string Chunk(int choice, absl::string_view content, absl::string_view finish = "") {
  const std::string reason = finish.empty() ? "null" : absl::StrCat("\"", finish, "\"");
  return absl::StrCat(R"({"choices":[{"index":)", choice, R"(,"delta":{"content":")", content,
                      R"("},"finish_reason":)", reason, "}]}");
}

class ChoiceGroupTest : public OpenAiFixture {
 protected:
  // A solve whose launches of several traces are requests for so many choices.
  void Begin(int choices, std::vector<ScriptedReply> replies) {
    Serve(std::move(replies));
    TracesConfig config{.prompt = prompt_, .reader = reader_, .solve_id = "solve"};
    config.seed = 7;
    config.choices = choices;
    traces_ = std::make_unique<Traces>(loop_, *backend_, std::move(config));
  }
  Verdict VoteOfAll(int n) {
    v1::MajorityVote params;
    params.set_n(n);
    params.set_stop(v1::STOP_ALL);
    const Verdict verdict = RunToEnd(loop_, MajorityVote(*traces_, params));
    RunToEnd(loop_, traces_->Settle(loop_.Now() + absl::Seconds(10)));
    return verdict;
  }
  const Trace& trace(size_t i) { return *traces_->all().at(i); }
  std::vector<int64_t> Tokens() {
    std::vector<int64_t> tokens;
    for (const auto& trace : traces_->all()) tokens.push_back(trace->tokens());
    return tokens;
  }

  AnswerReader reader_ = *AnswerReader::Create({.kind = AnswerKind::kInteger});
  std::unique_ptr<Traces> traces_;
};

TEST_F(ChoiceGroupTest, AsksOnceAndReadsEveryChoiceAsATraceOfItsOwn) {
  Begin(3, {EventStream({Chunk(1, "It is "), Chunk(0, "\\\\boxed{4}", "stop"),
                         Chunk(2, "\\\\boxed{5}"), Chunk(1, "\\\\boxed{4}", "stop"),
                         Chunk(2, "", "stop"), "[DONE]"})});

  const Verdict verdict = VoteOfAll(3);

  EXPECT_EQ(verdict.vote.candidates.at(0).votes, 2);
  EXPECT_EQ(trace(1).content(), "It is \\boxed{4}");
  EXPECT_THAT(Tokens(), ElementsAre(1, 2, 1));
  ASSERT_THAT(server_->requests(), SizeIs(1));
  EXPECT_THAT(server_->requests()[0].body, HasSubstr(R"("n":3)"));
  EXPECT_THAT(server_->requests()[0].body, HasSubstr(R"("seed":7)"));
}

TEST_F(ChoiceGroupTest, SplitsTracesIntoRequestsOfThatManyAtMost) {
  Begin(2, {EventStream({Chunk(0, "4", "stop"), Chunk(1, "4", "stop"), "[DONE]"})});

  const Verdict verdict = VoteOfAll(3);

  EXPECT_EQ(verdict.vote.candidates.at(0).votes, 3);
  std::vector<std::string> bodies;
  for (const ReceivedRequest& request : server_->requests()) bodies.push_back(request.body);
  EXPECT_THAT(bodies,
              UnorderedElementsAre(AllOf(HasSubstr(R"("n":2)"), HasSubstr(R"("seed":7)")),
                                   AllOf(Not(HasSubstr(R"("n":)")), HasSubstr(R"("seed":9)"))));
}

TEST_F(ChoiceGroupTest, EndsATraceWithItsChoiceWhileTheStreamGoesOn) {
  Begin(2, {ScriptedReply{
               .parts = {EventStreamHead() + Event(Chunk(0, "3")) + Event(Chunk(1, "4", "stop")),
                         Event(Chunk(0, "", "stop")) + Event("[DONE]")},
               .then = ScriptedReply::Then::kHold}});
  traces_->Launch(2);

  EXPECT_EQ(RunToEnd(loop_, traces_->Next())->index(), 1);
  EXPECT_EQ(trace(0).state, Trace::State::kRunning);

  server_->Release();
  EXPECT_EQ(RunToEnd(loop_, traces_->Next())->index(), 0);
}

TEST_F(ChoiceGroupTest, BillsThePromptOnceAndTheServersTotalInFull) {
  Begin(3, {EventStream({Chunk(0, "4", "stop"), Chunk(1, "4", "stop"), Chunk(2, "4"),
                         Chunk(2, "", "stop"), Uses(/*prompt=*/9, /*completion=*/30), "[DONE]"})});

  VoteOfAll(3);

  EXPECT_THAT(Tokens(), ElementsAre(10, 10, 10));  // Each said a third of the chunks with text.
  EXPECT_EQ(trace(0).usage().prompt, 9);
  EXPECT_EQ(trace(1).usage().prompt + trace(2).usage().prompt, 0);
  EXPECT_EQ(trace(1).estimated_tokens(), 0);
  EXPECT_EQ(traces_->spending().completion_tokens(), 30);
  EXPECT_EQ(traces_->spending().prompt_tokens(), 9);
}

TEST_F(ChoiceGroupTest, ReplacesEachTraceThatTheBrokenStreamHadNotEnded) {
  Begin(3, {EventStream({Chunk(0, "4", "stop"), Chunk(1, "I"), Chunk(2, "We")}),
            EventStream({Chunk(0, "4", "stop"), "[DONE]"})});

  const Verdict verdict = VoteOfAll(3);

  EXPECT_EQ(verdict.vote.candidates.at(0).votes, 3);
  EXPECT_EQ(trace(0).state, Trace::State::kFinished);
  EXPECT_EQ(trace(1).state, Trace::State::kFailed);
  EXPECT_EQ(traces_->replacements(), 2);
  ASSERT_THAT(server_->requests(), SizeIs(3));
  EXPECT_THAT(server_->requests()[1].body, Not(HasSubstr(R"("n":)")));
}

TEST_F(ChoiceGroupTest, ClosesTheConnectionOnceNoTraceWantsItAnyMore) {
  Begin(2,
        {ScriptedReply{.parts = {EventStreamHead() + Event(Chunk(0, "3")) + Event(Chunk(1, "4"))},
                       .then = ScriptedReply::Then::kHold}});
  traces_->Launch(2);
  RunUntil(loop_, [&] { return trace(0).tokens() + trace(1).tokens() == 2; });

  traces_->Drop(trace(1));
  loop_.RunUntilIdle();
  EXPECT_EQ(server_->closed_by_peer(), 0);
  traces_->Drop(trace(0));

  while (server_->closed_by_peer() == 0) std::this_thread::yield();
}

}  // namespace
}  // namespace sextant
