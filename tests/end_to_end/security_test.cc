// Who gets in, over real sockets: tokens, their limits, TLS and mutual TLS; and what never gets
// out.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/solve_fan.h"
#include "server/callers.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/raw_call.h"
#include "tests/end_to_end/world.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/folder_fixture.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/tls_server.h"

namespace sextant {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The code that a method answers an empty request with that comes without any metadata.
StatusCode CodeOf(const std::string& address, const std::string& method) {
  return static_cast<StatusCode>(RawCall(address, method).status.error_code());
}

SextantClient ClientOf(World& world, ConnectOptions options) {
  return *SextantClient::Connect(world.server().address(), options);
}

CallerConfig TeamA() { return {.name = "team-a", .tokens = {TokenDigest("secret-a")}}; }

// A world whose one caller is team-a, with these limits.
WorldOptions OpenTo(const CallerConfig& caller, const MetricsPage& page) {
  return {.samples = {{"\\boxed{4}", 40}, {"\\boxed{4}", 60'000}},
          .edit = [caller, &page](Config& config) {
            config.server.metrics = page.address();
            config.callers = {caller};
          }};
}

class TokenTest : public testing::Test {
 protected:
  explicit TokenTest(CallerConfig caller = TeamA()) : world_(OpenTo(caller, page_)) {}

  const MetricsPage page_;
  World world_;
  SextantClient client_ = ClientOf(world_, {.token = "secret-a"});
};

TEST_F(TokenTest, EveryMethodOfTheContractRefusesACallWithoutATokenButHealthIsOpen) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("sextant.v1.Sextant");
  const std::string address = world_.server().address();
  ASSERT_GE(service->method_count(), 5);

  for (int i = 0; i < service->method_count(); ++i) {
    const std::string method = absl::StrCat("/sextant.v1.Sextant/", service->method(i)->name());
    EXPECT_EQ(CodeOf(address, method), StatusCode::kUnauthenticated) << method;
  }
  EXPECT_EQ(CodeOf(address, "/grpc.health.v1.Health/Check"), StatusCode::kOk);
  EXPECT_EQ(page_.Sum({"sextant_denied_calls_total", "UNAUTHENTICATED"}), service->method_count());
}

TEST_F(TokenTest, ACallWithTheTokenIsServedAndAnotherTokenIsRefusedWithoutBeingRepeated) {
  const auto served = client_.Solve(world_.Request("simple"));
  const auto refused =
      ClientOf(world_, {.token = "guess-1"}).Solve(world_.Request("simple")).status;

  EXPECT_TRUE(served.status.ok()) << served.status;
  EXPECT_EQ(refused.code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(refused.message()), Not(HasSubstr("guess-1")));
}

TEST_F(TokenTest, ANewTokenIsTakenAndAnOldOneRefusedFromTheReloadOn) {
  Config next = world_.config();
  next.callers[0].tokens = {TokenDigest("secret-2")};
  ASSERT_TRUE(world_.server().Reload(MakeSettings(next, BuiltInPolicy())).ok());

  EXPECT_EQ(client_.ListModels().status().code(), StatusCode::kUnauthenticated);
  EXPECT_TRUE(ClientOf(world_, {.token = "secret-2"}).ListModels().ok());
}

class ModelsOfACallerTest : public TokenTest {
 protected:
  ModelsOfACallerTest() : TokenTest(Restricted()) {}
  static CallerConfig Restricted() {
    CallerConfig caller = TeamA();
    caller.models = {"another"};
    return caller;
  }
};

TEST_F(ModelsOfACallerTest, OtherModelsAreDeniedAndNotListed) {
  const auto request = world_.Request("simple");
  v1::SolveRequest unknown = request;
  unknown.set_model("no-such");

  EXPECT_EQ(client_.Solve(request).status.code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(client_.SolveStream(request, {}, [](const auto&) {}).status.code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(client_.Plan(request).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(client_.ListModels()->models_size(), 0);
  EXPECT_THAT(std::string(client_.Plan(unknown).status().message()), Not(HasSubstr(World::kModel)));
  EXPECT_EQ(page_.Sum({"sextant_denied_calls_total", "PERMISSION_DENIED"}), 3);
}

class LimitedCallerTest : public TokenTest {
 protected:
  LimitedCallerTest() : TokenTest(Limited()) {}
  static CallerConfig Limited() {
    CallerConfig caller = TeamA();
    caller.max_solves = 1;
    caller.tokens_per_minute = 10;
    return caller;
  }
};

TEST_F(LimitedCallerTest, TokensBeyondThoseOfAMinuteAreRefusedWithTheTimeToWait) {
  ASSERT_TRUE(client_.Solve(world_.Request("simple")).status.ok());  // 40 tokens.

  const SolveResult refused = client_.Solve(world_.Request("simple"));

  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.status.message(),
            "caller team-a has used more than its tokens_per_minute (10)");
  ASSERT_TRUE(refused.retry_delay.has_value());
  EXPECT_GT(*refused.retry_delay, absl::Minutes(2));
  EXPECT_LE(*refused.retry_delay, absl::Minutes(3));
  EXPECT_EQ(page_.Sum({"sextant_shed_total", "caller_limit"}), 1);
}

TEST_F(LimitedCallerTest, ASolveThatIsAbandonedMakesRoomAndItsTokensCount) {
  v1::SolveRequest endless = world_.Request("simple");
  endless.mutable_sampling()->set_seed(1);
  SolveFan fan(client_);
  fan.Start(1, endless);
  world_.Await([](const SimulatorCounts& counts) { return counts.tokens > 100; });

  const SolveResult beside = client_.Solve(world_.Request("simple"));
  fan.CancelAll();
  page_.Await({"sextant_solves_running"}, 0);
  const SolveResult after = client_.Solve(world_.Request("simple"));

  EXPECT_EQ(beside.status.message(), "caller team-a has 1 solves that run or wait (max_solves 1)");
  EXPECT_EQ(beside.retry_delay, absl::Seconds(1));
  EXPECT_THAT(std::string(after.status.message()), HasSubstr("tokens_per_minute"));
}

// PEM files of a server and of a client, each with an authority of its own, in a folder.
class TlsTest : public FolderFixture {
 protected:
  TlsTest() {
    WritePair("server", MakeCertificate({.issuer = &server_authority_}));
    WritePair("client", MakeCertificate({.issuer = &client_authority_}));
    Write("server-ca.pem", server_authority_.certificate);
    Write("client-ca.pem", client_authority_.certificate);
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  // In one step: a watcher never sees half a file.
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::rename(FolderFixture::Write("next", text), folder_ / name);
  }
  void WritePair(const std::string& name, const PemPair& pair) {
    Write(name + ".pem", pair.certificate);
    Write(name + ".key", pair.key);
  }
  WorldOptions Secured(const std::string& client_ca = "") const {
    const TlsConfig tls{Path("server.pem"), Path("server.key"), client_ca};
    return {.samples = {{"\\boxed{4}", 10}},
            .edit = [tls](Config& config) { config.server.tls = tls; }};
  }
  ConnectOptions Trusting() const { return {.ca_file = Path("server-ca.pem")}; }
  ConnectOptions With(const std::string& identity) const {
    return {.ca_file = Path("server-ca.pem"),
            .certificate_file = Path(identity + ".pem"),
            .key_file = Path(identity + ".key")};
  }

  const PemPair server_authority_ = MakeCertificate();
  const PemPair client_authority_ = MakeCertificate();
};

StatusCode CodeOf(const SextantClient& client) {
  return client.ListModels({.timeout = absl::Seconds(20)}).status().code();
}

TEST_F(TlsTest, WhoTrustsTheServersAuthorityGetsThroughAndOthersDoNotReachIt) {
  World world(Secured());

  EXPECT_TRUE(ClientOf(world, Trusting()).Solve(world.Request("simple")).status.ok());
  EXPECT_EQ(CodeOf(ClientOf(world, {})), StatusCode::kUnavailable) << "without TLS";
  EXPECT_EQ(CodeOf(ClientOf(world, {.ca_file = Path("client-ca.pem")})), StatusCode::kUnavailable);
}

TEST_F(TlsTest, WithAnAuthorityOfClientsOnlyTheirCertificatesGetIn) {
  WritePair("stranger", MakeCertificate({.issuer = &server_authority_}));
  World world(Secured(Path("client-ca.pem")));

  EXPECT_EQ(CodeOf(ClientOf(world, With("client"))), StatusCode::kOk);
  EXPECT_EQ(CodeOf(ClientOf(world, Trusting())), StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(ClientOf(world, With("stranger"))), StatusCode::kUnavailable);
}

TEST_F(TlsTest, NewFilesAreUsedWithoutARestart) {
  World world(Secured());
  ASSERT_EQ(CodeOf(ClientOf(world, Trusting())), StatusCode::kOk);
  const PemPair next_authority = MakeCertificate();
  Write("next-ca.pem", next_authority.certificate);

  WritePair("server", MakeCertificate({.issuer = &next_authority}));

  const SextantClient next = ClientOf(world, {.ca_file = Path("next-ca.pem")});
  while (CodeOf(next) != StatusCode::kOk) std::this_thread::yield();
}

class SecretKeyTest : public testing::Test {
 protected:
  // Everything that a solve through a backend at `url`, called with an API key, makes visible.
  std::string Seen(const std::string& url) {
    const MetricsPage page;
    testing::internal::CaptureStderr();
    std::string seen;
    {
      World world({.samples = {{"\\boxed{4}", 10}}, .edit = [&](Config& config) {
                     config.server.metrics = page.address();
                     config.models[0].backends[0].url = url;
                     config.models[0].backends[0].api_key = "sk-very-secret";
                   }});
      const SolveResult result = world.Solve("simple");
      seen =
          absl::StrCat(result.status.ToString(), "\n", result.response.DebugString(), page.Text());
    }
    return absl::StrCat(seen, testing::internal::GetCapturedStderr());
  }
};

TEST_F(SecretKeyTest, IsNotSentToAServerWhoseCertificateNobodyTrustsAndTheErrorSaysWhy) {
  const TlsServer impostor("data: [DONE]\n\n");

  EXPECT_THAT(Seen(impostor.url() + "/v1"),
              AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("backend backend-0"),
                    HasSubstr("SSL certificate problem: self-signed certificate"),
                    HasSubstr("sextant_solves_total"), Not(HasSubstr("sk-very-secret"))));
}

TEST_F(SecretKeyTest, IsNotPassedOnWhenTheServerRepeatsIt) {
  const ScriptedServer server(
      {Error("401 Unauthorized", R"({"error":{"message":"wrong key sk-very-secret"}})")});

  EXPECT_THAT(Seen(server.url("/v1")),
              AllOf(HasSubstr("wrong key [the API key]"), Not(HasSubstr("sk-very-secret"))));
}

}  // namespace
}  // namespace sextant
