// One answer over time: pacing, chunks, usage, log-probabilities and every fault, without sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "simulator/faults.h"
#include "simulator/reply.h"

namespace sextant {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using Then = ReplyPart::Then;

const Problem& SomeProblem() {
  static const Problem* const problem = new Problem{.dataset = "d", .problem_id = "1"};
  return *problem;
}

Script ScriptOf(absl::string_view text, int64_t tokens) {
  Script script;
  script.text = TokenText({{text, tokens}});
  script.problem = &SomeProblem();
  script.surprise = 0.3;
  return script;
}

ReplySpec SpecOf(std::vector<Script> scripts) {
  ReplySpec spec;
  spec.head = {.id = "id", .model = "m", .created = 1};
  spec.scripts = std::move(scripts);
  spec.tokens_per_second = 10;
  spec.prompt_tokens = 5;
  spec.stream = true;
  spec.include_usage = true;
  return spec;
}

// Runs a reply to its end or until it falls silent, always at the moment it asks for.
struct Playback {
  std::string bytes;
  std::vector<absl::Duration> times;
  Then then = Then::kContinue;
  int status = 0;
};
Playback PlayToEnd(Reply& reply) {
  Playback run;
  while (run.then == Then::kContinue) {
    const std::optional<absl::Duration> due = reply.NextDue();
    if (!due) break;
    const ReplyPart part = reply.Take(*due);
    absl::StrAppend(&run.bytes, part.bytes);
    run.times.push_back(*due);
    run.then = part.then;
    run.status = part.status;
  }
  return run;
}
Playback PlayToEnd(ReplySpec spec) { return PlayToEnd(*MakeReply(std::move(spec))); }

// The JSON of every event before [DONE].
std::vector<Json> Events(const std::string& bytes) {
  std::vector<Json> events;
  for (absl::string_view event : absl::StrSplit(bytes, "\n\n", absl::SkipEmpty())) {
    EXPECT_TRUE(absl::ConsumePrefix(&event, "data: ")) << event;
    if (event != "[DONE]") events.push_back(Json::parse(event.begin(), event.end()));
  }
  return events;
}

std::string ContentOf(const std::vector<Json>& events, int choice) {
  std::string text;
  for (const Json& event : events) {
    for (const Json& item : event["choices"]) {
      if (item["index"] == choice) absl::StrAppend(&text, item["delta"].value("content", ""));
    }
  }
  return text;
}

ReplySpec WithFault(const std::string& header) {
  ReplySpec spec = SpecOf({ScriptOf("aabbccdd", 4)});
  const absl::StatusOr<Fault> fault = ParseFaultHeader(header);
  EXPECT_TRUE(fault.ok()) << fault.status();
  spec.fault = *fault;
  return spec;
}

TEST(StreamedReplyTest, SendsRoleContentFinishUsageAndDone) {
  const Playback run = PlayToEnd(SpecOf({ScriptOf("aabb", 2)}));

  const std::vector<Json> events = Events(run.bytes);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0]["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(events[1]["choices"][0]["delta"]["content"], "aa");
  EXPECT_EQ(events[2]["choices"][0]["delta"]["content"], "bb");
  EXPECT_TRUE(events[2]["choices"][0]["finish_reason"].is_null());
  EXPECT_EQ(events[3]["choices"][0]["finish_reason"], "stop");
  EXPECT_TRUE(events[4]["choices"].empty());
  EXPECT_EQ(events[4]["usage"],
            (Json{{"prompt_tokens", 5}, {"completion_tokens", 2}, {"total_tokens", 7}}));
  EXPECT_TRUE(absl::EndsWith(run.bytes, "data: [DONE]\n\n"));
  EXPECT_EQ(run.then, Then::kEnd);
}

TEST(StreamedReplyTest, SendsAChunkWhenItsLastTokenIsDue) {
  ReplySpec spec = SpecOf({ScriptOf("aabbccddee", 5)});
  spec.chunk_tokens = 2;

  EXPECT_THAT(
      PlayToEnd(std::move(spec)).times,
      ElementsAre(absl::Milliseconds(200), absl::Milliseconds(400), absl::Milliseconds(500)));
}

TEST(StreamedReplyTest, ALateChunkDoesNotDelayTheNext) {
  const std::unique_ptr<Reply> reply = MakeReply(SpecOf({ScriptOf("aabbccdd", 4)}));

  const ReplyPart late = reply->Take(absl::Milliseconds(250));

  EXPECT_EQ(late.tokens, 2);
  EXPECT_EQ(reply->NextDue(), absl::Milliseconds(300));
}

TEST(StreamedReplyTest, SendsNothingBeforeItIsDue) {
  const std::unique_ptr<Reply> reply = MakeReply(SpecOf({ScriptOf("aabb", 2)}));

  EXPECT_EQ(reply->Take(absl::Milliseconds(99)).bytes, "");
}

TEST(StreamedReplyTest, InterleavesChoicesAndSumsTheirUsage) {
  for (const double tokens_per_second : {0.0, 10.0}) {
    ReplySpec spec = SpecOf({ScriptOf("aabbcc", 3), ScriptOf("xx", 1)});
    spec.tokens_per_second = tokens_per_second;

    const std::vector<Json> events = Events(PlayToEnd(std::move(spec)).bytes);

    std::vector<int> order;
    for (const Json& event : events) {
      for (const Json& choice : event["choices"]) order.push_back(choice["index"]);
    }
    // A role, its tokens and an end each: 0 goes on after 1 has ended.
    EXPECT_THAT(order, ElementsAre(0, 0, 1, 1, 1, 0, 0, 0));
    EXPECT_EQ(ContentOf(events, 0), "aabbcc");
    EXPECT_EQ(ContentOf(events, 1), "xx");
    EXPECT_EQ(events.back()["usage"]["completion_tokens"], 4);
  }
}

TEST(StreamedReplyTest, CarriesUsageSoFarInEveryChunkWhenAsked) {
  ReplySpec spec = SpecOf({ScriptOf("aabbcc", 3)});
  spec.continuous_usage = true;

  const std::vector<Json> events = Events(PlayToEnd(std::move(spec)).bytes);

  EXPECT_EQ(events[1]["usage"]["completion_tokens"], 1);
  EXPECT_EQ(events[2]["usage"]["completion_tokens"], 2);
}

TEST(StreamedReplyTest, SendsNoUsageUnlessAsked) {
  ReplySpec spec = SpecOf({ScriptOf("aabb", 2)});
  spec.include_usage = false;

  EXPECT_THAT(PlayToEnd(std::move(spec)).bytes, testing::Not(HasSubstr("usage")));
}

TEST(StreamedReplyTest, SaysLengthWhenTheLimitCutIt) {
  Script script = ScriptOf("aabb", 2);
  script.is_cut = true;

  const std::vector<Json> events = Events(PlayToEnd(SpecOf({script})).bytes);

  EXPECT_EQ(events[3]["choices"][0]["finish_reason"], "length");
}

TEST(StreamedReplyTest, SendsABeamInOneChunkWhenAllOfItIsThere) {
  Script script = ScriptOf("aabbccdd", 4);
  script.beam_width = 4;

  const Playback run = PlayToEnd(SpecOf({script}));

  EXPECT_THAT(run.times, ElementsAre(absl::Milliseconds(400)));
  EXPECT_EQ(Events(run.bytes)[1]["choices"][0]["delta"]["content"], "aabbccdd");
}

TEST(StreamedReplyTest, PutsReasoningIntoItsOwnFieldAlsoInAChunkThatHasBoth) {
  Script script = ScriptOf("", 0);
  script.text = TokenText({{"th", 1, TextField::kReasoning}, {"an", 1, TextField::kContent}});
  script.thinking = ThinkingStyle::kReasoningContent;
  ReplySpec spec = SpecOf({script});
  spec.chunk_tokens = 2;

  const Json delta = Events(PlayToEnd(std::move(spec)).bytes)[1]["choices"][0]["delta"];

  EXPECT_EQ(delta, (Json{{"reasoning_content", "th"}, {"content", "an"}}));
}

TEST(StreamedReplyTest, GivesLogprobsForEveryTokenOfAChunk) {
  ReplySpec spec = SpecOf({ScriptOf("aabbcc", 3)});
  spec.head.top_logprobs = 2;
  spec.chunk_tokens = 2;

  const Json logprobs =
      Events(PlayToEnd(std::move(spec)).bytes)[1]["choices"][0]["logprobs"]["content"];

  ASSERT_EQ(logprobs.size(), 2u);
  EXPECT_EQ(logprobs[1]["token"], "bb");
  EXPECT_LE(logprobs[1]["logprob"].get<double>(), 0);
  EXPECT_EQ(logprobs[1]["top_logprobs"].size(), 2u);
}

TEST(StreamedReplyTest, SpeaksTheCompletionsDialect) {
  ReplySpec spec = SpecOf({ScriptOf("aabb", 2)});
  spec.head.endpoint = Endpoint::kCompletions;
  spec.head.top_logprobs = 1;

  const std::vector<Json> events = Events(PlayToEnd(std::move(spec)).bytes);

  EXPECT_EQ(events[0]["object"], "text_completion");
  EXPECT_EQ(events[0]["choices"][0]["text"], "aa");
  EXPECT_THAT(events[1]["choices"][0]["logprobs"]["tokens"], ElementsAre("bb"));
  EXPECT_THAT(events[1]["choices"][0]["logprobs"]["text_offset"], ElementsAre(2));
}

TEST(StreamedReplyTest, EndsAtOnceWhenThereIsNoTokenToSay) {
  const Playback run = PlayToEnd(SpecOf({ScriptOf("", 0)}));

  EXPECT_EQ(run.then, Then::kEnd);
  EXPECT_EQ(Events(run.bytes).back()["usage"]["completion_tokens"], 0);
}

TEST(FaultTest, StallSendsExactlyTheTokensBeforeAndThenNothing) {
  const std::unique_ptr<Reply> reply = MakeReply(WithFault("stall_after=3"));

  const Playback run = PlayToEnd(*reply);

  EXPECT_EQ(run.then, Then::kContinue);
  EXPECT_EQ(ContentOf(Events(run.bytes), 0), "aabbcc");
  EXPECT_EQ(reply->Take(absl::Hours(1)).bytes, "");
}

TEST(FaultTest, StallClipsAChunkThatReachesBeyondIt) {
  ReplySpec spec = WithFault("stall_after=3");
  spec.chunk_tokens = 16;

  EXPECT_EQ(ContentOf(Events(PlayToEnd(std::move(spec)).bytes), 0), "aabbcc");
}

TEST(FaultTest, CutBreaksOffInTheMiddleOfAnEvent) {
  const Playback run = PlayToEnd(WithFault("cut_after=2"));

  EXPECT_EQ(run.then, Then::kBreak);
  EXPECT_THAT(run.bytes, HasSubstr("\"bb\""));
  EXPECT_THAT(run.bytes, testing::Not(HasSubstr("\"cc\"")));
  EXPECT_FALSE(absl::EndsWith(run.bytes, "\n\n"));
}

TEST(FaultTest, GarbageStandsBetweenEventsThatGoOn) {
  const Playback run = PlayToEnd(WithFault("garbage_after=2"));

  EXPECT_THAT(run.bytes, HasSubstr("\xff\xfe"));
  EXPECT_LT(run.bytes.find("\"bb\""), run.bytes.find("\xff\xfe"));
  EXPECT_LT(run.bytes.find("\xff\xfe"), run.bytes.find("\"cc\""));
  EXPECT_EQ(run.then, Then::kEnd);
}

TEST(FaultTest, ErrorObjectEndsTheStream) {
  const Playback run = PlayToEnd(WithFault("error_after=1"));

  EXPECT_EQ(run.then, Then::kFail);
  EXPECT_EQ(Events(run.bytes).back()["error"]["code"], 500);
  EXPECT_THAT(run.bytes, testing::Not(HasSubstr("\"bb\"")));
}

TEST(FaultTest, WrongTypesSendANumberForText) {
  const std::vector<Json> events = Events(PlayToEnd(WithFault("wrong_types_after=0")).bytes);

  EXPECT_TRUE(events[0]["choices"][0]["delta"]["content"].is_number());
}

TEST(FaultTest, FirstTokenDelayMovesTheWholeStream) {
  const Playback run = PlayToEnd(WithFault("first_token_delay=2"));

  EXPECT_EQ(run.times.front(), absl::Milliseconds(2100));
  EXPECT_EQ(run.times.back(), absl::Milliseconds(2400));
}

TEST(FaultTest, NoUsageLeavesItOutThoughAskedFor) {
  EXPECT_THAT(PlayToEnd(WithFault("no_usage")).bytes, testing::Not(HasSubstr("usage")));
}

TEST(FaultTest, SendsNoLogprobsAlthoughTheyAreAskedFor) {
  ReplySpec spec = WithFault("no_logprobs");
  spec.head.top_logprobs = 20;

  EXPECT_THAT(PlayToEnd(std::move(spec)).bytes, testing::Not(HasSubstr("top_logprobs")));
}

TEST(FaultTest, NeverAnswerIsNeverDue) {
  EXPECT_EQ(MakeReply(WithFault("never_answer"))->NextDue(), std::nullopt);
}

TEST(FaultTest, BeyondTheEndOfATraceDoesNotHappen) {
  EXPECT_EQ(PlayToEnd(WithFault("cut_after=4")).then, Then::kEnd);
}

TEST(WholeReplyTest, SendsOneBodyWhenTheLongestChoiceIsDone) {
  ReplySpec spec = SpecOf({ScriptOf("aabb", 2), ScriptOf("xxyyzz", 3)});
  spec.stream = false;

  const Playback run = PlayToEnd(std::move(spec));
  const Json body = Json::parse(run.bytes);

  EXPECT_THAT(run.times, ElementsAre(absl::Milliseconds(300)));
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["choices"][0]["message"]["content"], "aabb");
  EXPECT_EQ(body["choices"][1]["message"]["content"], "xxyyzz");
  EXPECT_EQ(body["usage"]["completion_tokens"], 5);
}

TEST(WholeReplyTest, CountsWhatWasGeneratedForAClientThatLeft) {
  ReplySpec spec = SpecOf({ScriptOf("aabbccdd", 4)});
  spec.stream = false;
  const std::unique_ptr<Reply> reply = MakeReply(std::move(spec));

  EXPECT_EQ(reply->Abandon(absl::Milliseconds(250)), 2);
  EXPECT_EQ(reply->progress()[0].tokens, 2);
  EXPECT_FALSE(reply->progress()[0].finished);
}

TEST(WholeReplyTest, FailsAsAskedFor) {
  const auto run = [](const std::string& fault) {
    ReplySpec spec = WithFault(fault);
    spec.stream = false;
    return PlayToEnd(std::move(spec));
  };

  EXPECT_EQ(run("error_after=2").status, 500);
  EXPECT_EQ(run("cut_after=2").then, Then::kBreak);
  EXPECT_FALSE(Json::accept(run("cut_after=2").bytes));
  EXPECT_FALSE(Json::accept(run("garbage_after=2").bytes));
  EXPECT_TRUE(Json::parse(run("wrong_types_after=2").bytes)["choices"][0]["message"]["content"]
                  .is_number());
  EXPECT_EQ(run("stall_after=2").bytes, "");
}

TEST(FaultHeaderTest, NamesWhatItDoesNotUnderstand) {
  EXPECT_THAT(ParseFaultHeader("stal_after=3").status().ToString(), HasSubstr("stall_after"));
  EXPECT_THAT(ParseFaultHeader("stall_after=x").status().ToString(), HasSubstr("whole number"));
  EXPECT_THAT(ParseFaultHeader("status=200").status().ToString(), HasSubstr("from 400 to 599"));
  EXPECT_THAT(ParseFaultHeader("refuse=yes").status().ToString(), HasSubstr("takes no value"));
  EXPECT_THAT(ParseFaultHeader("retry_after=3").status().ToString(), HasSubstr("no fault"));
}

FaultRules Rules(const std::string& yaml) {
  const std::string path = absl::StrCat(testing::TempDir(), "faults_", getpid(), ".yaml");
  std::ofstream(path) << yaml;
  absl::StatusOr<FaultRules> rules = FaultRules::Load(path);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return *std::move(rules);
}

TEST(FaultRulesTest, FireForTheirModelAfterSkipAndAsOftenAsTimesSays) {
  FaultRules rules = Rules("faults:\n  - {model: m, skip: 1, times: 2, status: 503}\n");

  EXPECT_FALSE(rules.Next("other").any());
  EXPECT_FALSE(rules.Next("m").any());
  EXPECT_EQ(rules.Next("m").status, 503);
  EXPECT_EQ(rules.Next("m").status, 503);
  EXPECT_FALSE(rules.Next("m").any());
}

TEST(FaultRulesTest, FireWithTheirProbabilityAndLeaveTheRestToLaterRules) {
  FaultRules rules = Rules("faults:\n  - {probability: 0.3, refuse: true}\n  - {no_usage: true}\n");

  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const Fault fault = rules.Next("m");
    EXPECT_NE(fault.refuse, fault.no_usage);
    refused += fault.refuse;
  }
  EXPECT_NEAR(refused / 2000.0, 0.3, 0.03);
}

}  // namespace
}  // namespace sextant
