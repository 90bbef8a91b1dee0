// What a model server's own words about its health and load are taken for.
#include <gtest/gtest.h>

#include "server/backend/http_health_check.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/started.h"

namespace sextant {
namespace {

using State = HealthReport::State;

class HealthCheckTest : public testing::Test {
 protected:
  HealthReport Check(std::vector<ScriptedReply> replies) {
    server_ = std::make_unique<ScriptedServer>(std::move(replies));
    config_.url = server_->url("/v1");
    return CheckAgain();
  }
  HealthReport CheckAgain() {
    if (check_ == nullptr) check_ = std::make_unique<HttpHealthCheck>(http_, config_);
    return RunToEnd(loop_, check_->Check());
  }
  std::string RequestLine(int i) const {
    const std::string head = server_->requests().at(i).head;
    return head.substr(0, head.find('\r'));
  }

  Loop loop_;
  Resolver resolver_{loop_};
  HttpClient http_{loop_, resolver_};
  BackendConfig config_{.name = "a", .kind = BackendKind::kOllama};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<HttpHealthCheck> check_;
};

TEST_F(HealthCheckTest, AsksBesideTheVersionedApi) {
  EXPECT_EQ(Check({Ok("{}")}).state, State::kUp);

  EXPECT_EQ(RequestLine(0), "GET /health HTTP/1.1");
}

TEST_F(HealthCheckTest, TakesA503ForNotYet) {
  EXPECT_EQ(
      Check({Error("503 Service Unavailable", R"({"error":{"message":"Loading model"}})")}).state,
      State::kLoading);
}

TEST_F(HealthCheckTest, TakesAGatewayWithoutAServerForDown) {
  EXPECT_EQ(Check({Error("502 Bad Gateway", "")}).state, State::kDown);
}

TEST_F(HealthCheckTest, TakesARefusedConnectionForDown) {
  config_.url = "http://127.0.0.1:" + std::to_string(ClosedPort()) + "/v1";

  EXPECT_EQ(CheckAgain().state, State::kDown);
}

TEST_F(HealthCheckTest, LearnsNothingFromAServerWithoutSuchARoute) {
  EXPECT_EQ(Check({Error("404 Not Found", "")}).state, State::kUnknown);
}

TEST_F(HealthCheckTest, SendsTheKey) {
  config_.api_key = "secret";

  Check({Ok("{}")});

  EXPECT_NE(server_->requests()[0].head.find("Authorization: Bearer secret"), std::string::npos);
}

TEST_F(HealthCheckTest, ReadsTheLoadOfVllm) {
  config_.kind = BackendKind::kVllm;

  const HealthReport report = Check({Ok(""), Ok("# TYPE vllm:num_requests_running gauge\n"
                                                "vllm:num_requests_running{engine=\"0\"} 12.0\n"
                                                "vllm:num_requests_running{engine=\"1\"} 3.0\n"
                                                "vllm:num_requests_waiting{engine=\"0\"} 7.0\n")});

  EXPECT_EQ(report.running, 15);
  EXPECT_EQ(report.waiting, 7);
  EXPECT_TRUE(report.shares_prefixes);
}

TEST_F(HealthCheckTest, CountsBusySlotsOfALlamaServerWithoutMetrics) {
  config_.kind = BackendKind::kLlamaCpp;

  const HealthReport report =
      Check({Ok("{}"), Error("501 Not Implemented", "{}"),
             Ok(R"([{"id":0,"is_processing":true},{"id":1,"is_processing":false}])")});

  EXPECT_EQ(report.running, 1);
  EXPECT_EQ(report.waiting, std::nullopt);
  EXPECT_EQ(RequestLine(2), "GET /slots HTTP/1.1");
}

TEST_F(HealthCheckTest, AsksAServerOfUnknownKindOnceWhatItIs) {
  config_.kind = BackendKind::kAuto;

  const HealthReport first =
      Check({Ok(""), Ok(R"({"data":[{"id":"m","owned_by":"sglang"}]})"), Ok("")});
  CheckAgain();

  EXPECT_TRUE(first.shares_prefixes);
  EXPECT_EQ(server_->requests().size(), 3);
  EXPECT_EQ(RequestLine(1), "GET /v1/models HTTP/1.1");
}

TEST(KindOfModelsTest, KnowsServersByTheOwnerOfTheirModels) {
  EXPECT_EQ(KindOfModels(R"({"data":[{"owned_by":"vllm"}]})"), BackendKind::kVllm);
  EXPECT_EQ(KindOfModels(R"({"data":[{"owned_by":"llamacpp"}]})"), BackendKind::kLlamaCpp);
  EXPECT_EQ(KindOfModels(R"({"data":[{"owned_by":"library"}]})"), BackendKind::kOllama);
}

TEST(KindOfModelsTest, TakesAnythingElseForUnknown) {
  for (const char* json : {"", "[]", "{", R"({"data":{}})", R"({"data":[]})", R"({"data":[7]})",
                           R"({"data":[{"owned_by":7}]})", R"({"data":[{"owned_by":"acme"}]})"}) {
    EXPECT_EQ(KindOfModels(json), BackendKind::kAuto) << json;
  }
}

TEST(SumOfSeriesTest, TakesNoOtherMetricWithTheSameBeginning) {
  EXPECT_EQ(SumOfSeries("a_b_total 7\na_b 2\na_b{x=\"1 } 3\"} 4 1700000000\n", "a_b"), 6);
  EXPECT_EQ(SumOfSeries("a_b_total 7\n", "a_b"), std::nullopt);
  EXPECT_EQ(SumOfSeries("a_b{} NaN-ish\n", "a_b"), std::nullopt);
}

TEST(BusySlotsTest, TakesAnythingThatIsNoListOfSlotsForUnknown) {
  for (const char* json : {"", "{}", "[7]", "[{}]", R"([{"is_processing":1}])"}) {
    EXPECT_EQ(BusySlots(json), std::nullopt) << json;
  }
  EXPECT_EQ(BusySlots("[]"), 0);
}

}  // namespace
}  // namespace sextant
