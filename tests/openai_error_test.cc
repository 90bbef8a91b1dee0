// How the backend reports what goes wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/openai_fixture.h"

namespace sextant {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

struct HttpError {
  const char* status;
  const char* body;
  StatusCode code;
  const char* message;
};
void PrintTo(const HttpError& e, std::ostream* out) { *out << e.status; }

class OpenAiHttpErrorTest : public OpenAiFixture, public testing::WithParamInterface<HttpError> {};

TEST_P(OpenAiHttpErrorTest, TellsTheCallerWhatToDoAndWhatTheServerSaid) {
  Serve({Error(GetParam().status, GetParam().body)});

  const absl::Status status = Generate().status();

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_EQ(status.message(), GetParam().message);
  EXPECT_EQ(RetryAfter(status), std::nullopt);
  EXPECT_EQ(sink_.chunks, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, OpenAiHttpErrorTest,
    testing::Values(
        HttpError{"400 Bad Request", R"({"error":{"message":"too long"}})",
                  StatusCode::kInvalidArgument, "backend replica-1: HTTP 400: too long"},
        HttpError{"401 Unauthorized", R"({"error":"bad key"})", StatusCode::kFailedPrecondition,
                  "backend replica-1: HTTP 401: bad key"},
        HttpError{"403 Forbidden", "", StatusCode::kFailedPrecondition,
                  "backend replica-1: HTTP 403: no message"},
        HttpError{"404 Not Found", R"({"detail":"Not Found"})", StatusCode::kFailedPrecondition,
                  "backend replica-1: HTTP 404: Not Found"},
        HttpError{"307 Temporary Redirect", "elsewhere", StatusCode::kFailedPrecondition,
                  "backend replica-1: HTTP 307: elsewhere"},
        HttpError{"402 Payment Required", "pay", StatusCode::kFailedPrecondition,
                  "backend replica-1: HTTP 402: pay"},
        HttpError{"408 Request Timeout", "slow", StatusCode::kUnavailable,
                  "backend replica-1: HTTP 408: slow"},
        HttpError{"413 Payload Too Large", "big", StatusCode::kInvalidArgument,
                  "backend replica-1: HTTP 413: big"},
        HttpError{"422 Unprocessable Entity", R"({"detail":"bad seed"})",
                  StatusCode::kInvalidArgument, "backend replica-1: HTTP 422: bad seed"},
        HttpError{"429 Too Many Requests", R"({"message":"busy"})", StatusCode::kResourceExhausted,
                  "backend replica-1: HTTP 429: busy"},
        HttpError{"500 Internal Server Error", R"({"error":{"message":"boom"}})",
                  StatusCode::kUnavailable, "backend replica-1: HTTP 500: boom"},
        HttpError{"502 Bad Gateway", "<html>bad gateway</html>", StatusCode::kUnavailable,
                  "backend replica-1: HTTP 502: <html>bad gateway</html>"},
        HttpError{"503 Service Unavailable", R"({"error":{"message":"Loading model"}})",
                  StatusCode::kUnavailable, "backend replica-1: HTTP 503: Loading model"}));

class OpenAiErrorTest : public OpenAiFixture {
 protected:
  // Expects UNAVAILABLE with these words, and the backend's name.
  void ExpectUnavailable(const std::string& words) {
    const absl::Status status = Generate().status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_EQ(status.message(), absl::StrCat("backend replica-1: ", words));
  }
};

TEST_F(OpenAiErrorTest, DoesNotBlameTheServerForARequestThatWasTooSlow) {
  Serve({Error("408 Request Timeout", "slow")});

  EXPECT_TRUE(IsExcused(Generate().status()));
}

TEST_F(OpenAiErrorTest, BlamesTheServerForItsOwnErrors) {
  Serve({Error("500 Internal Server Error", "boom")});

  EXPECT_FALSE(IsExcused(Generate().status()));
}

TEST_F(OpenAiErrorTest, CarriesHowLongTheServerAskedToWait) {
  Serve({Error("429 Too Many Requests", "busy", "Retry-After: 7\r\n")});

  EXPECT_EQ(RetryAfter(Generate().status()), absl::Seconds(7));
}

TEST_F(OpenAiErrorTest, IgnoresAWaitThatIsNoNumberOfSeconds) {
  Serve(
      {Error("503 Service Unavailable", "busy", "Retry-After: -1\r\n"),
       Error("503 Service Unavailable", "busy", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n")});

  EXPECT_EQ(RetryAfter(Generate().status()), std::nullopt);
  EXPECT_EQ(RetryAfter(Generate().status()), std::nullopt);
}

TEST_F(OpenAiErrorTest, NamesThePortThatRefusesConnections) {
  Serve({EventStream({})});
  const int port = ClosedPort();
  config_.url = absl::StrCat("http://127.0.0.1:", port, "/v1");

  const absl::Status status = Generate().status();

  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("port ", port)));
}

TEST_F(OpenAiErrorTest, ReportsAnErrorInTheMiddleOfTheStream) {
  Serve({EventStream({Says("4"), R"({"error":{"message":"out of memory"}})", Says("5")})});

  ExpectUnavailable("the server reports: out of memory");

  EXPECT_EQ(sink_.content, "4");
}

TEST_F(OpenAiErrorTest, ReportsAStreamThatEndsWithoutAFinishReason) {
  Serve({EventStream({Says("4")})});

  ExpectUnavailable("the stream ended without a finish_reason");

  EXPECT_EQ(sink_.content, "4");
}

TEST_F(OpenAiErrorTest, ReportsAnEmptyStream) {
  Serve({EventStream({})});

  ExpectUnavailable("the stream ended without a finish_reason");
}

TEST_F(OpenAiErrorTest, ReportsAConnectionThatBreaksInTheMiddleOfAChunk) {
  Serve({ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n400\r\ndata: {\"choi"}}});

  const absl::Status status = Generate().status();

  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(sink_.chunks, 0);
}

TEST_F(OpenAiErrorTest, ReportsGarbageInTheStream) {
  Serve({EventStream({Says("4"), "<garbage>"})});

  ExpectUnavailable("expected a JSON object, got: <garbage>");
}

TEST_F(OpenAiErrorTest, ReportsAFieldOfAWrongType) {
  Serve({EventStream({R"({"choices":[{"delta":{"content":[]}}]})"})});

  ExpectUnavailable("the response's choices[0].delta.content is not a string");
}

TEST_F(OpenAiErrorTest, ReportsAnErrorObjectInPlaceOfAStream) {
  Serve({Ok(R"({"error":{"message":"no such adapter"}})", "application/json")});

  ExpectUnavailable("the server reports: no such adapter");
}

TEST_F(OpenAiErrorTest, RefusesAnEventWithoutEnd) {
  max_event_bytes_ = 1'000;
  std::vector<std::string> parts = {EventStreamHead() + "data: "};
  for (int i = 0; i < 50; ++i) parts.push_back(std::string(100, 'x'));
  Serve({ScriptedReply{.parts = parts, .then = ScriptedReply::Then::kHold}});
  Started<Generated> trace(backend_->Generate(request_, sink_));

  RunUntil(loop_, [&] {
    server_->Release();
    return trace.ended();
  });

  EXPECT_EQ(trace.Take().status(),
            absl::UnavailableError(
                "backend replica-1: an event of the stream is longer than 1000 bytes"));
}

TEST_F(OpenAiErrorTest, RefusesAWholeAnswerThatIsTooLong) {
  max_event_bytes_ = 1'000;
  Serve({Ok(std::string(1'000'000, ' '), "application/json")});

  ExpectUnavailable("the response is longer than 1000 bytes");
}

TEST_F(OpenAiErrorTest, ReadsOnlyTheBeginningOfAnEndlessErrorPage) {
  Serve({Error("500 Internal Server Error", std::string(1'000'000, 'x'))});

  ExpectUnavailable(absl::StrCat("HTTP 500: ", std::string(300, 'x'), "..."));
}

TEST_F(OpenAiErrorTest, WaitsForTheFirstTokenOnlySoLong) {
  config_.first_token_timeout = absl::Milliseconds(50);
  Serve({ScriptedReply{.parts = {EventStreamHead() + ": ping\n\n"},
                       .then = ScriptedReply::Then::kHold}});

  ExpectUnavailable("no first token within first_token_timeout");
}

TEST_F(OpenAiErrorTest, WaitsForTheHeadOfTheResponseOnlySoLong) {
  config_.first_token_timeout = absl::Milliseconds(50);
  Serve({ScriptedReply{.then = ScriptedReply::Then::kHold}});

  ExpectUnavailable("no first token within first_token_timeout");
}

TEST_F(OpenAiErrorTest, WaitsForAWholeAnswerOnlySoLong) {
  config_.first_token_timeout = absl::Milliseconds(50);
  Serve({ScriptedReply{.parts = {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"},
                       .then = ScriptedReply::Then::kHold}});

  ExpectUnavailable("no first token within first_token_timeout");
}

TEST_F(OpenAiErrorTest, WaitsForTheNextTokenOnlySoLong) {
  config_.token_timeout = absl::Milliseconds(50);
  Serve({ScriptedReply{.parts = {EventStreamHead() + Event(Says("4"))},
                       .then = ScriptedReply::Then::kHold}});

  ExpectUnavailable("no further token within token_timeout");

  EXPECT_EQ(sink_.content, "4");
}

// Comments and chunks without text keep a connection open, but are no sign of a model that works.
TEST_F(OpenAiErrorTest, TakesNeitherPingsNorEmptyChunksForTokens) {
  config_.first_token_timeout = absl::Milliseconds(100);
  std::vector<std::string> parts = {EventStreamHead()};
  for (int i = 0; i < 1'000; ++i) parts.push_back(": ping\n\n" + Event(Says("")));
  Serve({ScriptedReply{.parts = parts, .then = ScriptedReply::Then::kHold}});
  Started<Generated> trace(backend_->Generate(request_, sink_));

  // A part for each turn of the loop: more of them would come than the trace may wait for.
  RunUntil(loop_, [&] {
    server_->Release();
    return trace.ended();
  });

  EXPECT_THAT(std::string(trace.Take().status().message()),
              HasSubstr("no first token within first_token_timeout"));
}

}  // namespace
}  // namespace sextant
