// How the client proves who it is, and what it refuses before it connects. That TLS works is for
// the end-to-end tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <sstream>

#include "client/cli/command_line.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "tests/client_fake_server.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/folder_fixture.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

FakeSolve Answers(const v1::SolveRequest&) { return {.response = SampleResponse()}; }

v1::SolveRequest AnyRequest() {
  v1::SolveRequest request;
  request.set_model("model-a");
  request.set_prompt("2 + 2?");
  return request;
}

absl::Status Refusal(const std::string& target, const ConnectOptions& options) {
  return SextantClient::Connect(target, options).status();
}
std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(ConnectTest, SendsTheTokenWithEveryKindOfCall) {
  const FakeServer server(Answers);
  const auto client = SextantClient::Connect(server.target(), {.token = "secret-a"});

  ASSERT_TRUE(client->Solve(AnyRequest()).status.ok());
  EXPECT_EQ(server.authorization(), "Bearer secret-a");
  ASSERT_TRUE(SextantClient::Connect(server.target())->Plan(AnyRequest()).ok());
  EXPECT_EQ(server.authorization(), "");
  ASSERT_TRUE(client->Plan(AnyRequest()).ok());
  EXPECT_EQ(server.authorization(), "Bearer secret-a");
  SolveFan fan(*client);
  fan.Start(1, AnyRequest());
  ASSERT_TRUE(fan.Next(absl::Seconds(20)).has_value());
  EXPECT_EQ(server.authorization(), "Bearer secret-a");
}

TEST(ConnectTest, ATokenIsNotSentInTheClearBeyondThisMachine) {
  EXPECT_THAT(Message(Refusal("10.0.0.1:50051", {.token = "secret-a"})),
              AllOf(HasSubstr("could be overheard on its way to 10.0.0.1:50051"),
                    Not(HasSubstr("secret-a"))));
  EXPECT_TRUE(Refusal("10.0.0.1:50051", {.tls = true, .token = "secret-a"}).ok());
  EXPECT_TRUE(Refusal("127.0.0.1:50051", {.token = "secret-a"}).ok());
}

TEST(ConnectTest, WhatIsNoTokenIsRefusedAndNotRepeated) {
  for (const std::string& token : {std::string("two words"), std::string("line\n"),
                                   std::string("caf\xC3\xA9"), std::string(4097, 'x')}) {
    const absl::Status status = Refusal("127.0.0.1:1", {.token = token});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(Message(status), Not(HasSubstr(token)));
  }
}

class ConnectFilesTest : public FolderFixture {};

TEST_F(ConnectFilesTest, WrongOnesAreNamedBeforeAnythingConnects) {
  const PemPair pair = MakeCertificate();
  const std::string certificate = Write("client.pem", pair.certificate);
  const std::string key = Write("client.key", pair.key);
  const std::string other = Write("other.key", MakeCertificate().key);

  EXPECT_TRUE(Refusal("a:1", {.certificate_file = certificate, .key_file = key}).ok());
  EXPECT_THAT(Message(Refusal("a:1", {.ca_file = key})), HasSubstr(key + ": holds no certificate"));
  EXPECT_THAT(Message(Refusal("a:1", {.certificate_file = certificate, .key_file = other})),
              HasSubstr(other + ": the key does not match"));
  EXPECT_THAT(Message(Refusal("a:1", {.certificate_file = certificate})),
              HasSubstr("both its file and that of its key"));
  EXPECT_TRUE(absl::IsNotFound(Refusal("a:1", {.ca_file = "/no/such.pem"})));
}

struct Ran {
  ExitCode code;
  std::string err;
};
Ran RunSextant(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  const ExitCode code = RunCommandLine(arguments, console);
  return {code, err.str()};
}

TEST_F(ConnectFilesTest, TheCommandLineTakesTheTokenFromItsFileElseFromTheEnvironment) {
  const FakeServer server(Answers);
  const std::vector<std::string> plan = {"plan", "--server", server.target(), "--prompt", "2+2?"};
  std::vector<std::string> with_file = plan;
  with_file.insert(with_file.end(), {"--token-file", Write("token", "of-the-file\n")});
  setenv("SEXTANT_TOKEN", "of-the-environment", 1);

  const Ran environment = RunSextant(plan);
  const std::string sent_from_environment = server.authorization();
  const Ran file = RunSextant(with_file);
  unsetenv("SEXTANT_TOKEN");

  EXPECT_EQ(environment.code, ExitCode::kOk) << environment.err;
  EXPECT_EQ(sent_from_environment, "Bearer of-the-environment");
  EXPECT_EQ(file.code, ExitCode::kOk) << file.err;
  EXPECT_EQ(server.authorization(), "Bearer of-the-file");
}

TEST_F(ConnectFilesTest, TheCommandLineRefusesWrongFilesAsWrongUsage) {
  const std::string empty = Write("token", "\n");

  const Ran token = RunSextant({"models", "--token-file", empty});
  const Ran authority = RunSextant({"models", "--ca", empty});

  EXPECT_EQ(token.code, ExitCode::kMisused);
  EXPECT_THAT(token.err, HasSubstr(empty + ": empty, expected a token"));
  EXPECT_EQ(authority.code, ExitCode::kMisused);
  EXPECT_THAT(authority.err, HasSubstr(empty + ": holds no certificate"));
}

}  // namespace
}  // namespace sextant
