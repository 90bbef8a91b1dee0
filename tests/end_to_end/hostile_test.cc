// What comes to the gRPC port from those who do not mean well: the connection or the call is
// refused, and the next caller is served as if nothing had been.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/raw_call.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kSolve[] = "/sextant.v1.Sextant/Solve";

// A TCP connection to a server that is in this process.
class Connection {
 public:
  explicit Connection(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False once the server has closed the connection.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // All that the server says until it closes; what is beyond a MiB is left out.
  std::string ReadToEnd() {
    std::string all;
    char buffer[16 << 10];
    ssize_t got = 0;
    while ((got = recv(fd_, buffer, sizeof buffer, 0)) > 0) {
      if (all.size() < 1 << 20) all.append(buffer, static_cast<size_t>(got));
    }
    EXPECT_TRUE(got == 0 || errno == ECONNRESET) << "the server leaves the connection open";
    return all;
  }

 private:
  int fd_;
};

// RFC 9113, 4.1.
enum FrameType : char { kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kContinuation = 9 };
constexpr char kEndHeaders = 4;

std::string Frame(FrameType type, char flags, uint32_t stream, absl::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift));
  frame.push_back(type);
  frame.push_back(flags);
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
  return absl::StrCat(frame, payload);
}

std::string Hello() {
  return absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Frame(kSettings, 0, 0, ""));
}

// A literal header that is not put into the table (RFC 7541, 6.2.2); up to 126 bytes each.
std::string Header(absl::string_view name, absl::string_view value) {
  return absl::StrCat(absl::string_view("\0", 1), std::string(1, static_cast<char>(name.size())),
                      name, std::string(1, static_cast<char>(value.size())), value);
}

std::string HeadersOfASolve() {
  return absl::StrCat(Header(":method", "POST"), Header(":scheme", "http"), Header(":path", kSolve),
                      Header(":authority", "localhost"), Header("te", "trailers"),
                      Header("content-type", "application/grpc"));
}

class HostileTest : public testing::Test {
 protected:
  void ExpectServes() {
    const SolveResult result = world_.Solve("simple");
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(world_.simulator().Counts().streams_open, 0);
  }
  RawAnswer Call(const std::string& method, const std::string& request) {
    return RawCall(world_.server().address(), method, request);
  }

  World world_{{.samples = {{"\\boxed{4}", 10}}}};
};

struct Bytes {
  const char* name;
  std::string bytes;
};
void PrintTo(const Bytes& bytes, std::ostream* out) { *out << bytes.name; }

class HostileBytesTest : public HostileTest, public testing::WithParamInterface<Bytes> {};

TEST_P(HostileBytesTest, EndTheirConnectionAndNothingElse) {
  Connection connection(world_.server().address());

  connection.Send(GetParam().bytes);
  connection.ReadToEnd();

  ExpectServes();
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileBytesTest,
    testing::Values(Bytes{"AnHttp1Request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
                    Bytes{"ATlsGreeting",
                          std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10) +
                              std::string(64, '\0')},
                    Bytes{"Noise", std::string(4096, '\xa5')},
                    Bytes{"AFrameLargerThanAllowed",
                          Hello() + std::string("\xff\xff\xff\x00\x00\x00\x00\x00\x01", 9)},
                    Bytes{"HeadersThatCannotBeRead",
                          Hello() + Frame(kHeaders, kEndHeaders, 1, std::string(32, '\xff'))},
                    Bytes{"SettingsOfABrokenLength", Hello() + Frame(kSettings, 0, 0, "odd")}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(HostileTest, AFloodOfPingsEndsItsConnectionWithAReason) {
  Connection connection(world_.server().address());
  std::string pings = Hello();
  for (int i = 0; i < 100; ++i) pings += Frame(kPing, 0, 0, "8 bytes.");

  connection.Send(pings);

  EXPECT_THAT(connection.ReadToEnd(), HasSubstr("too_many_pings"));
  ExpectServes();
}

TEST_F(HostileTest, HeadersWithoutEndAreInNobodysWay) {
  Connection connection(world_.server().address());
  connection.Send(Hello() + Frame(kHeaders, 0, 1, HeadersOfASolve()));
  const std::string more = Frame(kContinuation, 0, 1, Header("x-filler", std::string(100, 'f')));
  // 8 MB. gRPC 1.51 keeps them until the connection ends: see docs/threat-model.md.
  for (int i = 0; i < 70'000; ++i) connection.Send(more);

  ExpectServes();
}

TEST_F(HostileTest, StreamsThatAreTakenBackAtOnceLeaveNothingBehind) {
  Connection connection(world_.server().address());
  std::string rapid = Hello();
  for (uint32_t i = 0; i < 5'000; ++i) {
    rapid += Frame(kHeaders, kEndHeaders, 2 * i + 1, HeadersOfASolve());
    rapid += Frame(kReset, 0, 2 * i + 1, absl::string_view("\0\0\0\x8", 4));
  }

  connection.Send(rapid);

  ExpectServes();
}

TEST_F(HostileTest, HundredsOfConnectionsThatSayNothingAreInNobodysWay) {
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 300; ++i) {
    silent.push_back(std::make_unique<Connection>(world_.server().address()));
    if (i % 2 == 0) silent.back()->Send(Hello());
  }

  ExpectServes();
}

TEST_F(HostileTest, WhatIsNoMessageIsRefused) {
  EXPECT_EQ(Call(kSolve, "\xff\xff\xff\xff no message").status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  ExpectServes();
}

TEST_F(HostileTest, TextThatIsNotUtf8IsRefused) {
  v1::SolveRequest request = world_.Request("simple");
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find(World::kPrompt), 4, "\xff\xfe\xc0\x80");

  EXPECT_EQ(Call(kSolve, bytes).status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  ExpectServes();
}

TEST_F(HostileTest, AnEmptyRequestIsToldWhatIsMissing) {
  const grpc::Status status = Call(kSolve, "").status;

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("model is empty"));
}

TEST_F(HostileTest, AMethodThatIsNotThereIsUnimplemented) {
  EXPECT_EQ(Call("/sextant.v1.Sextant/Drop", "").status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Call("/../../etc/passwd", "").status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(HostileTest, AMessageBeyondTheLimitIsRefusedUnread) {
  EXPECT_EQ(Call(kSolve, std::string(5 << 20, 'x')).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectServes();
}

TEST_F(HostileTest, AMessageThatUnpacksBeyondTheLimitIsRefused) {
  grpc::ChannelArguments arguments;
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
  const auto channel = grpc::CreateCustomChannel(world_.server().address(),
                                                 grpc::InsecureChannelCredentials(), arguments);
  const auto stub = v1::Sextant::NewStub(channel);
  v1::SolveRequest request = world_.Request("simple");
  request.set_prompt(std::string(256 << 20, ' '));
  grpc::ClientContext context;
  v1::SolveResponse response;

  EXPECT_EQ(stub->Solve(&context, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectServes();
}

TEST_F(HostileTest, AnErrorRepeatsOnlyTheBeginningOfALongValue) {
  v1::SolveRequest request = world_.Request("simple");
  request.set_reference_answer(std::string(60'000, 'x'));
  EXPECT_THAT(std::string(world_.Solve(request).status.message()),
              StartsWith("reference_answer is \"xxx"));
  request.set_reference_answer("");
  request.set_model(std::string(100'000, 'm'));
  EXPECT_EQ(world_.Solve(request).status.code(), absl::StatusCode::kNotFound);
}

TEST(LongErrorTest, FitsIntoWhatClientsTakeHoweverManyModelsItWouldName) {
  World world({.samples = {{"\\boxed{4}", 10}}, .edit = [](Config& config) {
                 for (int i = 0; i < 400; ++i) {
                   config.models.push_back(config.models[0]);
                   config.models.back().name = absl::StrCat(std::string(40, 'm'), "\u00e9", i);
                 }
               }});
  v1::SolveRequest request = world.Request("simple");
  request.set_model("other");

  const absl::Status status = world.Solve(request).status;

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("model \"other\" is not served here; known: recorded"));
}

TEST(StuckReaderTest, ASolveEndsAndIsCountedThoughNobodyReadsItsEvents) {
  const MetricsPage page;
  World world({.samples = {{"\\boxed{4}", 30'000}, {"\\boxed{4}", 30'000}, {"\\boxed{4}", 30'000}},
               .tokens_per_second = 1'000'000,
               .chunk_tokens = 1'000,
               .edit = [&](Config& config) { config.server.metrics = page.address(); }});
  v1::SolveRequest request = world.Request("majority_vote(n=3,stop=all)");
  request.set_include_traces(true);
  const auto stub = v1::Sextant::NewStub(
      grpc::CreateChannel(world.server().address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;

  const auto reader = stub->SolveStream(&context, request);
  page.Await({"sextant_solves_total"}, 1);

  EXPECT_EQ(page.Sum({"sextant_tokens_total", "kind=\"finished\""}), 90'000);
  EXPECT_EQ(world.simulator().Counts().streams_open, 0);
  v1::SolveEvent event, last;
  while (reader->Read(&event)) last = event;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(last.response().answer(), "4") << "nothing but progress is left out";
}

}  // namespace
}  // namespace sextant
