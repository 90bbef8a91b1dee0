// User instructions that a chunk takes on its way from the socket into a solve, to be counted by
// callgrind: exactly one chunk a read, and neither threads nor time play a part.
//
//   valgrind --tool=callgrind --toggle-collect=ReadOneChunk* chunk_instructions READER [CHUNKS]
//
// READER is sextant (the event loop, libcurl, SSE, JSON, pool, trace) or bare (epoll, recv,
// simdjson). What ReadOneChunk takes, divided by CHUNKS, is the figure; test_chunk_instructions.sh
// holds the one against the other.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/async/fan.h"
#include "server/async/http.h"
#include "server/async/loop.h"
#include "server/async/resolver.h"
#include "server/backend/openai.h"
#include "server/backend/pool.h"
#include "server/strategies/strategies.h"
#include "server/strategies/traces.h"
#include "tests/bench/bare_reader.h"
#include "tests/bench/wire.h"

namespace sextant {
namespace {

constexpr int kWarmUp = 200;

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "chunk_instructions: %s\n", what);
  std::exit(1);
}

// The other end of one stream, written to from the same thread.
class Stream {
 public:
  Stream() : listener_(ListenOnLoopback()) {}
  int port() const { return listener_.port; }
  // Takes the connection and its request as they come; `turn` lets the reader get on.
  void Answer(const std::function<void()>& turn) {
    while (fd_ < 0) {
      turn();
      fd_ = accept4(listener_.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::string request;
    std::array<char, 4096> bytes;
    while (!IsComplete(request)) {
      turn();
      const ssize_t n = recv(fd_, bytes.data(), bytes.size(), 0);
      if (n > 0) request.append(bytes.data(), static_cast<size_t>(n));
    }
    Write(kStreamHead);
  }
  void WriteChunk(int i) { Write(HttpChunk(ChatEvent(0, absl::StrCat(" token", i % 10), "null"))); }

 private:
  void Write(const std::string& bytes) {
    Check(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
          "the socket takes no chunk");
  }
  Listener listener_;
  int fd_ = -1;
};

class NoObserver : public PoolObserver {
 public:
  void OnInFlight(absl::string_view, int) override {}
  void OnFirstToken(absl::string_view, absl::Duration) override {}
  void OnError(absl::string_view, const absl::Status& error) override {
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
  }
  void OnRetry(absl::string_view) override {}
  void OnRetryDenied(absl::string_view) override {}
  void OnState(absl::string_view, ReplicaState, int) override {}
  void OnQueued(absl::string_view, int) override {}
};

}  // namespace

// Outside of the unnamed namespace, so that callgrind finds it by its name.
__attribute__((noinline)) void ReadOneChunkBySextant(Loop& loop) { loop.RunUntilIdle(); }
__attribute__((noinline)) void ReadOneChunkByBareReader(BareReader& reader) {
  reader.ReadReady(absl::ZeroDuration());
}

namespace {

// Counts what reaches the solve.
class CountingBackend : public Backend {
 public:
  explicit CountingBackend(Backend& inner) : inner_(inner) {}
  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override {
    Sink counting(*this, sink);
    auto generate = inner_.Generate(request, counting);
    auto tail = co_await std::move(generate);
    co_return std::move(tail);
  }
  int chunks = 0;

 private:
  class Sink : public TraceSink {
   public:
    Sink(CountingBackend& counter, TraceSink& inner) : counter_(counter), inner_(inner) {}
    Flow OnChunk(const TraceChunk& chunk) override {
      if (!chunk.content.empty()) ++counter_.chunks;
      return inner_.OnChunk(chunk);
    }
    void OnAttempt(absl::string_view backend, int attempt) override {
      inner_.OnAttempt(backend, attempt);
    }

   private:
    CountingBackend& counter_;
    TraceSink& inner_;
  };
  Backend& inner_;
};

void RunBare(int chunks) {
  Stream stream;
  BareReader reader;
  reader.Ask(reader.Connect(stream.port()), "bare");
  stream.Answer([] {});
  reader.ReadReady(absl::Seconds(1));  // The head.
  for (int i = 0; i < kWarmUp + chunks; ++i) {
    stream.WriteChunk(i);
    if (i < kWarmUp) {
      reader.ReadReady(absl::ZeroDuration());
    } else {
      ReadOneChunkByBareReader(reader);
    }
  }
  Check(reader.events().chunks == kWarmUp + chunks, "the bare reader has missed a chunk");
}

void RunSextant(int chunks) {
  Stream stream;
  Loop loop;
  Resolver resolver(loop, Resolver::SystemLookUp);
  HttpClient http(loop, resolver);
  const BackendConfig config{.url = absl::StrCat("http://127.0.0.1:", stream.port(), "/v1"),
                             .name = "bench",
                             .model = "paced-model",
                             .kind = BackendKind::kOpenAi};
  NoObserver observer;
  std::vector<PoolMember> members;
  members.push_back(
      {.name = "bench", .backend = std::make_unique<OpenAiBackend>(http, config, 1 << 20)});
  Pool pool(loop, std::move(members), observer);
  CountingBackend backend(pool);
  const Prompt prompt{.messages = {{"user", "What is two and two?"}}};
  const auto reader = AnswerReader::Create({.kind = AnswerKind::kInteger});
  Traces traces(loop, backend, {.prompt = prompt, .reader = *reader, .solve_id = "solve"});
  Fan<Verdict> solve;
  solve.Launch(Simple(traces));
  stream.Answer([&] { loop.RunUntilIdle(); });
  for (int i = 0; i < kWarmUp + chunks; ++i) {
    stream.WriteChunk(i);
    if (i < kWarmUp) {
      loop.RunUntilIdle();
    } else {
      ReadOneChunkBySextant(loop);
    }
  }
  Check(backend.chunks == kWarmUp + chunks, "Sextant has missed a chunk");
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  const std::string reader = argc > 1 ? argv[1] : "";
  int chunks = 1000;
  if ((reader != "bare" && reader != "sextant") || argc > 3 ||
      (argc == 3 && (!absl::SimpleAtoi(argv[2], &chunks) || chunks < 1))) {
    std::fprintf(stderr, "usage: chunk_instructions bare|sextant [CHUNKS]\n");
    return 2;
  }
  reader == "bare" ? sextant::RunBare(chunks) : sextant::RunSextant(chunks);
  return 0;
}
