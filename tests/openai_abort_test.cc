// What a cancelled trace tells SGLang beside the closed connection. Against a fake server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/backend/aborts.h"
#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

// One piece of text, then silence.
ScriptedReply Endless() {
  return {.parts = {EventStreamHead() + Event(Says("4"))}, .then = ScriptedReply::Then::kHold};
}

class AbortTest : public OpenAiFixture {
 protected:
  AbortTest() { config_.kind = BackendKind::kSglang; }

  // A trace that is cancelled after its first chunk.
  void CancelOne() {
    const int chunks = sink_.chunks;
    Started<Generated> trace(backend_->Generate(request_, sink_));
    RunUntil(loop_, [&] { return sink_.chunks > chunks; });
    trace.Cancel();
  }
  void AwaitRequests(size_t count) {
    RunUntil(loop_, [&] { return server_->requests().size() >= count; });
  }
  std::string RidOf(int request) const {
    return Json::parse(server_->requests().at(request).body)["rid"].get<std::string>();
  }
};

TEST_F(AbortTest, NamesTheCancelledRequestBesideTheVersionOfTheUrl) {
  config_.api_key = "secret";
  Serve({Endless(), Ok("")});

  CancelOne();
  AwaitRequests(2);

  const ReceivedRequest abort = server_->requests().at(1);
  EXPECT_THAT(abort.head, StartsWith("POST /abort_request HTTP/1.1\r\n"));
  EXPECT_THAT(abort.head, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
  EXPECT_EQ(RidOf(1), RidOf(0));
  EXPECT_THAT(RidOf(0), StartsWith("solve/0/"));
}

TEST_F(AbortTest, ComesAfterTheConnectionIsClosed) {
  Serve({Endless(), Ok("")});
  Started<Generated> trace(backend_->Generate(request_, sink_));
  RunUntil(loop_, [&] { return sink_.chunks > 0; });

  trace.Cancel();
  // The loop has had no turn since: the connection closes all the same.
  while (server_->closed_by_peer() < 1) std::this_thread::yield();

  EXPECT_EQ(server_->requests().size(), 1u);
  AwaitRequests(2);
}

TEST_F(AbortTest, IsNotSentForATraceThatFinishedOrWasRefused) {
  Serve({EventStream({Says("4"), Finishes(), "[DONE]"}), Error("400 Bad Request", "{}"), Endless(),
         Ok("")});
  ASSERT_TRUE(Generate().ok());
  ASSERT_FALSE(Generate().ok());

  CancelOne();
  AwaitRequests(4);

  EXPECT_EQ(RidOf(3), RidOf(2));
}

TEST_F(AbortTest, IsSentForATraceThatStalled) {
  config_.first_token_timeout = absl::Milliseconds(1);
  Serve({{.parts = {EventStreamHead()}, .then = ScriptedReply::Then::kHold}, Ok("")});

  EXPECT_FALSE(Generate().ok());
  AwaitRequests(2);

  EXPECT_EQ(RidOf(1), RidOf(0));
}

TEST_F(AbortTest, IsForSglangAlone) {
  config_.kind = BackendKind::kVllm;
  Serve({Endless(), EventStream({Says("4"), Finishes(), "[DONE]"})});

  CancelOne();
  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(server_->requests().size(), 2u);
  EXPECT_THAT(server_->requests().at(0).body, Not(HasSubstr("rid")));
}

// SGLang aborts every request whose name begins with the one that it is given.
TEST_F(AbortTest, GivesEachRequestANameThatBeginsNoOther) {
  Serve({Ok("")});
  Aborts aborts(http_, config_);
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) {
    names.push_back(aborts.NewName("solve/1"));
    names.push_back(aborts.NewName("solve/10"));
  }

  for (size_t a = 0; a < names.size(); ++a) {
    for (size_t b = 0; b < names.size(); ++b) {
      EXPECT_EQ(names[b].rfind(names[a], 0) == 0, a == b) << names[a] << " and " << names[b];
    }
  }
}

TEST_F(AbortTest, DropsWhatIsMoreThanMayWaitAndGoesOnAfterwards) {
  ScriptedReply reply = Error("200 OK", "{}");
  reply.then = ScriptedReply::Then::kKeepAlive;
  Serve({reply});
  Aborts aborts(http_, config_);
  for (int i = 0; i < 1100; ++i) aborts.Post("early");
  AwaitRequests(1024);

  aborts.Post("late");
  AwaitRequests(1025);

  EXPECT_EQ(RidOf(1024), "late");
}

TEST(RootOfTest, LeavesTheVersionOutAndNothingElse) {
  EXPECT_EQ(RootOf("http://host:8000/v1"), "http://host:8000");
  EXPECT_EQ(RootOf("https://host/api/v12"), "https://host/api");
  EXPECT_EQ(RootOf("http://host:8000"), "http://host:8000");
  EXPECT_EQ(RootOf("http://host/v"), "http://host/v");
  EXPECT_EQ(RootOf("http://host/vllm"), "http://host/vllm");
}

}  // namespace
}  // namespace sextant
