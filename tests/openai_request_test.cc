// What the backend sends: the request's JSON and headers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

class OpenAiRequestTest : public OpenAiFixture {
 protected:
  // What arrives at the server for request_, as configured by config_.
  ReceivedRequest Received() {
    Serve({EventStream({Says("4"), Finishes(), "[DONE]"})});
    EXPECT_TRUE(Generate().ok());
    return server_->requests().at(0);
  }
  Json Body() { return Json::parse(Received().body); }
};

TEST_F(OpenAiRequestTest, AsksForAStreamedChat) {
  const Json body = Body();

  EXPECT_EQ(body, Json::parse(R"({
      "model": "model-on-server",
      "stream": true,
      "stream_options": {"include_usage": true, "continuous_usage_stats": true},
      "messages": [{"role": "system", "content": "Be brief."},
                   {"role": "user", "content": "What is 2+2?"}],
      "max_tokens": 100})"));
}

TEST_F(OpenAiRequestTest, SendsHeadersThatNameTheTraceAndItsCaller) {
  config_.api_key = "secret";
  prompt_.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  const std::string head = Received().head;

  EXPECT_THAT(head, StartsWith("POST /v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Request-Id: solve/0\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\ntraceparent: "
                              "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
}

TEST_F(OpenAiRequestTest, SendsNoKeyAndNoTraceContextWhereThereIsNone) {
  const std::string head = Received().head;

  EXPECT_THAT(head, Not(HasSubstr("Authorization")));
  EXPECT_THAT(head, Not(HasSubstr("traceparent")));
}

TEST_F(OpenAiRequestTest, SendsTheSamplingThatIsSetAndNothingElse) {
  prompt_.temperature = 0.6;
  prompt_.top_p = 0.95;
  prompt_.top_k = 20;
  prompt_.min_p = 0.05;
  prompt_.stop = {"</answer>", "END"};
  request_.seed = 4'000'000'000;

  const Json body = Body();

  EXPECT_EQ(body["temperature"], 0.6);
  EXPECT_EQ(body["top_p"], 0.95);
  EXPECT_EQ(body["top_k"], 20);
  EXPECT_EQ(body["min_p"], 0.05);
  EXPECT_EQ(body["stop"], Json({"</answer>", "END"}));
  EXPECT_EQ(body["seed"], 4'000'000'000);
}

TEST_F(OpenAiRequestTest, ContinuesABeginningOfTheModelsTurnInAChat) {
  request_.prefix = "Two and two";

  const Json body = Body();

  EXPECT_EQ(body["messages"].back(), Json({{"role", "assistant"}, {"content", "Two and two"}}));
  EXPECT_EQ(body["continue_final_message"], true);
  EXPECT_EQ(body["add_generation_prompt"], false);
}

TEST_F(OpenAiRequestTest, JoinsPromptAndBeginningForTextCompletions) {
  config_.api = BackendApi::kCompletions;
  request_.prefix = "\nTwo and two";

  const ReceivedRequest received = Received();

  const Json body = Json::parse(received.body);
  EXPECT_THAT(received.head, StartsWith("POST /v1/completions HTTP/1.1\r\n"));
  EXPECT_EQ(body["prompt"], "Be brief.\n\nWhat is 2+2?\nTwo and two");
  EXPECT_FALSE(body.contains("messages"));
  EXPECT_FALSE(body.contains("continue_final_message"));
  EXPECT_EQ(body["max_tokens"], 100);
}

TEST_F(OpenAiRequestTest, AsksForLogProbabilitiesInTheShapeOfEachApi) {
  request_.logprobs = true;
  EXPECT_EQ(Body()["logprobs"], true);

  config_.api = BackendApi::kCompletions;
  EXPECT_EQ(Body()["logprobs"], 1);
}

TEST_F(OpenAiRequestTest, AsksForTheLikeliestTokensInTheShapeOfEachApi) {
  request_.logprobs = true;
  request_.top_logprobs = 20;
  const Json chat = Body();
  EXPECT_EQ(chat["logprobs"], true);
  EXPECT_EQ(chat["top_logprobs"], 20);

  config_.api = BackendApi::kCompletions;
  const Json text = Body();
  EXPECT_EQ(text["logprobs"], 20);
  EXPECT_FALSE(text.contains("top_logprobs"));
}

TEST_F(OpenAiRequestTest, AsksForTheServersOwnBeamSearch) {
  request_.native_beam_width = 4;

  const Json body = Body();

  EXPECT_EQ(body["use_beam_search"], true);
  EXPECT_EQ(body["best_of"], 4);
  EXPECT_EQ(body["n"], 4);
}

TEST_F(OpenAiRequestTest, UsesTheNewNameOfTheLimitForChatsWithOpenAi) {
  config_.kind = BackendKind::kOpenAi;

  const Json body = Body();

  EXPECT_EQ(body["max_completion_tokens"], 100);
  EXPECT_FALSE(body.contains("max_tokens"));
}

TEST_F(OpenAiRequestTest, KeepsTheOldNameOfTheLimitForTextCompletionsWithOpenAi) {
  config_.kind = BackendKind::kOpenAi;
  config_.api = BackendApi::kCompletions;

  EXPECT_EQ(Body()["max_tokens"], 100);
}

class ContinuousUsageTest : public OpenAiRequestTest,
                            public testing::WithParamInterface<std::pair<BackendKind, bool>> {};

TEST_P(ContinuousUsageTest, IsAskedForWhereTheServerMayKnowIt) {
  config_.kind = GetParam().first;

  const Json options = Body()["stream_options"];

  EXPECT_EQ(options["include_usage"], true);
  EXPECT_EQ(options.contains("continuous_usage_stats"), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ContinuousUsageTest,
                         testing::Values(std::pair(BackendKind::kAuto, true),
                                         std::pair(BackendKind::kVllm, true),
                                         std::pair(BackendKind::kSglang, true),
                                         std::pair(BackendKind::kLlamaCpp, false),
                                         std::pair(BackendKind::kOpenAi, false)));

TEST_F(OpenAiRequestTest, ReplacesWhatIsNotUtf8) {
  prompt_.messages = {{"user",
                       "a\xFF"
                       "b"}};

  EXPECT_EQ(Body()["messages"][0]["content"],
            "a\xEF\xBF\xBD"
            "b");
}

class RefusedUsageTest : public OpenAiFixture {
 protected:
  static ScriptedReply Refusal() {
    return Error("400 Bad Request",
                 R"({"message":"stream_options.continuous_usage_stats: unknown field"})");
  }
  bool AskedForIt(int request) const {
    return server_->requests().at(request).body.find("continuous_usage_stats") != std::string::npos;
  }
};

TEST_F(RefusedUsageTest, IsAskedAgainWithoutForGood) {
  Serve({Refusal(), EventStream({Says("4"), Finishes()})});

  EXPECT_TRUE(Generate().ok());
  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(server_->requests().size(), 3u);
  EXPECT_TRUE(AskedForIt(0));
  EXPECT_FALSE(AskedForIt(1));
  EXPECT_FALSE(AskedForIt(2));
}

// The traces of a solve are all under way when the first refusal comes.
TEST_F(RefusedUsageTest, HelpsEveryTraceThatWasUnderWay) {
  ScriptedReply held = Refusal();
  held.parts.insert(held.parts.begin(), "");
  Serve({held, held, held, EventStream({Says("4"), Finishes()})});
  RecordingSink sinks[3];
  std::vector<std::unique_ptr<Started<Generated>>> traces;
  for (RecordingSink& sink : sinks) {
    traces.push_back(std::make_unique<Started<Generated>>(backend_->Generate(request_, sink)));
  }
  RunUntil(loop_, [&] { return server_->requests().size() == 3; });

  for (int i = 0; i < 3; ++i) server_->Release();

  for (const auto& trace : traces) {
    RunUntil(loop_, [&] { return trace->ended(); });
    EXPECT_TRUE(trace->Take().ok());
  }
}

TEST_F(RefusedUsageTest, IsNotTheReasonForOtherRefusals) {
  Serve({Error("400 Bad Request", R"({"message":"max_tokens is too large"})")});

  EXPECT_EQ(Generate().status().code(), absl::StatusCode::kInvalidArgument);

  EXPECT_EQ(server_->requests().size(), 1u);
}

TEST_F(RefusedUsageTest, IsFinalWhenTheServerRefusesTheRequestWithoutItToo) {
  Serve({Refusal()});

  EXPECT_EQ(Generate().status().code(), absl::StatusCode::kInvalidArgument);

  EXPECT_EQ(server_->requests().size(), 2u);
}

class RefusedLogprobsTest : public OpenAiFixture {
 protected:
  void SetUp() override {
    request_.logprobs = true;
    request_.top_logprobs = 20;
  }
  static ScriptedReply Refusal(absl::string_view message) {
    return Error("400 Bad Request", absl::StrCat(R"({"message":")", message, R"("})"));
  }
  Json Sent(int request) const { return Json::parse(server_->requests().at(request).body); }
};

TEST_F(RefusedLogprobsTest, AsksForFewerThenForNoneForGood) {
  Serve({Refusal("top_logprobs 20 is above the maximum of 5"),
         Refusal("logprobs are not supported with this model"),
         EventStream({Says("4"), Finishes()})});

  EXPECT_TRUE(Generate().ok());
  EXPECT_TRUE(Generate().ok());

  ASSERT_EQ(server_->requests().size(), 4u);
  EXPECT_EQ(Sent(0)["top_logprobs"], 20);
  EXPECT_EQ(Sent(1)["top_logprobs"], 5);
  EXPECT_FALSE(Sent(2).contains("logprobs"));
  EXPECT_FALSE(Sent(3).contains("logprobs"));
}

TEST_F(RefusedLogprobsTest, StaysWithFiveWhereTheServerTakesThem) {
  config_.api = BackendApi::kCompletions;
  Serve({Refusal("logprobs must be at most 5"), EventStream({Says("4"), Finishes()})});

  EXPECT_TRUE(Generate().ok());

  EXPECT_EQ(Sent(0)["logprobs"], 20);
  EXPECT_EQ(Sent(1)["logprobs"], 5);
}

TEST_F(RefusedLogprobsTest, LeavesSearchesByTheSampledTokensAlone) {
  request_.top_logprobs = 0;  // They cannot do without.
  Serve({Refusal("logprobs are not supported with this model")});

  EXPECT_EQ(Generate().status().code(), absl::StatusCode::kInvalidArgument);

  EXPECT_EQ(server_->requests().size(), 1u);
}

}  // namespace
}  // namespace sextant
