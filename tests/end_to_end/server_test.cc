#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;

// Calls a method of a service that has no stub here with `request` as it is on the wire.
std::string RawCall(const std::string& address, const std::string& method,
                    const std::string& request) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice sent(request);
  const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&sent, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer received;
  grpc::Status status;
  call->Finish(&received, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  EXPECT_TRUE(status.ok()) << status.error_message();
  grpc::Slice slice;
  EXPECT_TRUE(received.DumpToSingleSlice(&slice).ok());
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// A port that is free now.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

std::string Scrape(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string response;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) response.append(buffer, n);
  close(fd);
  return response;
}

// The sum of the series whose name and labels hold all of `parts`.
double Sum(const std::string& metrics, const std::vector<std::string>& parts) {
  double sum = 0;
  for (absl::string_view line : absl::StrSplit(metrics, '\n')) {
    bool wanted = !absl::StartsWith(line, "#");
    for (const std::string& part : parts) wanted = wanted && absl::StrContains(line, part);
    double value = 0;
    if (wanted && absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) sum += value;
  }
  return sum;
}

TEST(ServerTest, ServesTheStandardHealthService) {
  World world({.samples = {{"\\boxed{4}", 10}}});

  const std::string health = RawCall(world.server().address(), "/grpc.health.v1.Health/Check", "");

  EXPECT_EQ(health, std::string("\x08\x01", 2)) << "HealthCheckResponse{status: SERVING}";
}

TEST(ServerTest, APortThatIsTakenIsAnErrorThatNamesIt) {
  World world({.samples = {{"\\boxed{4}", 10}}});
  Config config = world.config();
  config.server.listen = world.server().address();

  const auto second = Server::Start(config, BuiltInPolicy());

  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(world.server().address()));
}

TEST(ServerTest, TokensInTheMetricsAreTheSumOfTheBillsOfSolvesThatEndWellAndOfFailedOnes) {
  const int port = FreePort();
  World world({.samples = {{"\\boxed{4}", 40}, {"\\boxed{4}", 80}, {"\\boxed{5}", 400}},
               .tokens_per_second = 2000,
               .faults = "faults: [{skip: 6, cut_after: 10}]",
               .edit = [port](Config& config) {
                 config.server.metrics = absl::StrCat("127.0.0.1:", port);
               }});
  int64_t finished = 0, cancelled = 0;
  int failed = 0;
  for (const char* strategy : {"majority_vote(n=3)", "first_finish(k=1,n=3)", "simple", "simple"}) {
    const SolveResult result = world.Solve(strategy);
    finished += result.usage->finished_tokens();
    cancelled += result.usage->cancelled_tokens();
    failed += !result.status.ok();
  }

  const std::string metrics = Scrape(port);

  EXPECT_EQ(failed, 2);
  EXPECT_GT(cancelled, 20);
  EXPECT_EQ(Sum(metrics, {"sextant_tokens_total", "kind=\"finished\""}), finished);
  EXPECT_EQ(Sum(metrics, {"sextant_tokens_total", "kind=\"cancelled\""}), cancelled);
  EXPECT_EQ(Sum(metrics, {"sextant_solves_total"}), 4);
  EXPECT_EQ(Sum(metrics, {"sextant_solves_total", "code=\"UNAVAILABLE\""}), 2);
  EXPECT_EQ(Sum(metrics, {"sextant_solves_running"}), 0);
  EXPECT_EQ(Sum(metrics, {"sextant_traces_total", "outcome=\"failed\""}), 2);
  EXPECT_EQ(Sum(metrics, {"sextant_backend_in_flight"}), 0);
}

}  // namespace
}  // namespace sextant
