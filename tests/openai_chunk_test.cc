#include "server/backend/openai_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

// A chunk with the text copied, since the reader's views last until its next call only.
struct Chunk {
  explicit Chunk(absl::string_view json, bool by_plain_reader = false) {
    OpenAiChunkReader reader(by_plain_reader);
    const auto chunks = reader.Read(json);
    status = chunks.status();
    if (!chunks.ok()) return;
    const TraceChunk* chunk = &chunks->front();
    content = std::string(chunk->content);
    reasoning = std::string(chunk->reasoning);
    finish_reason = std::string(chunk->finish_reason);
    tokens = chunk->tokens;
    usage = chunk->usage;
    sum_logprob = chunk->sum_logprob;
    logprobs = chunk->logprobs;
    confidences.assign(chunk->confidences.begin(), chunk->confidences.end());
  }
  absl::Status status;
  std::string content, reasoning, finish_reason;
  int tokens = 0;
  std::optional<TokenUsage> usage;
  double sum_logprob = 0;
  int logprobs = 0;
  std::vector<float> confidences;
};

// By either way of reading, which have to agree.
struct Read : Chunk {
  explicit Read(absl::string_view json) : Chunk(json) {
    if (!CanReadPlainChunks()) return;
    const Chunk other(json, /*by_plain_reader=*/true);
    EXPECT_EQ(other.status, status);
    EXPECT_EQ(other.content, content);
    EXPECT_EQ(other.reasoning, reasoning);
    EXPECT_EQ(other.finish_reason, finish_reason);
    EXPECT_EQ(other.tokens, tokens);
    EXPECT_EQ(other.usage.has_value(), usage.has_value());
    if (usage && other.usage) {
      EXPECT_EQ(other.usage->prompt, usage->prompt);
      EXPECT_EQ(other.usage->completion, usage->completion);
    }
    EXPECT_EQ(other.confidences, confidences);
  }
};

// A chat chunk with these fields in its choice.
std::string Choice(absl::string_view fields) {
  return absl::StrCat(R"({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,)",
                      fields, "}]}");
}

TEST(OpenAiChunkTest, ReadsContent) {
  const Read chunk(Choice(R"("delta":{"content":"hi\n\u00e9"},"finish_reason":null)"));

  ASSERT_TRUE(chunk.status.ok()) << chunk.status;
  EXPECT_EQ(chunk.content, "hi\n\xC3\xA9");
  EXPECT_EQ(chunk.reasoning, "");
  EXPECT_EQ(chunk.finish_reason, "");
  EXPECT_EQ(chunk.tokens, 1);
  EXPECT_FALSE(chunk.usage);
}

TEST(OpenAiChunkTest, ReadsReasoningUnderEitherName) {
  EXPECT_EQ(Read(Choice(R"("delta":{"reasoning":"hm"})")).reasoning, "hm");
  EXPECT_EQ(Read(Choice(R"("delta":{"reasoning_content":"hm"})")).reasoning, "hm");
  // A server that moves from one name to the other sends both.
  EXPECT_EQ(Read(Choice(R"("delta":{"reasoning":"hm","reasoning_content":"hm"})")).reasoning, "hm");
  EXPECT_EQ(Read(Choice(R"("delta":{"reasoning":null,"reasoning_content":"hm"})")).reasoning, "hm");
}

TEST(OpenAiChunkTest, TakesNullAndMissingFieldsAsNothingSaid) {
  const Read chunk(Choice(
      R"("delta":{"role":"assistant","content":null},"logprobs":null,"finish_reason":null)"));

  ASSERT_TRUE(chunk.status.ok()) << chunk.status;
  EXPECT_EQ(chunk.content, "");
  EXPECT_EQ(chunk.tokens, 0);
  EXPECT_TRUE(Read(R"({"choices":null,"usage":null,"error":null})").status.ok());
  EXPECT_TRUE(Read("{}").status.ok());
}

TEST(OpenAiChunkTest, ReadsTheFinishReasonOfAChunkWithoutText) {
  const Read chunk(Choice(R"("delta":{},"finish_reason":"length")"));

  EXPECT_EQ(chunk.finish_reason, "length");
  EXPECT_EQ(chunk.tokens, 0);
}

TEST(OpenAiChunkTest, ReadsATextCompletion) {
  const Read chunk(R"({"choices":[{"index":0,"text":"on and on","finish_reason":"stop"}]})");

  EXPECT_EQ(chunk.content, "on and on");
  EXPECT_EQ(chunk.finish_reason, "stop");
  EXPECT_EQ(chunk.tokens, 1);
}

TEST(OpenAiChunkTest, ReadsAWholeResponse) {
  const Read chunk(R"({"object":"chat.completion","choices":[{"index":0,"message":
      {"role":"assistant","content":"\\boxed{4}","reasoning_content":"2+2"},"finish_reason":"stop"}],
      "usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26}})");

  EXPECT_EQ(chunk.content, "\\boxed{4}");
  EXPECT_EQ(chunk.reasoning, "2+2");
  ASSERT_TRUE(chunk.usage);
  EXPECT_EQ(chunk.usage->prompt, 9);
  EXPECT_EQ(chunk.usage->completion, 17);
}

TEST(OpenAiChunkTest, ReadsTheUsageOfAChunkWithoutChoices) {
  const Read chunk(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":17,
      "prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0}}})");

  ASSERT_TRUE(chunk.usage);
  EXPECT_EQ(chunk.usage->prompt, 9);
  EXPECT_EQ(chunk.usage->cached, 8);
  EXPECT_EQ(chunk.usage->completion, 17);
  EXPECT_EQ(chunk.tokens, 0);
}

TEST(OpenAiChunkTest, ReadsTheUsageSoFarBesideText) {
  const Read chunk(R"({"choices":[{"index":0,"delta":{"content":"x"}}],
      "usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":null}})");

  EXPECT_EQ(chunk.content, "x");
  ASSERT_TRUE(chunk.usage);
  EXPECT_EQ(chunk.usage->completion, 3);
}

TEST(OpenAiChunkTest, HasNoUsageWhereTheCompletionsLengthIsNotSaid) {
  const Read chunk(R"({"choices":[],"usage":{"prompt_tokens":9}})");

  ASSERT_TRUE(chunk.status.ok()) << chunk.status;
  EXPECT_FALSE(chunk.usage);
}

TEST(OpenAiChunkTest, ReadsLogProbabilitiesOfChats) {
  const Read chunk(Choice(R"("delta":{"content":"a b"},"logprobs":{"content":[
      {"token":"a","logprob":-0.5,"top_logprobs":[]},{"token":" b","logprob":-1.25}]})"));

  EXPECT_DOUBLE_EQ(chunk.sum_logprob, -1.75);
  EXPECT_EQ(chunk.logprobs, 2);
  EXPECT_EQ(chunk.tokens, 2);
}

TEST(OpenAiChunkTest, ReadsLogProbabilitiesOfTextCompletions) {
  const Read chunk(R"({"choices":[{"index":0,"text":"a b c","logprobs":
      {"tokens":["a"," b"," c"],"token_logprobs":[-0.5,null,-1],"top_logprobs":null}}]})");

  EXPECT_DOUBLE_EQ(chunk.sum_logprob, -1.5);
  EXPECT_EQ(chunk.logprobs, 2);  // The null has none,
  EXPECT_EQ(chunk.tokens, 3);    // but is a token.
}

TEST(OpenAiChunkTest, ReadsTheConfidenceOfEachTokenOfAChat) {
  const Read chunk(Choice(R"("delta":{"content":"a b"},"logprobs":{"content":[
      {"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[
        {"token":"a","logprob":-0.5,"bytes":null},{"token":"b","logprob":-3.5,"bytes":null}]},
      {"token":" b","logprob":-1,"top_logprobs":[
        {"token":"c","logprob":-1},{"token":"d","logprob":-2},{"token":"e","logprob":-6}]}]})"));

  EXPECT_THAT(chunk.confidences, ElementsAre(2, 3));
  EXPECT_EQ(chunk.tokens, 2);
}

TEST(OpenAiChunkTest, ReadsTheConfidenceInAChunkOfLlamaCpp) {
  // As llama-server b11669 streams it for a chat with top_logprobs 3; the sampled token is not
  // among the three. Its text completions have the same shape.
  const absl::string_view logprobs = R"("logprobs":{"content":[
      {"id":273,"token":".","bytes":[46],"logprob":-3.4902045726776123,"top_logprobs":[
        {"id":311,"token":"T","bytes":[84],"logprob":-0.8053901195526123},
        {"id":272,"token":"-","bytes":[45],"logprob":-1.0663079023361206},
        {"id":280,"token":"5","bytes":[53],"logprob":-3.0426318645477295}]}]})";
  const Read chat(
      Choice(absl::StrCat(R"("finish_reason":null,"delta":{"content":"."},)", logprobs)));
  const Read text(Choice(absl::StrCat(R"("text":".","finish_reason":null,)", logprobs)));

  EXPECT_THAT(chat.confidences, ElementsAre(FloatNear(1.6381099F, 1e-6F)));
  EXPECT_THAT(text.confidences, ElementsAre(FloatNear(1.6381099F, 1e-6F)));
  EXPECT_NEAR(chat.sum_logprob, -3.4902, 1e-4);
}

TEST(OpenAiChunkTest, ReadsTheConfidenceOfEachTokenOfATextCompletion) {
  const Read chunk(R"({"choices":[{"index":0,"text":"a b c","logprobs":{"tokens":["a"," b"," c"],
      "token_logprobs":[null,-1,-2],"top_logprobs":[null,{" b":-1,"x":-2},{" c":-2,"y":-4,"z":-6}]}}]})");

  EXPECT_THAT(chunk.confidences, ElementsAre(1.5, 4));
  EXPECT_EQ(chunk.tokens, 3);
}

TEST(OpenAiChunkTest, HasNoConfidenceWhereFewerThanTwoTokensAreListed) {
  const Read sampled(Choice(R"("delta":{"content":"a"},"logprobs":{"content":[
      {"token":"a","logprob":-0.5}]})"));
  const Read one(Choice(R"("delta":{"content":"a"},"logprobs":{"content":[
      {"token":"a","logprob":-0.5,"top_logprobs":[{"token":"a","logprob":-0.5}]}]})"));

  EXPECT_THAT(sampled.confidences, ElementsAre());
  EXPECT_THAT(one.confidences, ElementsAre());
  EXPECT_EQ(one.logprobs, 1);
}

TEST(OpenAiChunkTest, LeavesOutTokensThatStandForNoProbabilityAtAll) {
  // vLLM and OpenAI write -9999, llama.cpp the least float; and a certain token may round above 0.
  const Read chunk(Choice(R"("delta":{"content":"a"},"logprobs":{"content":[
      {"token":"a","logprob":0,"top_logprobs":[{"token":"a","logprob":1e-7},{"token":"b","logprob":-9},
        {"token":"c","logprob":-9999.0},{"token":"d","logprob":-3.4028234663852886e38}]}]})"));

  EXPECT_THAT(chunk.confidences, ElementsAre(4.5));
}

TEST(OpenAiChunkTest, PassesOverLogProbabilitiesOfAnotherShape) {
  const Read chat(
      Choice(R"("delta":{"content":"a"},"logprobs":{"content":[7,null,{"top_logprobs":{"a":1}},
      {"logprob":"x","top_logprobs":[1,{"logprob":null},{"token":"a"},{"logprob":[-1]}]}]})"));
  const Read text(R"({"choices":[{"index":0,"text":"a","logprobs":
      {"token_logprobs":[-1],"top_logprobs":[[1],{"a":"x","b":null}]}}]})");

  ASSERT_TRUE(chat.status.ok() && text.status.ok());
  EXPECT_THAT(chat.confidences, ElementsAre());
  EXPECT_THAT(text.confidences, ElementsAre());
  EXPECT_EQ(chat.content, "a");
}

TEST(OpenAiChunkTest, CountsATextWithEmptyLogProbabilitiesAsOneToken) {
  const Read chunk(Choice(R"("delta":{"content":"x"},"logprobs":{"content":[]})"));

  EXPECT_EQ(chunk.tokens, 1);
  EXPECT_EQ(chunk.logprobs, 0);
}

TEST(OpenAiChunkTest, PassesOverFieldsThatItDoesNotKnow) {
  const Read chunk(R"({"timings":{"predicted_ms":1.5},"system_fingerprint":7,"choices":[{"index":0,
      "stop_reason":{"a":[1]},"delta":{"content":"x","tool_calls":"?","refusal":3}}],"service":[]})");

  ASSERT_TRUE(chunk.status.ok()) << chunk.status;
  EXPECT_EQ(chunk.content, "x");
}

TEST(OpenAiChunkTest, ReadsTheFirstChoiceAlone) {
  const Read chunk(R"({"choices":[{"index":1,"delta":{"content":"other"},"finish_reason":"stop"},
      {"index":0,"delta":{"content":"first"}}]})");

  EXPECT_EQ(chunk.content, "first");
  EXPECT_EQ(chunk.finish_reason, "");
}

struct WrongType {
  const char* json;
  const char* message;
};
void PrintTo(const WrongType& c, std::ostream* out) { *out << c.json; }

class OpenAiChunkWrongTypeTest : public testing::TestWithParam<WrongType> {};

TEST_P(OpenAiChunkWrongTypeTest, NamesTheFieldAndWhatWasExpected) {
  const Read chunk(GetParam().json);

  EXPECT_EQ(chunk.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(chunk.status.message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, OpenAiChunkWrongTypeTest,
    testing::Values(
        WrongType{R"({"choices":{}})", "the response's choices is not an array"},
        WrongType{R"({"choices":[7]})", "the response's choices[0] is not an object"},
        WrongType{R"({"choices":[{"index":"0"}]})",
                  "the response's choices[0].index is not a whole number"},
        WrongType{R"({"choices":[{"delta":"x"}]})",
                  "the response's choices[0].delta is not an object"},
        WrongType{R"({"choices":[{"delta":{"content":7}}]})",
                  "the response's choices[0].delta.content is not a string"},
        WrongType{R"({"choices":[{"delta":{"reasoning":[]}}]})",
                  "the response's choices[0].delta.reasoning is not a string"},
        WrongType{R"({"choices":[{"message":{"reasoning_content":{}}}]})",
                  "the response's choices[0].message.reasoning_content is not a string"},
        WrongType{R"({"choices":[{"text":false}]})",
                  "the response's choices[0].text is not a string"},
        WrongType{R"({"choices":[{"finish_reason":1}]})",
                  "the response's choices[0].finish_reason is not a string"},
        WrongType{R"({"usage":[]})", "the response's usage is not an object"},
        WrongType{R"({"usage":{"completion_tokens":"17"}})",
                  "the response's usage.completion_tokens is not a whole number of 0 to "
                  "1000000000000"},
        WrongType{R"({"usage":{"prompt_tokens":-1}})",
                  "the response's usage.prompt_tokens is not a whole number of 0 to 1000000000000"},
        WrongType{R"({"usage":{"completion_tokens":1e30}})",
                  "the response's usage.completion_tokens is not a whole number of 0 to "
                  "1000000000000"},
        WrongType{R"({"usage":{"completion_tokens":9223372036854775807}})",
                  "the response's usage.completion_tokens is not a whole number of 0 to "
                  "1000000000000"},
        WrongType{R"({"usage":{"prompt_tokens_details":{"cached_tokens":0.5}}})",
                  "the response's usage.cached_tokens is not a whole number of 0 to "
                  "1000000000000"}));

class OpenAiChunkGarbageTest : public testing::TestWithParam<const char*> {};

TEST_P(OpenAiChunkGarbageTest, IsRefusedAndShown) {
  const Read chunk(GetParam());

  EXPECT_EQ(chunk.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(chunk.status.message()), HasSubstr("expected a JSON object, got: "));
}

INSTANTIATE_TEST_SUITE_P(
    Garbage, OpenAiChunkGarbageTest,
    testing::Values("", " ", "null", "[]", "7", "\"text\"", "{", "{\"choices\":[}", "{} {}",
                    "<html>502 Bad Gateway</html>", "{\"a\":\"\xFF\xFE\"}", "{\"a\":\"\\ud800\"",
                    "{\"usage\":{\"completion_tokens\":99999999999999999999999}}"));

TEST(OpenAiChunkTest, RefusesNestingThatHasNoEnd) {
  const std::string json = absl::StrCat("{\"a\":", std::string(100'000, '['));

  EXPECT_EQ(Read(json).status.code(), absl::StatusCode::kUnavailable);
}

TEST(OpenAiChunkTest, ShowsTheBeginningOfLongGarbageAsValidText) {
  const std::string message(Read(std::string(1'000'000, '\xFF')).status.message());

  EXPECT_LT(message.size(), 2'000u);
  EXPECT_THAT(message, HasSubstr("\\xff\\xff"));
}

// vLLM and others have sent "200 OK" by the time that they look at the prompt.
TEST(OpenAiChunkTest, TakesARefusalInTheStreamForOne) {
  const Read refused(R"({"error":{"message":"too long","type":"BadRequestError","code":400}})");
  const Read busy(R"({"error":{"message":"later","code":429}})");
  const Read named(R"({"error":{"message":"too long","code":"context_length_exceeded"}})");
  const Read unknown(R"({"error":{"message":"too long","code":"what"}})");

  EXPECT_EQ(refused.status, absl::InvalidArgumentError("the server reports: too long"));
  EXPECT_EQ(busy.status, absl::ResourceExhaustedError("the server reports: later"));
  EXPECT_EQ(named.status, absl::InvalidArgumentError("the server reports: too long"));
  EXPECT_EQ(unknown.status, absl::UnavailableError("the server reports: too long"));
}

TEST(OpenAiChunkTest, ReportsAnErrorObjectInTheStream) {
  const Read chunk(R"({"error":{"message":"out of memory","type":"server_error","code":500}})");

  EXPECT_EQ(chunk.status, absl::UnavailableError("the server reports: out of memory"));
}

TEST(OpenAiChunkTest, IsUsableAfterAnError) {
  OpenAiChunkReader reader;
  EXPECT_FALSE(reader.Read("garbage").ok());

  const auto chunks = reader.Read(Choice(R"("delta":{"content":"x"})"));

  ASSERT_TRUE(chunks.ok());
  EXPECT_EQ(chunks->front().content, "x");
}

TEST(OpenAiChunksTest, TellTheChoicesOfOneRequestApart) {
  OpenAiChunkReader reader;

  const auto chunks = reader.Read(
      R"({"choices":[{"index":2,"delta":{"content":"c"}},{"index":0,"delta":{"content":"a"}}]})",
      3);

  ASSERT_TRUE(chunks.ok());
  ASSERT_EQ(chunks->size(), 2u);
  EXPECT_EQ((*chunks)[0].choice, 2);
  EXPECT_EQ((*chunks)[0].content, "c");
  EXPECT_EQ((*chunks)[1].choice, 0);
  EXPECT_EQ((*chunks)[1].content, "a");
}

TEST(OpenAiChunksTest, LeaveOutChoicesThatNobodyAskedFor) {
  OpenAiChunkReader reader;

  const auto chunks = reader.Read(
      R"({"choices":[{"index":2,"text":"c"},{"index":-1,"text":"z"},{"index":1,"text":"b"}]})", 2);

  ASSERT_TRUE(chunks.ok());
  ASSERT_EQ(chunks->size(), 1u);
  EXPECT_EQ(chunks->front().content, "b");
}

TEST(OpenAiChunksTest, GiveTheUsageToTheChoiceThatStandsBesideItElseToAll) {
  OpenAiChunkReader reader;
  constexpr char kUsage[] = R"("usage":{"prompt_tokens":3,"completion_tokens":5})";

  const auto one =
      reader.Read(absl::StrCat(R"({"choices":[{"index":1,"text":"b"}],)", kUsage, "}"), 2);
  ASSERT_TRUE(one.ok());
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().usage->completion, 5);

  const auto all = reader.Read(absl::StrCat(R"({"choices":[],)", kUsage, "}"), 2);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().choice, TraceChunk::kAllChoices);
}

struct ErrorBody {
  const char* body;
  const char* message;
};
void PrintTo(const ErrorBody& c, std::ostream* out) { *out << c.body; }

class ErrorMessageTest : public testing::TestWithParam<ErrorBody> {};

TEST_P(ErrorMessageTest, FindsTheServersWords) {
  OpenAiChunkReader reader;

  EXPECT_EQ(reader.ErrorMessage(GetParam().body), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ErrorMessageTest,
    testing::Values(ErrorBody{R"({"error":{"message":"no such model","code":404}})",
                              "no such model"},
                    ErrorBody{R"({"error":"model is loading"})", "model is loading"},
                    ErrorBody{R"({"object":"error","message":"too long","code":400})", "too long"},
                    ErrorBody{R"({"detail":"Not Found"})", "Not Found"},
                    ErrorBody{R"({"detail":[{"loc":["body","n"],"msg":"bad"}]})",
                              R"([{\"loc\":[\"body\",\"n\"],\"msg\":\"bad\"}])"},
                    ErrorBody{R"({"error":{"code":7}})", R"({\"code\":7})"},
                    ErrorBody{R"({"other":1})", R"({\"other\":1})"},
                    ErrorBody{"Bad Gateway", "Bad Gateway"}, ErrorBody{"", "no message"}));

TEST(ErrorMessageTest, IsShortAndValidWhateverTheBody) {
  OpenAiChunkReader reader;
  std::string accents;
  for (int i = 0; i < 10'000; ++i) accents += "\xC3\xA9";

  const std::string message = reader.ErrorMessage(absl::StrCat("x", accents));

  EXPECT_LE(message.size(), 303u);
  EXPECT_THAT(message, testing::EndsWith("\xC3\xA9..."));
}

}  // namespace
}  // namespace sextant
