// What the probe concludes from the completions of a model server, verdict by verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/probe/continuation_check.h"
#include "client/probe/generation_checks.h"
#include "tests/fakes/probe_fixture.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::vector<std::string> kNumbers = {"one ", "two ", "three ", "four ", "five ", "six"};

ScriptedReply Refusal(const std::string& message) {
  return Error("400 Bad Request", json{{"error", {{"message", message}}}}.dump());
}

class ProbeGenerationTest : public ProbeFixture {};

TEST_F(ProbeGenerationTest, SeesAStreamInItsChunks) {
  Serve({Stream(kNumbers)});

  const Check check = Run(CheckStreaming(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_THAT(check.seen, HasSubstr("6 tokens in 6 chunks"));
  EXPECT_EQ(subject_.api, BackendApi::kChat);
}

TEST_F(ProbeGenerationTest, CallsAWholeAnswerNoStream) {
  Serve({Ok(R"({"choices":[{"index":0,"message":{"content":"one two"},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":9,"completion_tokens":2}})",
            "application/json")});

  const Check check = Run(CheckStreaming(subject_));

  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_TRUE(check.needed);
}

TEST_F(ProbeGenerationTest, TurnsToTextCompletionsWhereThereIsNoChat) {
  Serve({Error("404 Not Found", R"({"detail":"Not Found"})"),
         EventStream({R"({"choices":[{"index":0,"text":"one"}]})",
                      R"({"choices":[{"index":0,"text":" two"}]})",
                      R"({"choices":[{"index":0,"text":"","finish_reason":"stop"}]})", "[DONE]"})});

  EXPECT_EQ(Run(CheckStreaming(subject_)).verdict, Verdict::kYes);

  EXPECT_EQ(subject_.api, BackendApi::kCompletions);
  EXPECT_EQ(Body(1)["prompt"], "Count.");
}

TEST_F(ProbeGenerationTest, NamesTheErrorOfAServerThatGeneratesNothing) {
  Serve({Error("503 Service Unavailable", R"({"error":{"message":"loading model"}})")});

  const Check check = Run(CheckStreaming(subject_));

  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_EQ(check.seen, "HTTP 503: loading model");
}

TEST_F(ProbeGenerationTest, FindsUsageAtTheEndAndInEveryChunk) {
  const auto counted = [](const char* text, int tokens) {
    return json{{"choices", {{{"index", 0}, {"delta", {{"content", text}}}}}},
                {"usage", {{"prompt_tokens", 9}, {"completion_tokens", tokens}}}}
        .dump();
  };
  Serve({Stream({"one ", "two"}),
         EventStream({counted("one ", 1), counted("two", 2), End("stop")[0], "[DONE]"})});

  const std::vector<Check> checks = Run(CheckUsage(subject_));

  EXPECT_EQ(checks.at(0).verdict, Verdict::kYes);
  EXPECT_EQ(checks.at(0).seen, "9 tokens of prompt (0 cached), 2 of completion");
  EXPECT_EQ(checks.at(1).verdict, Verdict::kYes);
  EXPECT_TRUE(subject_.tells_usage_in_every_chunk);
  EXPECT_EQ(Body(1)["stream_options"]["continuous_usage_stats"], true);
}

TEST_F(ProbeGenerationTest, MissesUsageThatIsNotSent) {
  std::vector<std::string> events = {Chunk("one "), Chunk("two")};
  for (const std::string& event : End("stop")) events.push_back(event);
  Serve({EventStream(events)});

  const std::vector<Check> checks = Run(CheckUsage(subject_));

  EXPECT_EQ(checks.at(0).verdict, Verdict::kNo);
  EXPECT_TRUE(checks.at(0).needed);
  EXPECT_EQ(checks.at(1).verdict, Verdict::kNo);
  EXPECT_FALSE(checks.at(1).needed);
}

TEST_F(ProbeGenerationTest, TakesTheRefusalOfAFieldForANo) {
  Serve({Stream(kNumbers), Refusal("stream_options: extra fields not permitted")});

  const std::vector<Check> checks = Run(CheckUsage(subject_));

  EXPECT_EQ(checks.at(0).verdict, Verdict::kYes);
  EXPECT_EQ(checks.at(1).verdict, Verdict::kNo);
  EXPECT_EQ(checks.at(1).seen, "HTTP 400: stream_options: extra fields not permitted");
}

TEST_F(ProbeGenerationTest, MeasuresWhetherMaxTokensIsKept) {
  const std::vector<std::string> eight(8, "x"), nine(9, "x"), seven(7, "x");

  Serve({Stream(eight, "length")});
  EXPECT_EQ(Run(CheckMaxTokens(subject_)).verdict, Verdict::kYes);
  Serve({Stream(nine, "length")});
  EXPECT_EQ(Run(CheckMaxTokens(subject_)).verdict, Verdict::kNo);
  Serve({Stream(eight, "stop")});
  EXPECT_EQ(Run(CheckMaxTokens(subject_)).verdict, Verdict::kPartly);
  Serve({Stream(seven, "stop")});
  EXPECT_EQ(Run(CheckMaxTokens(subject_)).verdict, Verdict::kUnknown);
}

TEST_F(ProbeGenerationTest, TellsSeedsThatWorkFromThoseThatDoNot) {
  const ScriptedReply a = Stream({"one"}), b = Stream({"two"});

  Serve({a, a, b});
  EXPECT_EQ(Run(CheckSeed(subject_)).verdict, Verdict::kYes);
  EXPECT_EQ(Body(0)["seed"], 1);
  EXPECT_EQ(Body(1)["seed"], 1);
  EXPECT_EQ(Body(2)["seed"], 2);

  Serve({a, a, a, b});
  EXPECT_EQ(Run(CheckSeed(subject_)).verdict, Verdict::kYes);
  Serve({a, b});
  EXPECT_EQ(Run(CheckSeed(subject_)).verdict, Verdict::kPartly);
  Serve({a});
  const Check check = Run(CheckSeed(subject_));
  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_TRUE(check.needed);
}

TEST_F(ProbeGenerationTest, CountsTheChoicesOfOneStream) {
  Serve({EventStream({Chunk("a", 0), Chunk("b", 1), End("length")[0], "[DONE]"})});
  EXPECT_EQ(Run(CheckSeveralChoices(subject_)).verdict, Verdict::kYes);

  Serve({Stream({"a"})});
  EXPECT_EQ(Run(CheckSeveralChoices(subject_)).verdict, Verdict::kNo);
}

TEST_F(ProbeGenerationTest, AsksForFewerLogprobsWhereManyAreRefused) {
  const std::string chunk =
      R"({"choices":[{"index":0,"delta":{"content":"4"},"logprobs":{"content":[
          {"token":"4","logprob":-0.5,"top_logprobs":[{"token":"4","logprob":-0.5},{"token":"5","logprob":-2}]}
      ]}}]})";
  std::string line = chunk;
  line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
  Serve({Refusal("top_logprobs: at most 5"), EventStream({line, End("length")[0], "[DONE]"})});

  const Check check = Run(CheckLogprobs(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_EQ(check.seen, "of 1 of 1 tokens, with up to 2 alternatives (5 asked for)");
  EXPECT_EQ(Body(0)["top_logprobs"], 20);
}

TEST_F(ProbeGenerationTest, MissesLogprobsThatAreIgnoredOrRefused) {
  Serve({Stream(kNumbers)});
  EXPECT_EQ(Run(CheckLogprobs(subject_)).verdict, Verdict::kNo);

  Serve({Refusal("logprobs are not supported")});
  const Check check = Run(CheckLogprobs(subject_));
  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_EQ(check.seen, "HTTP 400: logprobs are not supported");
}

TEST_F(ProbeGenerationTest, StopsAtAPieceOfTheText) {
  Serve({Stream(kNumbers), Stream({"one ", "two ", "three "}, "stop")});
  const Check kept = Run(CheckStop(subject_));
  EXPECT_EQ(kept.verdict, Verdict::kYes) << kept.seen;
  EXPECT_EQ(Body(1)["stop"], json::array({"four "}));

  Serve({Stream(kNumbers), Stream(kNumbers)});
  EXPECT_EQ(Run(CheckStop(subject_)).verdict, Verdict::kNo);
  Serve({Stream(kNumbers), Stream({"another text"}, "stop")});
  EXPECT_EQ(Run(CheckStop(subject_)).verdict, Verdict::kUnknown);
  Serve({Stream({"one"})});
  EXPECT_EQ(Run(CheckStop(subject_)).verdict, Verdict::kUnknown);
}

TEST_F(ProbeGenerationTest, ComparesAContinuationWithTheTextItself) {
  Serve({Stream({"one,", " two,", " three,", " four,", " five"}), Stream({" three,", " four,"})});

  const Check check = Run(CheckContinuation(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes) << check.seen;
  EXPECT_EQ(Body(1)["messages"].back(), json({{"role", "assistant"}, {"content", "one, two,"}}));
  EXPECT_EQ(Body(1)["continue_final_message"], true);
  EXPECT_EQ(Body(1)["add_generation_prompt"], false);
}

TEST_F(ProbeGenerationTest, SeesThroughAContinuationThatIsNone) {
  const ScriptedReply whole = Stream({"one,", " two,", " three,", " four,", " five"});

  Serve({whole, Stream({"Sure!", " Here", " it is"})});
  EXPECT_EQ(Run(CheckContinuation(subject_)).verdict, Verdict::kPartly);

  Serve({whole, Stream({"one, two,", " three,"})});
  const Check repeated = Run(CheckContinuation(subject_));
  EXPECT_EQ(repeated.verdict, Verdict::kPartly);
  EXPECT_EQ(repeated.seen, "the reply repeats the beginning");

  Serve({whole, Refusal("the last message must be of the user")});
  EXPECT_EQ(Run(CheckContinuation(subject_)).verdict, Verdict::kNo);

  Serve({Stream({"one"})});
  EXPECT_EQ(Run(CheckContinuation(subject_)).verdict, Verdict::kUnknown);
}

TEST_F(ProbeGenerationTest, ContinuesTheTextOfThePromptWithoutChat) {
  subject_.api = BackendApi::kCompletions;
  const auto text = [](const char* piece) {
    return json{{"choices", {{{"index", 0}, {"text", piece}}}}}.dump();
  };
  Serve({EventStream({text(" a"), text(" b"), text(" c"), text(" d"), End("stop")[0], "[DONE]"}),
         EventStream({text(" c"), text(" d"), End("stop")[0], "[DONE]"})});

  EXPECT_EQ(Run(CheckContinuation(subject_)).verdict, Verdict::kYes);

  EXPECT_EQ(Body(1)["prompt"], "Count. a b");
}

TEST_F(ProbeGenerationTest, ReadsTheRefusalOfAPromptThatIsTooLong) {
  subject_.context_tokens = 40;
  Serve({Refusal("maximum context length is 40 tokens")});

  const Check check = Run(CheckContext(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_EQ(check.seen, "a prompt of 50 words: HTTP 400: maximum context length is 40 tokens");
  EXPECT_EQ(Body(0)["max_tokens"], 1);
}

TEST_F(ProbeGenerationTest, NoticesAPromptThatIsCutWithoutAWord) {
  subject_.context_tokens = 40;
  const auto answered = [](int prompt) {
    return Ok(json{{"choices", json::array()}, {"usage", {{"prompt_tokens", prompt}}}}.dump(),
              "application/json");
  };

  Serve({answered(40)});
  EXPECT_EQ(Run(CheckContext(subject_)).verdict, Verdict::kNo);
  Serve({answered(60)});
  EXPECT_EQ(Run(CheckContext(subject_)).verdict, Verdict::kUnknown);
  Serve({Error("500 Internal Server Error", "{}")});
  EXPECT_EQ(Run(CheckContext(subject_)).verdict, Verdict::kPartly);
}

TEST_F(ProbeGenerationTest, DoesNotPayForALongPromptAtAHostedModel) {
  subject_.kind = BackendKind::kOpenAi;
  Serve({Stream(kNumbers)});

  EXPECT_EQ(Run(CheckContext(subject_)).verdict, Verdict::kUnknown);

  EXPECT_TRUE(server_->requests().empty());
}

TEST_F(ProbeGenerationTest, AsksVllmAloneForItsOwnBeamSearch) {
  Serve({Stream({"one"})});
  EXPECT_EQ(Run(CheckNativeBeamSearch(subject_)).verdict, Verdict::kNo);
  EXPECT_TRUE(server_->requests().empty());

  subject_.kind = BackendKind::kVllm;
  EXPECT_EQ(Run(CheckNativeBeamSearch(subject_)).verdict, Verdict::kYes);
  EXPECT_EQ(Body(0)["use_beam_search"], true);
}

TEST_F(ProbeGenerationTest, DoesNotKnowWhatAServerThatIsTooSlowCanDo) {
  subject_.timeout = absl::Milliseconds(20);
  Serve({{.parts = {EventStreamHead()}, .then = ScriptedReply::Then::kHold}});

  const Check check = Run(CheckMaxTokens(subject_));

  EXPECT_EQ(check.verdict, Verdict::kUnknown);
  EXPECT_EQ(check.seen, "no complete answer within --timeout");
}

TEST_F(ProbeGenerationTest, RefusesAStreamThatIsTooLong) {
  const std::string endless = "data: " + std::string((1 << 20) + 1, 'x');
  Serve({{.parts = {EventStreamHead() + endless}, .then = ScriptedReply::Then::kHold}});

  const Check check = Run(CheckMaxTokens(subject_));

  EXPECT_EQ(check.verdict, Verdict::kUnknown);
  EXPECT_THAT(check.seen, HasSubstr("longer than 1048576 bytes"));
}

}  // namespace
}  // namespace sextant
