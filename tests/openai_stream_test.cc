// How the backend reads a stream that goes well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using testing::HasSubstr;

class OpenAiStreamTest : public OpenAiFixture {};

TEST_F(OpenAiStreamTest, PassesOnWhatTheModelSays) {
  Serve({EventStream({R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
                      R"({"choices":[{"index":0,"delta":{"reasoning":"hm"}}]})", Says("4"),
                      Says(" it is"), Finishes(), "[DONE]"})});

  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(sink_.reasoning, "hm");
  EXPECT_EQ(sink_.content, "4 it is");
  EXPECT_EQ(sink_.finish_reason, "stop");
  EXPECT_EQ(sink_.tokens, 3);
}

TEST_F(OpenAiStreamTest, EndsAtTheFinishReasonAndLeavesTheUsageToTheTail) {
  Serve({ScriptedReply{.parts = {EventStreamHead() + Event(Says("4")) + Event(Finishes()),
                                 Event(Uses(9, 17)) + Event("[DONE]")},
                       .then = ScriptedReply::Then::kHold}});

  const Generated generated = Generate();

  ASSERT_TRUE(generated.ok()) << generated.status();
  EXPECT_FALSE(sink_.usage);
  server_->Release();
  EXPECT_TRUE(Settle(generated).ok());
  ASSERT_TRUE(sink_.usage);
  EXPECT_EQ(sink_.usage->prompt, 9);
  EXPECT_EQ(sink_.usage->completion, 17);
}

TEST_F(OpenAiStreamTest, TakesAUsageThatCameWithTheFinishReason) {
  Serve({EventStream({Says("4"), Finishes(), Uses(9, 17), "[DONE]"})});

  const Generated generated = Generate();

  ASSERT_TRUE(generated.ok());
  EXPECT_TRUE(Settle(generated).ok());
  ASSERT_TRUE(sink_.usage);
  EXPECT_EQ(sink_.usage->completion, 17);
}

TEST_F(OpenAiStreamTest, TheTailMayEndWithoutAMarker) {
  Serve({EventStream({Says("4"), Finishes()})});

  EXPECT_TRUE(Settle(Generate()).ok());
}

TEST_F(OpenAiStreamTest, DestroyingTheTailClosesTheConnection) {
  Serve({ScriptedReply{.parts = {EventStreamHead() + Event(Finishes())},
                       .then = ScriptedReply::Then::kHold}});
  Generated generated = Generate();
  ASSERT_TRUE(generated.ok());

  generated->reset();

  while (server_->closed_by_peer() == 0) std::this_thread::yield();
}

TEST_F(OpenAiStreamTest, CancellingATraceClosesItsConnection) {
  Serve({ScriptedReply{.parts = {EventStreamHead() + Event(Says("4"))},
                       .then = ScriptedReply::Then::kHold}});
  Started<Generated> trace(backend_->Generate(request_, sink_));
  RunUntil(loop_, [&] { return sink_.chunks > 0; });

  trace.Cancel();

  while (server_->closed_by_peer() == 0) std::this_thread::yield();
}

TEST_F(OpenAiStreamTest, StopsAndClosesTheConnectionWhenTheSinkSaysSo) {
  Serve({ScriptedReply{
      .parts = {EventStreamHead() + Event(Says("1")) + Event(Says("2")) + Event(Says("3"))},
      .then = ScriptedReply::Then::kHold}});
  sink_.stop_at_tokens = 2;

  EXPECT_EQ(Generate().status().code(), absl::StatusCode::kCancelled);

  EXPECT_EQ(sink_.content, "12");
  while (server_->closed_by_peer() == 0) std::this_thread::yield();
}

TEST_F(OpenAiStreamTest, ReadsEventsThatAreSplitAnywhere) {
  const std::string events = Event(Says("4")) + ": ping\r\n\r\n" + Event(Finishes());
  Serve({ScriptedReply{.parts = {EventStreamHead() + events.substr(0, 9), events.substr(9, 40),
                                 events.substr(49)}}});
  server_->Release();
  server_->Release();

  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(sink_.content, "4");
}

TEST_F(OpenAiStreamTest, TakesTheEndMarkerAsTheEndWhereNoReasonWasGiven) {
  Serve({EventStream({Says("4"), "[DONE]"})});

  EXPECT_TRUE(Settle(Generate()).ok());

  EXPECT_EQ(sink_.content, "4");
  EXPECT_EQ(sink_.finish_reason, "");
}

TEST_F(OpenAiStreamTest, PassesOverEmptyEvents) {
  Serve({EventStream({"", Says("4"), "", Finishes()})});

  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(sink_.content, "4");
}

// What follows the finish_reason can spoil the usage, but no longer the trace.
TEST_F(OpenAiStreamTest, FinishesATraceWhoseTailIsGarbage) {
  Serve({EventStream({Says("4"), Finishes(), "garbage"})});

  const Generated generated = Generate();

  ASSERT_TRUE(generated.ok()) << generated.status();
  EXPECT_THAT(std::string(Settle(generated).message()), HasSubstr("garbage"));
}

TEST_F(OpenAiStreamTest, ReadsAWholeAnswerOfAServerThatDoesNotStream) {
  Serve({Ok(R"({"choices":[{"index":0,"message":{"content":"four"},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":9,"completion_tokens":17}})",
            "application/json; charset=utf-8")});

  const Generated generated = Generate();

  ASSERT_TRUE(generated.ok()) << generated.status();
  EXPECT_TRUE(Settle(generated).ok());
  EXPECT_EQ(sink_.content, "four");
  EXPECT_EQ(sink_.finish_reason, "stop");
  EXPECT_EQ(sink_.usage->completion, 17);
}

TEST_F(OpenAiStreamTest, ReadsTheServersOwnBeamSearchInOneChunk) {
  request_.native_beam_width = 2;
  Serve(
      {EventStream({R"({"choices":[{"index":0,"delta":{"content":"best"},"finish_reason":"stop"},)"
                    R"({"index":1,"delta":{"content":"second"},"finish_reason":"stop"}]})",
                    Uses(9, 17), "[DONE]"})});

  EXPECT_TRUE(Settle(Generate()).ok());

  EXPECT_EQ(sink_.content, "best");
  EXPECT_EQ(sink_.usage->completion, 17);
}

}  // namespace
}  // namespace sextant
