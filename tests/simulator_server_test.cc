// The simulator over real sockets: routes, streams, keep-alive, disconnects, limits, ledger,
// faults.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "simulator/simulator.h"

namespace sextant {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(20);

std::string FilePath(const std::string& name) {
  return absl::StrCat(testing::TempDir(), "server_", getpid(), "_", name);
}

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = FilePath(name);
  std::ofstream(path) << text;
  return path;
}

// One problem, "What is 2+2?", with a short trace (sample 0) and a very long one (sample 1).
SimulatorOptions Options() {
  const Json problem = {{"dataset", "d"},
                        {"problem_id", 3},
                        {"prompt", "What is 2+2?"},
                        {"answer", "4"},
                        {"answer_kind", "integer"}};
  Json row = {{"model", "m"},   {"dataset", "d"},         {"problem_id", 3},
              {"sample_id", 0}, {"completion_tokens", 4}, {"output", "aabbccdd"}};
  std::string traces = row.dump() + "\n";
  row["sample_id"] = 1;
  row["completion_tokens"] = 100'000;
  row["output"] = std::string(400'000, 'x');
  absl::StrAppend(&traces, row.dump(), "\n");
  SimulatorOptions options;
  options.problems = WriteFile("problems.jsonl", problem.dump() + "\n");
  options.traces = {WriteFile("traces.jsonl", traces)};
  return options;
}

std::unique_ptr<Simulator> StartSimulator(SimulatorOptions options = Options()) {
  absl::StatusOr<std::unique_ptr<Simulator>> simulator = Simulator::Start(std::move(options));
  EXPECT_TRUE(simulator.ok()) << simulator.status();
  return *std::move(simulator);
}

// A connection that blocks. Reading gives up after kPatience, which fails the test that waits.
class Client {
 public:
  explicit Client(const Simulator& simulator) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(simulator.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience = absl::ToTimeval(kPatience);
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Client() { Close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(const std::string& bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What has come once `text` is in it, or the connection has ended.
  std::string ReadUntil(const std::string& text) {
    size_t searched = 0;
    while (received_.find(text, searched) == std::string::npos) {
      searched = received_.size() - std::min(received_.size(), text.size());
      char buffer[65536];
      const ssize_t got = recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      received_.append(buffer, static_cast<size_t>(got));
    }
    return received_;
  }
  std::string ReadToEnd() { return ReadUntil("\xff never sent \xff"); }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  void Forget() { received_.clear(); }

 private:
  int socket_;
  std::string received_;
};

struct Ask {
  std::string body = "{}";
  std::string headers;
  std::string path = "/v1/chat/completions";
  std::string method = "POST";
  std::string connection = "close";
};

std::string RequestOf(const Ask& ask) {
  return absl::StrCat(
      ask.method, " ", ask.path, " HTTP/1.1\r\nHost: test\r\nConnection: ", ask.connection,
      "\r\nContent-Length: ", ask.body.size(), "\r\n", ask.headers, "\r\n", ask.body);
}

std::string Exchange(const Simulator& simulator, const Ask& ask) {
  Client client(simulator);
  client.Send(RequestOf(ask));
  return client.ReadToEnd();
}

std::string ChatBody(int seed, const Json& more = Json::object()) {
  Json body = {{"model", "m"},
               {"seed", seed},
               {"messages", {{{"role", "user"}, {"content", "What is 2+2?"}}}}};
  body.update(more);
  return body.dump();
}

const Json kStream = {{"stream", true}, {"stream_options", {{"include_usage", true}}}};

Json BodyOf(const std::string& response) {
  return Json::parse(response.substr(response.find("\r\n\r\n") + 4));
}

// Polls the simulator's counts until `is_reached` or kPatience; every call is a round trip through
// the server's thread, so what it had to do before is done.
template <typename Predicate>
SimulatorCounts WaitUntil(const Simulator& simulator, Predicate is_reached) {
  const absl::Time deadline = absl::Now() + kPatience;
  SimulatorCounts counts = simulator.Counts();
  while (!is_reached(counts) && absl::Now() < deadline) counts = simulator.Counts();
  EXPECT_TRUE(is_reached(counts));
  return counts;
}

TEST(SimulatorTest, ListensWhereItSaysAndListsItsModels) {
  const auto simulator = StartSimulator();

  const Json models =
      BodyOf(Exchange(*simulator, {.body = "", .path = "/v1/models", .method = "GET"}));

  EXPECT_EQ(simulator->address(), absl::StrCat("127.0.0.1:", simulator->port()));
  ASSERT_EQ(models["data"].size(), 1u);
  EXPECT_EQ(models["data"][0]["id"], "m");
  EXPECT_EQ(models["data"][0]["simulated"], false);
}

TEST(SimulatorTest, AnswersHealthAndMetrics) {
  const auto simulator = StartSimulator();

  EXPECT_THAT(Exchange(*simulator, {.body = "", .path = "/health", .method = "GET"}),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Exchange(*simulator, {.body = "", .path = "/metrics", .method = "GET"}),
              HasSubstr("\nsimulator_tokens_after_disconnect_total 0\n"));
}

TEST(SimulatorTest, AnswersInOnePieceWhenNotStreaming) {
  const Json body = BodyOf(Exchange(*StartSimulator(), {.body = ChatBody(0)}));

  EXPECT_EQ(body["choices"][0]["message"]["content"], "aabbccdd");
  EXPECT_EQ(body["usage"]["completion_tokens"], 4);
}

TEST(SimulatorTest, StreamsEventsInChunkedCoding) {
  const std::string response = Exchange(*StartSimulator(), {.body = ChatBody(0, kStream)});

  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(response, HasSubstr("\"completion_tokens\":4"));
  EXPECT_THAT(response, HasSubstr("data: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST(SimulatorTest, ServesRequestAfterRequestOnOneConnection) {
  const auto simulator = StartSimulator();
  Client client(*simulator);
  for (int i = 0; i < 3; ++i) {
    client.Forget();
    client.Send(RequestOf({.body = ChatBody(0, kStream), .connection = "keep-alive"}));
    EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), HasSubstr("[DONE]"));
  }

  EXPECT_EQ(simulator->Counts().streams_finished, 3);
  EXPECT_EQ(simulator->Counts().connections_open, 1);
}

TEST(SimulatorTest, KeepsARequestThatArrivesWhileItStreams) {
  const auto simulator = StartSimulator();
  Client client(*simulator);
  const std::string request = RequestOf({.body = ChatBody(0, kStream), .connection = "keep-alive"});

  client.Send(request + request);
  client.ReadUntil("0\r\n\r\n");
  WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_finished == 2; });
}

TEST(SimulatorTest, StopsGeneratingWhenTheClientLeaves) {
  SimulatorOptions options = Options();
  options.tokens_per_second = 200;
  const auto simulator = StartSimulator(options);
  Client client(*simulator);
  client.Send(RequestOf({.body = ChatBody(1, kStream), .headers = "X-Request-Id: solve/1\r\n"}));
  client.ReadUntil("xxxx");
  EXPECT_EQ(simulator->Counts().streams_open, 1);

  client.Close();
  const SimulatorCounts counts =
      WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_open == 0; });

  EXPECT_EQ(counts.streams_cut, 1);
  EXPECT_EQ(counts.connections_open, 0);
  const std::vector<LedgerEntry> ledger = simulator->LedgerEntries();
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].request_id, "solve/1");
  EXPECT_EQ(ledger[0].outcome, StreamOutcome::kCut);
  EXPECT_EQ(ledger[0].tokens, counts.tokens);
}

TEST(SimulatorTest, StopsAWholeAnswerWhenTheClientLeavesToo) {
  SimulatorOptions options = Options();
  options.tokens_per_second = 200;
  const auto simulator = StartSimulator(options);
  Client client(*simulator);
  client.Send(RequestOf({.body = ChatBody(1)}));
  WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_open == 1; });

  client.Close();
  const SimulatorCounts counts =
      WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_open == 0; });

  EXPECT_EQ(counts.streams_cut, 1);
}

TEST(SimulatorTest, WaitsForAClientThatReadsSlowlyInsteadOfGeneratingAhead) {
  const auto simulator = StartSimulator();
  Client client(*simulator);
  client.Send(RequestOf({.body = ChatBody(1, kStream)}));

  // A hundred thousand events do not fit into the sockets' buffers.
  client.ReadUntil("xxxx");
  EXPECT_LT(simulator->Counts().tokens, 100'000);
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("\"completion_tokens\":100000"));
}

TEST(SimulatorTest, StreamsThatStartTogetherFinishInTheOrderOfTheirLengths) {
  SimulatorOptions options = Options();
  options.tokens_per_second = 1000;
  const auto simulator = StartSimulator(options);
  Client longer(*simulator), shorter(*simulator);

  longer.Send(RequestOf({.body = ChatBody(1, {{"stream", true}, {"max_tokens", 500}}),
                         .headers = "X-Request-Id: longer\r\n"}));
  shorter.Send(RequestOf({.body = ChatBody(1, {{"stream", true}, {"max_tokens", 100}}),
                          .headers = "X-Request-Id: shorter\r\n"}));
  longer.ReadToEnd();
  shorter.ReadToEnd();

  const std::vector<LedgerEntry> ledger = simulator->LedgerEntries();
  ASSERT_EQ(ledger.size(), 2u);
  EXPECT_EQ(ledger[0].request_id, "shorter");
  EXPECT_EQ(ledger[1].request_id, "longer");
}

TEST(SimulatorTest, WritesALedgerLineForEveryChoice) {
  SimulatorOptions options = Options();
  options.ledger = FilePath("ledger.jsonl");
  const auto simulator = StartSimulator(options);

  Exchange(*simulator, {.body = ChatBody(0, {{"n", 2}, {"max_tokens", 3}}),
                        .headers = "X-Request-Id: solve/7\r\n"});

  std::ifstream file(options.ledger);
  std::string first, second;
  std::getline(file, first);
  std::getline(file, second);
  EXPECT_EQ(Json::parse(first), (Json{{"request_id", "solve/7"},
                                      {"model", "m"},
                                      {"dataset", "d"},
                                      {"problem_id", 3},
                                      {"choice", 0},
                                      {"sample", 0},
                                      {"tokens", 3},
                                      {"prompt_tokens", 4},
                                      {"outcome", "finished"}}));
  EXPECT_EQ(Json::parse(second)["sample"], 1);
}

TEST(SimulatorTest, WritesALedgerLineForEveryChunkWhereItIsAskedTo) {
  SimulatorOptions options = Options();
  options.ledger = FilePath("chunks.jsonl");
  options.ledger_every_chunk = true;
  options.tokens_per_second = 20;
  const auto simulator = StartSimulator(options);

  Exchange(*simulator, {.body = ChatBody(0, {{"stream", true}, {"max_tokens", 3}})});

  std::ifstream file(options.ledger);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    const Json entry = Json::parse(line);
    lines.push_back(
        absl::StrCat(entry["outcome"].get<std::string>(), " ", entry["tokens"].get<int>()));
  }
  ASSERT_GE(lines.size(), 2u);
  EXPECT_THAT(lines.front(), testing::StartsWith("running "));
  EXPECT_EQ(lines.back(), "finished 3");
}

TEST(SimulatorTest, FailsOpenStreamsWhenItIsStopped) {
  SimulatorOptions options = Options();
  options.tokens_per_second = 10;
  options.ledger = FilePath("stopped.jsonl");
  auto simulator = StartSimulator(options);
  Client client(*simulator);
  client.Send(RequestOf({.body = ChatBody(1, kStream)}));
  client.ReadUntil("xxxx");

  simulator.reset();

  EXPECT_THAT(client.ReadToEnd(), testing::Not(HasSubstr("[DONE]")));
  std::ifstream file(options.ledger);
  EXPECT_EQ(Json::parse(file)["outcome"], "failed");
}

TEST(SimulatorTest, SaysWhatIsWrongWithARequest) {
  const auto simulator = StartSimulator();
  const auto status_and_message = [&](const Ask& ask) {
    const std::string response = Exchange(*simulator, ask);
    return absl::StrCat(response.substr(9, 3), " ",
                        BodyOf(response)["error"]["message"].get<std::string>());
  };

  EXPECT_THAT(status_and_message({.body = "{oops"}), StartsWith("400 the body is not JSON"));
  EXPECT_THAT(status_and_message({.body = ChatBody(0, {{"model", "none"}})}),
              StartsWith("404 model \"none\" is not served here; expected one of m"));
  EXPECT_THAT(status_and_message({.path = "/v2/chat"}), StartsWith("404 no such path"));
  EXPECT_THAT(status_and_message({.body = "", .method = "GET"}),
              StartsWith("405 /v1/chat/completions takes POST"));
  EXPECT_THAT(status_and_message({.body = ChatBody(0), .headers = "X-Simulator-Fault: nap\r\n"}),
              StartsWith("400 X-Simulator-Fault: \"nap\" is no fault"));
  EXPECT_THAT(status_and_message({.headers = absl::StrCat("X: ", std::string(20000, 'x'), "\r\n")}),
              StartsWith("431 the headers are over 16384 bytes"));
}

TEST(SimulatorTest, RefusesABodyThatIsTooLargeByItsDeclaredLength) {
  const auto simulator = StartSimulator();
  Client client(*simulator);

  client.Send("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n{");

  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST(SimulatorTest, AnswersWhatIsNotHttpWithAnError) {
  const auto simulator = StartSimulator();
  Client client(*simulator);

  client.Send("hello\r\n\r\n");

  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 400 "));
}

TEST(SimulatorTest, GivesLeaveToSendABodyThatAsksForIt) {
  const auto simulator = StartSimulator();
  Client client(*simulator);
  const std::string body = ChatBody(0);

  client.Send(
      absl::StrCat("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n",
                   "Content-Length: ", body.size(), "\r\n\r\n"));
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue\r\n"));
  client.Send(body);
  EXPECT_THAT(client.ReadUntil("total_tokens"), HasSubstr("HTTP/1.1 200 OK"));
}

TEST(SimulatorFaultTest, RefuseClosesTheConnectionWithoutAWord) {
  EXPECT_EQ(Exchange(*StartSimulator(),
                     {.body = ChatBody(0), .headers = "X-Simulator-Fault: refuse\r\n"}),
            "");
}

TEST(SimulatorFaultTest, StatusCarriesAnErrorObjectAndRetryAfter) {
  const std::string response = Exchange(
      *StartSimulator(), {.body = ChatBody(0), .headers = "X-Simulator-Fault: status=429\r\n"});

  EXPECT_THAT(response, StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_EQ(BodyOf(response)["error"]["type"], "rate_limit_error");
}

TEST(SimulatorFaultTest, CutEndsTheConnectionInTheMiddleOfAChunk) {
  const auto simulator = StartSimulator();

  const std::string response = Exchange(
      *simulator, {.body = ChatBody(0, kStream), .headers = "X-Simulator-Fault: cut_after=2\r\n"});

  EXPECT_THAT(response, HasSubstr("\"bb\""));
  EXPECT_THAT(response, testing::Not(testing::EndsWith("\r\n")));
  EXPECT_EQ(simulator->LedgerEntries().at(0).outcome, StreamOutcome::kFailed);
  EXPECT_EQ(simulator->LedgerEntries().at(0).tokens, 2);
}

TEST(SimulatorFaultTest, NeverAnswerSendsNothingUntilTheClientLeaves) {
  const auto simulator = StartSimulator();
  Client client(*simulator);
  client.Send(
      RequestOf({.body = ChatBody(0, kStream), .headers = "X-Simulator-Fault: never_answer\r\n"}));
  const SimulatorCounts open =
      WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_open == 1; });
  EXPECT_TRUE(open.responses.empty());

  client.Close();
  WaitUntil(*simulator, [](const SimulatorCounts& c) { return c.streams_cut == 1; });

  EXPECT_EQ(simulator->LedgerEntries().at(0).tokens, 0);
}

TEST(SimulatorFaultTest, RulesOfAFileFailTheFirstRequestsAndLetARetryPass) {
  SimulatorOptions options = Options();
  options.faults = WriteFile("faults.yaml", "faults:\n  - {model: m, times: 2, status: 503}\n");
  const auto simulator = StartSimulator(options);

  EXPECT_THAT(Exchange(*simulator, {.body = ChatBody(0)}), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Exchange(*simulator, {.body = ChatBody(0)}), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Exchange(*simulator, {.body = ChatBody(0)}), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(simulator->Counts().faults, 2);
}

TEST(SimulatorStartTest, NamesTheOptionOrFileThatIsWrong) {
  const auto error = [](auto change) {
    SimulatorOptions options = Options();
    change(options);
    return Simulator::Start(options).status().ToString();
  };

  EXPECT_THAT(error([](auto& o) { o.listen = "nowhere"; }), HasSubstr("expected HOST:PORT"));
  EXPECT_THAT(error([](auto& o) { o.chunk_tokens = 0; }), HasSubstr("chunk_tokens is 0"));
  EXPECT_THAT(error([](auto& o) { o.tokens_per_second = -1; }),
              HasSubstr("tokens_per_second is -1"));
  EXPECT_THAT(error([](auto& o) { o.traces.clear(); }), HasSubstr("nothing to serve"));
  EXPECT_THAT(error([](auto& o) { o.problems = "/no/file"; }), HasSubstr("/no/file"));
  EXPECT_THAT(error([](auto& o) { o.ledger = "/no/folder/ledger"; }),
              HasSubstr("/no/folder/ledger"));
  EXPECT_THAT(error([](auto& o) { o.faults = WriteFile("bad.yaml", "faults:\n  - {stal: 1}\n"); }),
              HasSubstr("bad.yaml:2"));
}

TEST(SimulatorStartTest, SaysThatAnAddressIsTaken) {
  const auto simulator = StartSimulator();
  SimulatorOptions options = Options();
  options.listen = simulator->address();

  EXPECT_EQ(Simulator::Start(options).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sextant
