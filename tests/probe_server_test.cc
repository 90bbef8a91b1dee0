// What the probe learns about a server beside its completions: which one it is, what it works on,
// and whether it stops when the connection is closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/probe/cancel_check.h"
#include "client/probe/server_kind.h"
#include "client/probe/server_load.h"
#include "tests/fakes/probe_fixture.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

ScriptedReply Answers(const std::string& text) { return Ok(text, "application/json"); }
ScriptedReply NotFound() { return Error("404 Not Found", R"({"detail":"Not Found"})"); }

ScriptedReply Models(const std::string& owner, const std::string& more = "") {
  return Answers(R"({"data":[{"id":"a","owned_by":")" + owner + "\"" + more +
                 R"(},{"id":"b","owned_by":"x"}]})");
}

class ProbeModelsTest : public ProbeFixture {};

TEST_F(ProbeModelsTest, TakesTheFirstModelOfTheListWhereNoneIsNamed) {
  subject_.model = "";
  Serve({Models("vllm", R"(,"max_model_len":4096)")});

  const std::vector<Check> checks = Run(CheckModels(subject_));

  EXPECT_EQ(checks.at(0).verdict, Verdict::kYes);
  EXPECT_EQ(checks.at(1).verdict, Verdict::kYes);
  EXPECT_EQ(checks.at(1).seen, "a, b; probed: a");
  EXPECT_EQ(subject_.model, "a");
  EXPECT_EQ(subject_.context_tokens, 4096);
}

TEST_F(ProbeModelsTest, GoesOnWithAModelThatIsNotListed) {
  subject_.model = "c";
  Serve({Models("vllm")});

  const std::vector<Check> checks = Run(CheckModels(subject_));

  EXPECT_EQ(checks.at(1).verdict, Verdict::kPartly);
  EXPECT_EQ(checks.at(1).seen, "c is not in the list: a, b");
}

TEST_F(ProbeModelsTest, AddsTheVersionToAnAddressWithoutAPath) {
  subject_.model = "";
  Serve({Models("vllm")});
  subject_.url = server_->url();

  Run(CheckModels(subject_));

  EXPECT_EQ(subject_.url, server_->url("/v1"));
}

TEST_F(ProbeModelsTest, KeepsAnAddressThatHasNoVersion) {
  subject_.model = "";
  Serve({NotFound(), Models("vllm")});
  subject_.url = server_->url();

  Run(CheckModels(subject_));

  EXPECT_EQ(subject_.url, server_->url());
  EXPECT_EQ(subject_.model, "a");
}

TEST_F(ProbeModelsTest, SaysHowToGiveAKeyWhereOneIsMissing) {
  subject_.model = "";
  Serve({Error("401 Unauthorized", R"({"error":{"message":"no key"}})")});

  const std::vector<Check> checks = Run(CheckModels(subject_));

  EXPECT_EQ(checks.at(0).verdict, Verdict::kYes);
  EXPECT_EQ(checks.at(1).verdict, Verdict::kNo);
  EXPECT_THAT(checks.at(1).seen, HasSubstr("no key; name the variable that holds its key"));
}

TEST_F(ProbeModelsTest, SendsTheKey) {
  subject_.api_key = "secret";
  Serve({Models("vllm")});

  Run(CheckModels(subject_));

  EXPECT_THAT(server_->requests().at(0).head, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
}

TEST_F(ProbeModelsTest, EndsAtOnceWhereNobodyListens) {
  subject_.url = "http://127.0.0.1:" + std::to_string(ClosedPort()) + "/v1";

  const std::vector<Check> checks = Run(CheckModels(subject_));

  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks.at(0).verdict, Verdict::kNo);
}

TEST_F(ProbeModelsTest, SurvivesAListOfWrongTypes) {
  subject_.model = "";
  for (const char* list :
       {"[]", "null", R"({"data":"a"})", R"({"data":[1,{"id":2}]})", "{\"data\""}) {
    Serve({Answers(list)});
    EXPECT_EQ(Run(CheckModels(subject_)).at(1).verdict, Verdict::kNo) << list;
  }
}

class ProbeKindTest : public ProbeFixture {};

TEST_F(ProbeKindTest, KnowsLlamaCppByItsProperties) {
  Serve({Answers(R"({"default_generation_settings":{"n_ctx":2048},"total_slots":8,
                     "build_info":"b1"})")});

  const Check check = Run(CheckKind(subject_));

  EXPECT_EQ(check.seen, "llama.cpp b1, 8 requests at once, a context of 2048 tokens");
  EXPECT_EQ(subject_.kind, BackendKind::kLlamaCpp);
  EXPECT_EQ(subject_.slots, 8);
  EXPECT_THAT(server_->requests().at(0).head, StartsWith("GET /props HTTP/1.1\r\n"));
}

TEST_F(ProbeKindTest, KnowsSglangByItsServerInfo) {
  const ScriptedReply info =
      Answers(R"({"version":"0.5","model_path":"/m","context_length":null})");

  Serve({NotFound(), info});
  Run(CheckKind(subject_));
  EXPECT_EQ(subject_.server, "SGLang 0.5");
  EXPECT_EQ(subject_.kind, BackendKind::kSglang);

  subject_.kind = BackendKind::kAuto;
  Serve({NotFound(), NotFound(), info});
  Run(CheckKind(subject_));
  EXPECT_EQ(subject_.kind, BackendKind::kSglang);
}

TEST_F(ProbeKindTest, KnowsOllamaAndVllmByTheirVersions) {
  Serve({NotFound(), NotFound(), NotFound(), Answers(R"({"version":"0.9"})")});
  Run(CheckKind(subject_));
  EXPECT_EQ(subject_.server, "Ollama 0.9");
  EXPECT_EQ(subject_.kind, BackendKind::kOllama);

  Serve({NotFound(), NotFound(), NotFound(), NotFound(), Answers(R"({"version":"0.22"})")});
  Run(CheckKind(subject_));
  EXPECT_EQ(subject_.server, "vLLM 0.22");
  EXPECT_EQ(subject_.kind, BackendKind::kVllm);
}

TEST_F(ProbeKindTest, GoesByTheOwnerOfTheModelWhereNoEndpointTells) {
  subject_.model = "";
  Serve({Models("openai"), NotFound()});
  Run(CheckModels(subject_));
  EXPECT_EQ(Run(CheckKind(subject_)).verdict, Verdict::kYes);
  EXPECT_EQ(subject_.kind, BackendKind::kOpenAi);

  subject_.kind = BackendKind::kAuto;
  Serve({Models("somebody"), NotFound()});
  Run(CheckModels(subject_));
  EXPECT_EQ(Run(CheckKind(subject_)).verdict, Verdict::kUnknown);
  EXPECT_EQ(subject_.kind, BackendKind::kAuto);
}

TEST(MetricSumTest, AddsTheSeriesOfAFamilyAndNoOther) {
  constexpr char kText[] =
      "# TYPE a counter\na{model=\"x} y\"} 2\na{model=\"z\"} 3 1700000000\na_total 9\n b 1\nc "
      "nan_\n";

  EXPECT_EQ(MetricSum(kText, "a"), 5);
  EXPECT_EQ(MetricSum(kText, "a_total"), 9);
  EXPECT_EQ(MetricSum(kText, "b"), std::nullopt);
  EXPECT_EQ(MetricSum(kText, "c"), std::nullopt);
}

TEST(LoadFromMetricsTest, CountsWaitingRequestsToo) {
  const auto load = LoadFromMetrics(
      "vllm:num_requests_running{m=\"a\"} 2.0\nvllm:num_requests_waiting{m=\"a\"} 1.0\n"
      "vllm:generation_tokens_total{m=\"a\"} 70.0\n");

  ASSERT_TRUE(load.has_value());
  EXPECT_EQ(load->requests, 3);
  EXPECT_EQ(load->generated, 70);
  EXPECT_EQ(LoadFromMetrics("process_cpu_seconds_total 3\n"), std::nullopt);
}

class ProbeCancelTest : public ProbeFixture {
 protected:
  static ScriptedReply Vllm(int running, int generated) {
    return Ok("vllm:num_requests_running " + std::to_string(running) +
              "\nvllm:generation_tokens_total " + std::to_string(generated) + "\n");
  }
  static ScriptedReply LlamaCpp(int running, int generated) {
    return Ok("llamacpp:requests_processing " + std::to_string(running) +
              "\nllamacpp:tokens_predicted_total " + std::to_string(generated) + "\n");
  }
  // Eight tokens, and then as many as one wants to wait for.
  static ScriptedReply Endless() {
    std::string bytes = EventStreamHead();
    for (int i = 0; i < 8; ++i) bytes += Event(Chunk("x"));
    return {.parts = {bytes}, .then = ScriptedReply::Then::kHold};
  }
};

TEST_F(ProbeCancelTest, CountsTheTokensThatNobodyRead) {
  Serve({Vllm(0, 100), Endless(), Vllm(1, 108), Vllm(1, 110), Vllm(0, 111)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_THAT(check.seen, HasSubstr("3 tokens after the disconnect, by vllm:generation_tokens"));
  EXPECT_EQ(server_->closed_by_peer(), 1);
}

TEST_F(ProbeCancelTest, DoesNotTakeOldFiguresForAStop) {
  // The first answer after the disconnect knows nothing of the trace yet.
  Serve({LlamaCpp(0, 100), Endless(), LlamaCpp(0, 100), LlamaCpp(1, 100), LlamaCpp(0, 120)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_THAT(check.seen, HasSubstr("12 tokens after the disconnect"));
}

TEST_F(ProbeCancelTest, SaysPartlyWhereTheServerGoesOnForAWhile) {
  Serve({Vllm(0, 0), Endless(), Vllm(1, 50), Vllm(0, 108)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kPartly);
  EXPECT_THAT(check.seen, HasSubstr("100 tokens after the disconnect"));
}

TEST_F(ProbeCancelTest, SaysNoWhereTheTraceRunsToItsEnd) {
  Serve({LlamaCpp(0, 0), Endless(), LlamaCpp(1, 0), LlamaCpp(0, 1000)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_TRUE(check.needed);
  EXPECT_THAT(check.seen, HasSubstr("all of its 1000 tokens"));
}

TEST_F(ProbeCancelTest, SaysNoWhereTheServerDoesNotStopInTime) {
  subject_.timeout = absl::Milliseconds(100);
  Serve({LlamaCpp(0, 0), Endless(), LlamaCpp(1, 8)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kNo);
  EXPECT_THAT(check.seen, StartsWith("still generating"));
}

TEST_F(ProbeCancelTest, TrustsACounterOfEveryTokenMoreThanAGaugeThatStaysBehind) {
  Serve({Vllm(0, 0), Endless(), Vllm(1, 9), Vllm(1, 10)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_THAT(check.seen, HasSubstr("2 tokens after the disconnect"));
}

TEST_F(ProbeCancelTest, DoesNotInventTokensThatTheCounterLeavesOut) {
  Serve({LlamaCpp(0, 0), Endless(), LlamaCpp(1, 0), LlamaCpp(0, 0)});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_THAT(check.seen, HasSubstr("how many tokens later it does not tell"));
}

TEST_F(ProbeCancelTest, ReadsTheSlotsOfALlamaCppWithoutMetrics) {
  subject_.kind = BackendKind::kLlamaCpp;
  const ScriptedReply none = Error("501 Not Implemented", "{}");
  const ScriptedReply idle = Answers(R"([{"is_processing":false}])");
  Serve({none, idle, Endless(), none, Answers(R"([{"is_processing":true}])"), none, idle});

  const Check check = Run(CheckCancel(subject_));

  EXPECT_EQ(check.verdict, Verdict::kYes);
  EXPECT_THAT(check.seen, HasSubstr("/slots"));
  EXPECT_EQ(Body(2)["ignore_eos"], true);
}

TEST_F(ProbeCancelTest, DoesNotKnowWithoutFiguresOrWithThoseOfOthers) {
  Serve({NotFound()});
  EXPECT_EQ(Run(CheckCancel(subject_)).verdict, Verdict::kUnknown);

  Serve({Vllm(3, 0)});
  const Check busy = Run(CheckCancel(subject_));
  EXPECT_EQ(busy.verdict, Verdict::kUnknown);
  EXPECT_THAT(busy.seen, HasSubstr("works for others"));

  Serve({Vllm(0, 0), Stream({"one"})});
  const Check ended = Run(CheckCancel(subject_));
  EXPECT_EQ(ended.verdict, Verdict::kUnknown);
  EXPECT_THAT(ended.seen, HasSubstr("ended by itself"));
}

}  // namespace
}  // namespace sextant
