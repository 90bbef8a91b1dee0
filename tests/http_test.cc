#include "server/async/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/started.h"
#include "tests/fakes/tls_server.h"

namespace sextant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Response {
  absl::Status status;
  int http_status = 0;
  std::optional<std::string> kind;  // The header X-Kind.
  std::string body;
};

// `deadline`: of the whole stream.
Task<Response> Get(HttpClient& http, HttpRequest request,
                   absl::Duration deadline = absl::InfiniteDuration()) {
  HttpStream stream(http, request);
  stream.SetDeadline(http.loop().Now() + deadline, "no answer in time");
  Response response;
  while (true) {
    const absl::string_view bytes = co_await stream.Read();
    if (bytes.empty()) break;
    response.body.append(bytes.data(), bytes.size());
  }
  response.status = stream.status();
  response.http_status = stream.http_status();
  response.kind = stream.Header("x-kind");
  co_return response;
}

Task<std::string> ReadOnce(HttpStream& stream) {
  const absl::string_view bytes = co_await stream.Read();
  co_return std::string(bytes);
}

class HttpTest : public testing::Test {
 protected:
  Response Fetch(const std::string& url, std::string body = "") {
    HttpRequest request{.url = url, .body = std::move(body)};
    return RunToEnd(loop_, Get(http_, request));
  }

  Loop loop_;
  Resolver resolver_{loop_};
  HttpClient http_{loop_, resolver_};
};

TEST_F(HttpTest, ReadsStatusHeadersAndBody) {
  ScriptedServer server({Error("404 Not Found", "no such model", "X-Kind: gone\r\n")});

  const Response response = Fetch(server.url("/v1/models"));

  EXPECT_TRUE(response.status.ok()) << response.status;
  EXPECT_EQ(response.http_status, 404);
  EXPECT_EQ(response.kind, "gone");
  EXPECT_EQ(response.body, "no such model");
  EXPECT_THAT(server.requests()[0].head, StartsWith("GET /v1/models HTTP/1.1\r\n"));
}

TEST_F(HttpTest, HasNoHeaderThatWasNotSent) {
  ScriptedServer server({Ok("body")});

  EXPECT_EQ(Fetch(server.url()).kind, std::nullopt);
}

TEST_F(HttpTest, PostsABodyWithTheGivenHeadersWithoutWaitingForContinue) {
  ScriptedServer server({Ok("ok")});
  const std::string long_body(100'000, 'x');
  HttpRequest request{.url = server.url("/v1"),
                      .headers = {"Content-Type: application/json", "X-Request-Id: a/1"},
                      .body = long_body};

  RunToEnd(loop_, Get(http_, request));

  const ReceivedRequest received = server.requests().at(0);
  EXPECT_THAT(received.head, StartsWith("POST /v1 HTTP/1.1\r\n"));
  EXPECT_THAT(received.head, HasSubstr("\r\nX-Request-Id: a/1\r\n"));
  EXPECT_THAT(received.head, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(received.head, testing::Not(HasSubstr("Expect")));
  EXPECT_EQ(received.body, long_body);
}

TEST_F(HttpTest, JoinsAChunkedBody) {
  ScriptedServer server(
      {ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"},
                     .then = ScriptedReply::Then::kHold}});

  EXPECT_EQ(Fetch(server.url()).body, "Wikipedia");
}

TEST_F(HttpTest, HandsOutBytesAsTheyArrive) {
  ScriptedServer server({ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\n\r\nfirst", "second"}}});
  HttpRequest request{.url = server.url()};
  HttpStream stream(http_, request);

  EXPECT_EQ(RunToEnd(loop_, ReadOnce(stream)), "first");
  EXPECT_EQ(stream.http_status(), 200);
  server.Release();

  EXPECT_EQ(RunToEnd(loop_, ReadOnce(stream)), "second");
  EXPECT_EQ(RunToEnd(loop_, ReadOnce(stream)), "");
  EXPECT_TRUE(stream.status().ok());
}

TEST_F(HttpTest, IsUnavailableWhenTheConnectionIsRefused) {
  const int port = ClosedPort();

  const Response response = Fetch(absl::StrCat("http://127.0.0.1:", port));

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status.message()), HasSubstr(absl::StrCat("port ", port)));
  EXPECT_EQ(response.http_status, 0);
}

TEST_F(HttpTest, IsUnavailableWhenTheServerHangsUpWithoutAWord) {
  ScriptedServer server({ScriptedReply{}});

  const Response response = Fetch(server.url());

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status.message()), HasSubstr("Empty reply"));
}

TEST_F(HttpTest, IsUnavailableAfterABodyThatWasCutInTheMiddle) {
  ScriptedServer server(
      {ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "400\r\nthe beginning"}}});

  const Response response = Fetch(server.url());

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(response.body, "the beginning");
}

TEST_F(HttpTest, IsUnavailableWhenTheAnswerIsNotHttp) {
  ScriptedServer server({ScriptedReply{.parts = {"SSH-2.0-OpenSSH_9.2\r\n"}}});

  EXPECT_EQ(Fetch(server.url()).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTest, RefusesOtherProtocols) {
  const Response response = Fetch("ftp://127.0.0.1/");

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status.message()), HasSubstr("\"ftp\" not supported"));
}

TEST_F(HttpTest, EndsAtTheDeadlineWithItsReason) {
  ScriptedServer server({ScriptedReply{.then = ScriptedReply::Then::kHold}});
  HttpRequest request{.url = server.url()};

  const Response response = RunToEnd(loop_, Get(http_, request, absl::Milliseconds(30)));

  EXPECT_EQ(response.status, absl::DeadlineExceededError("no answer in time"));
}

TEST_F(HttpTest, KeepsWhatArrivedBeforeTheDeadline) {
  ScriptedServer server({ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\n\r\nthe beginning"},
                                       .then = ScriptedReply::Then::kHold}});
  HttpRequest request{.url = server.url()};

  const Response response = RunToEnd(loop_, Get(http_, request, absl::Seconds(2)));

  EXPECT_EQ(response.status, absl::DeadlineExceededError("no answer in time"));
  EXPECT_EQ(response.body, "the beginning");
}

TEST_F(HttpTest, CutsOffAServerThatSendsFarMoreThanIsRead) {
  ScriptedServer server({ScriptedReply{
      .parts = {absl::StrCat("HTTP/1.1 200 OK\r\n\r\n", std::string(8 << 20, 'x'))}}});
  HttpRequest request{.url = server.url()};
  HttpStream stream(http_, request);

  RunUntil(loop_, [&] { return !stream.status().ok(); });

  EXPECT_EQ(stream.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(stream.status().message()), HasSubstr("4194304 bytes"));
}

TEST_F(HttpTest, DestroyingAStreamClosesItsConnection) {
  ScriptedServer server(
      {ScriptedReply{.parts = {EventStreamHead()}, .then = ScriptedReply::Then::kHold}});
  HttpRequest request{.url = server.url()};
  auto stream = std::make_unique<HttpStream>(http_, request);
  RunUntil(loop_, [&] { return stream->http_status() == 200; });
  EXPECT_EQ(server.closed_by_peer(), 0);

  stream.reset();

  // The loop does not run: the connection is closed by the destructor itself.
  while (server.closed_by_peer() == 0) std::this_thread::yield();
}

TEST_F(HttpTest, DestroyingAStreamBeforeItsConnectionStandsIsFine) {
  ScriptedServer server({Ok("never read")});
  HttpRequest request{.url = server.url()};

  { HttpStream stream(http_, request); }
  loop_.RunUntilIdle();

  EXPECT_EQ(Fetch(server.url()).body, "never read");
}

TEST_F(HttpTest, ClosesSixtyFourStreamsAtOnce) {
  constexpr int kStreams = 64;
  ScriptedServer server(
      {ScriptedReply{.parts = {EventStreamHead()}, .then = ScriptedReply::Then::kHold}});
  HttpRequest request{.url = server.url()};
  std::vector<std::unique_ptr<HttpStream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<HttpStream>(http_, request));
  }
  for (const auto& stream : streams) {
    RunUntil(loop_, [&] { return stream->http_status() == 200; });
  }

  streams.clear();

  while (server.closed_by_peer() < kStreams) std::this_thread::yield();
  EXPECT_EQ(server.connections(), kStreams);
}

// Ends the other streams of `all` as soon as the first has ended.
Task<int> DestroyOthersAfterTheFirst(std::vector<std::unique_ptr<HttpStream>>& all) {
  co_await all.front()->Read();
  all.resize(1);
  co_return 0;
}

// All of them fail in one call of libcurl, so all are about to be resumed when the first one is.
TEST_F(HttpTest, AReaderMayDestroyStreamsThatAreAboutToBeResumed) {
  HttpRequest request{.url = "ftp://127.0.0.1/"};
  std::vector<std::unique_ptr<HttpStream>> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(std::make_unique<HttpStream>(http_, request));
  Started<int> reader(DestroyOthersAfterTheFirst(streams));

  RunUntil(loop_, [&] { return reader.ended(); });

  EXPECT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0]->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTest, UsesAConnectionAgainOnceItsResponseHasEnded) {
  ScriptedServer server({ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
                                       .then = ScriptedReply::Then::kKeepAlive}});

  Fetch(server.url());
  Fetch(server.url());

  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpTest, ARequestThatFailsHasNothingOfTheResponseBeforeIt) {
  ScriptedServer server({Error("503 Service Unavailable", "busy", "Retry-After: 7\r\n")});
  HttpRequest request{.url = server.url(), .headers = {"X-First: 1"}, .body = "first"};
  RunToEnd(loop_, Get(http_, request));
  request = {.url = absl::StrCat("http://127.0.0.1:", ClosedPort())};

  HttpStream stream(http_, request);
  RunUntil(loop_, [&] { return !stream.status().ok(); });

  EXPECT_EQ(stream.http_status(), 0);
  EXPECT_EQ(stream.Header("Retry-After"), std::nullopt);
  EXPECT_THAT(std::string(stream.status().message()), HasSubstr("Failed to connect"));
  // Nor has the next one anything of the request.
  ScriptedServer next({Ok("hello")});
  EXPECT_EQ(Fetch(next.url()).body, "hello");
  EXPECT_THAT(next.requests().at(0).head, AllOf(StartsWith("GET "), Not(HasSubstr("X-First"))));
}

TEST_F(HttpTest, ConnectsToAGivenAddressInTheNameOfTheUrl) {
  ScriptedServer server({Ok("hello")});
  const HttpRequest request{.url = absl::StrCat("http://fleet.example:", server.port(), "/x"),
                            .address = "127.0.0.1"};

  const Response response = RunToEnd(loop_, Get(http_, request));

  EXPECT_EQ(response.body, "hello");
  EXPECT_THAT(server.requests().at(0).head,
              HasSubstr(absl::StrCat("Host: fleet.example:", server.port())));
}

TEST_F(HttpTest, KeepsConnectionsToTwoAddressesOfOneNameApart) {
  ScriptedReply reply = Error("200 OK", "one");
  reply.then = ScriptedReply::Then::kKeepAlive;
  ScriptedServer server({reply});
  HttpRequest request{.url = absl::StrCat("http://fleet.example:", server.port(), "/x"),
                      .address = "127.0.0.1"};
  ASSERT_EQ(RunToEnd(loop_, Get(http_, request)).body, "one");

  request.address = "127.0.0.2";  // Nobody listens there.
  const Response response = RunToEnd(loop_, Get(http_, request));

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTest, TrustsTheAuthorityOfTheGivenFile) {
  TlsServer server("secret");
  HttpRequest request{.url = server.url(), .ca_file = server.ca_file()};

  const Response response = RunToEnd(loop_, Get(http_, request));

  EXPECT_TRUE(response.status.ok()) << response.status;
  EXPECT_EQ(response.body, "secret");
}

TEST_F(HttpTest, RefusesACertificateThatNobodyItTrustsHasSigned) {
  TlsServer server("secret");
  HttpRequest request{.url = server.url()};

  const Response response = RunToEnd(loop_, Get(http_, request));

  EXPECT_EQ(response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status.message()), HasSubstr("certificate"));
  EXPECT_EQ(response.body, "");
}

}  // namespace
}  // namespace sextant
