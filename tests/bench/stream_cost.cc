// What it costs to read many paced streams, and what reading them at intervals changes: CPU a chunk
// against a bare loop of epoll, recv and simdjson, how late chunks are seen, and how long after the
// end of one trace of first_finish(k=1,n=16) its losers are closed. And what it costs when
// the traces of a solve are the choices of one request. All in turns on one machine.
//
//   stream_cost [--streams 100,1000,2000] [--seconds 4] [--rounds 3] [--interval-ms 50]
//               [--chunks-per-write 1] [--endings-per-second 2] [--client COMMAND]...
//
// Prints a table, and with --json FILE the same figures.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "server/async/fan.h"
#include "server/async/http.h"
#include "server/async/loop.h"
#include "server/async/resolver.h"
#include "server/backend/openai.h"
#include "server/strategies/strategies.h"
#include "server/strategies/traces.h"
#include "tests/bench/bare_reader.h"
#include "tests/bench/child_process.h"
#include "tests/bench/paced_server.h"
#include "tests/bench/statistics.h"

namespace sextant {
namespace {

constexpr int kTracesOfSolve = 16;

struct Options {
  std::vector<int> streams = {100, 1000, 2000};
  double seconds = 4;
  int rounds = 3;
  int interval_ms = 50;
  int chunks_per_write = 1;
  double endings_per_second = 2;  // Each begins a solve anew, which is no part of a chunk's cost.
  std::vector<std::string> clients;
  std::string json;
};

struct Figures {
  double cpu_us_per_chunk = 0;
  std::vector<double> lag_ms;     // A chunk's, from written to seen.
  std::vector<double> cancel_ms;  // A solve's, from the end written to the last loser closed.
  double late_tokens = 0;         // A loser's, after the end was written.
  bool sweeping = false;
};

// Counts the CPU time of the thread that it is made on against the chunks that the server writes.
class Meter {
 public:
  explicit Meter(const PacedServer& server)
      : server_(server), cpu_(ThreadCpuSeconds()), chunks_(server.chunks_sent()) {}
  double MicrosPerChunk() const {
    return (ThreadCpuSeconds() - cpu_) * 1e6 / static_cast<double>(server_.chunks_sent() - chunks_);
  }

 private:
  const PacedServer& server_;
  double cpu_;
  int64_t chunks_;
};

void WaitForStreams(const PacedServer& server, int streams) {
  const absl::Time give_up_at = absl::Now() + absl::Seconds(30);
  while (server.streams() < streams) {
    if (absl::Now() > give_up_at) {
      std::fprintf(stderr, "stream_cost: %d of %d streams began\n", server.streams(), streams);
      std::exit(1);
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
}

// The reference: one read a wake-up, each chunk parsed and forgotten.
Figures RunBareLoop(int streams, const Options& options) {
  PacedServer server({.chunks_per_write = options.chunks_per_write});
  BareReader reader;
  for (int i = 0; i < streams; ++i) {
    reader.Ask(reader.Connect(server.port()), absl::StrCat("bare-", i / kTracesOfSolve));
  }
  WaitForStreams(server, streams);
  const auto read_for = [&](absl::Duration time) {
    const absl::Time until = absl::Now() + time;
    while (absl::Now() < until) reader.ReadReady(absl::Milliseconds(100));
  };
  read_for(absl::Seconds(1));
  const Meter meter(server);
  read_for(absl::Seconds(options.seconds));
  return {.cpu_us_per_chunk = meter.MicrosPerChunk()};
}

// Another client that does the same vote: `command` with PORT VOTES TRACES SECONDS. It prints its
// CPU seconds and the chunks that it read in that time.
Figures RunClient(const std::string& command, int streams, const Options& options) {
  PacedServer server({.endings_per_second = options.endings_per_second,
                      .chunks_per_write = options.chunks_per_write});
  const std::string line = absl::StrCat(command, " ", server.port(), " ", streams / kTracesOfSolve,
                                        " ", kTracesOfSolve, " ", options.seconds);
  FILE* client = popen(line.c_str(), "r");
  double cpu_s = 0, chunks = 0;
  if (client == nullptr || std::fscanf(client, "%lf %lf", &cpu_s, &chunks) != 2 || chunks == 0) {
    std::fprintf(stderr, "stream_cost: no figures from: %s\n", line.c_str());
    std::exit(1);
  }
  pclose(client);
  return {.cpu_us_per_chunk = cpu_s * 1e6 / chunks};
}

// Notes how old each chunk is when the product sees it.
class LagMeter : public Backend {
 public:
  LagMeter(Backend& inner, Loop& loop) : inner_(inner), loop_(loop) {}

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override {
    Sink noting(*this, sink);
    auto generate = inner_.Generate(request, noting);
    auto tail = co_await std::move(generate);
    co_return std::move(tail);
  }

  bool on = false;
  std::vector<double> lag_ms;

 private:
  class Sink : public TraceSink {
   public:
    Sink(LagMeter& meter, TraceSink& inner) : meter_(meter), inner_(inner) {}
    Flow OnChunk(const TraceChunk& chunk) override {
      int64_t written = 0;
      if (meter_.on && absl::SimpleAtoi(chunk.content, &written)) {
        const absl::Duration lag = meter_.loop_.Now() - absl::FromUnixNanos(written);
        meter_.lag_ms.push_back(absl::ToDoubleMilliseconds(lag));
      }
      return inner_.OnChunk(chunk);
    }
    void OnAttempt(absl::string_view backend, int attempt) override {
      inner_.OnAttempt(backend, attempt);
    }

   private:
    LagMeter& meter_;
    TraceSink& inner_;
  };

  Backend& inner_;
  Loop& loop_;
};

// One solve after the other, as the service runs them.
Task<int> SolveOverAndOver(Loop& loop, Backend& backend, const Prompt& prompt,
                           const AnswerReader& reader, int number, int choices) {
  v1::FirstFinish params;
  params.set_k(1);
  params.set_n(kTracesOfSolve);
  for (int i = 0; true; ++i) {
    TracesConfig config{
        .prompt = prompt, .reader = reader, .solve_id = absl::StrCat(number, "-", i)};
    config.choices = choices;
    Traces traces(loop, backend, std::move(config));
    Task<Verdict> solve = FirstFinish(traces, params);
    co_await std::move(solve);
  }
}

// With `choices` above 1 the traces of a solve share its requests, and none ends.
Figures RunProduct(int streams, absl::Duration interval, int choices, const Options& options) {
  PacedServer server({.endings_per_second = choices > 1 ? 0.0 : options.endings_per_second,
                      .chunks_per_write = options.chunks_per_write});
  const BackendConfig config{.url = absl::StrCat("http://127.0.0.1:", server.port(), "/v1"),
                             .name = "paced",
                             .model = "paced-model",
                             .kind = BackendKind::kOpenAi};
  const Prompt prompt{.messages = {{"user", "What is two and two?"}}};
  const auto reader = AnswerReader::Create({.kind = AnswerKind::kInteger});
  Figures figures;
  {
    LoopThread runner({.pace = {.interval = interval}});
    Loop& loop = runner.loop();
    std::unique_ptr<Resolver> resolver;
    std::unique_ptr<HttpClient> http;
    std::unique_ptr<OpenAiBackend> backend;
    std::unique_ptr<LagMeter> lag;
    std::unique_ptr<Fan<int>> solves;
    std::unique_ptr<Meter> meter;
    runner.RunAndWait([&] {
      resolver = std::make_unique<Resolver>(loop, Resolver::SystemLookUp);
      http = std::make_unique<HttpClient>(loop, *resolver);
      backend = std::make_unique<OpenAiBackend>(*http, config, 1 << 20);
      lag = std::make_unique<LagMeter>(*backend, loop);
      solves = std::make_unique<Fan<int>>();
      for (int i = 0; i < (streams + kTracesOfSolve - 1) / kTracesOfSolve; ++i)
        solves->Launch(SolveOverAndOver(loop, *lag, prompt, *reader, i, choices));
    });
    WaitForStreams(server, streams);
    absl::SleepFor(absl::Seconds(1.5));
    runner.RunAndWait([&] {
      lag->on = true;
      meter = std::make_unique<Meter>(server);
    });
    absl::SleepFor(absl::Seconds(options.seconds));
    runner.RunAndWait([&] {
      figures.cpu_us_per_chunk = meter->MicrosPerChunk();
      figures.lag_ms = std::move(lag->lag_ms);
      figures.sweeping = loop.sweeping();
    });
    server.Stop();  // Before the streams are closed for another reason than an end.
    runner.RunAndWait([&] {
      solves.reset();
      backend.reset();
      http.reset();
      resolver.reset();
    });
  }
  int64_t losers = 0, tokens = 0;
  for (const PacedServer::Ending& ending : server.endings()) {
    figures.cancel_ms.push_back(absl::ToDoubleMilliseconds(ending.until_last_closed));
    losers += ending.losers;
    tokens += ending.tokens_of_losers;
  }
  figures.late_tokens = losers == 0 ? 0 : static_cast<double>(tokens) / static_cast<double>(losers);
  return figures;
}

// The round in the middle by CPU; its neighbours are its spread.
struct Summary {
  std::vector<double> cpu;
  std::vector<double> lag_ms, cancel_ms;
  double late_tokens = 0;
  int sweeping = 0;

  void Add(Figures figures) {
    cpu.push_back(figures.cpu_us_per_chunk);
    lag_ms.insert(lag_ms.end(), figures.lag_ms.begin(), figures.lag_ms.end());
    cancel_ms.insert(cancel_ms.end(), figures.cancel_ms.begin(), figures.cancel_ms.end());
    late_tokens += figures.late_tokens;
    sweeping += figures.sweeping ? 1 : 0;
  }
};

void Report(int streams, const char* reader, const Summary& summary, double bare,
            nlohmann::json& rows) {
  const double cpu = Quantile(summary.cpu, 0.5);
  const double rounds = static_cast<double>(summary.cpu.size());
  const nlohmann::json row = {{"streams", streams},
                              {"reader", reader},
                              {"cpu_us_per_chunk", cpu},
                              {"cpu_us_per_chunk_min", Quantile(summary.cpu, 0)},
                              {"cpu_us_per_chunk_max", Quantile(summary.cpu, 1)},
                              {"cpu_over_bare", cpu / bare},
                              {"lag_ms_p50", Quantile(summary.lag_ms, 0.5)},
                              {"lag_ms_p99", Quantile(summary.lag_ms, 0.99)},
                              {"cancel_ms_p50", Quantile(summary.cancel_ms, 0.5)},
                              {"cancel_ms_p99", Quantile(summary.cancel_ms, 0.99)},
                              {"tokens_per_loser", summary.late_tokens / rounds},
                              {"rounds_read_at_intervals", summary.sweeping}};
  std::printf("%7d  %-17s %6.2f (%.2f to %.2f) %6.2f", streams, reader, cpu,
              row["cpu_us_per_chunk_min"].get<double>(), row["cpu_us_per_chunk_max"].get<double>(),
              cpu / bare);
  if (!summary.lag_ms.empty()) {
    std::printf(" %7.2f %7.2f %9.2f %8.2f %7.2f  %s", row["lag_ms_p50"].get<double>(),
                row["lag_ms_p99"].get<double>(), row["cancel_ms_p50"].get<double>(),
                row["cancel_ms_p99"].get<double>(), row["tokens_per_loser"].get<double>(),
                summary.sweeping > 0 ? "at intervals" : "at once");
  }
  std::printf("\n");
  std::fflush(stdout);
  rows.push_back(row);
}

int Run(const Options& options) {
  std::printf(
      "streams  reader            CPU us a chunk       / bare  lag p50     p99 cancel p50"
      "      p99  tokens  read\n");
  nlohmann::json rows = nlohmann::json::array();
  for (const int streams : options.streams) {
    Summary bare, at_once, at_intervals, together;
    for (int round = 0; round < options.rounds; ++round) {
      bare.Add(RunBareLoop(streams, options));
      at_once.Add(RunProduct(streams, absl::ZeroDuration(), 1, options));
      const absl::Duration interval = absl::Milliseconds(options.interval_ms);
      at_intervals.Add(RunProduct(streams, interval, 1, options));
      together.Add(RunProduct(streams, absl::ZeroDuration(), kTracesOfSolve, options));
    }
    const double reference = Quantile(bare.cpu, 0.5);
    Report(streams, "bare", bare, reference, rows);
    Report(streams, "read_interval 0", at_once, reference, rows);
    Report(streams, absl::StrCat("read_interval ", options.interval_ms).c_str(), at_intervals,
           reference, rows);
    Report(streams, "16 choices", together, reference, rows);
    for (const std::string& command : options.clients) {
      Summary client;
      for (int i = 0; i < options.rounds; ++i) client.Add(RunClient(command, streams, options));
      Report(streams, command.substr(0, command.find(' ')).c_str(), client, reference, rows);
    }
  }
  if (!options.json.empty()) std::ofstream(options.json) << rows.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Options options;
  CLI::App app{"Measures what reading many paced streams costs."};
  app.add_option("--streams", options.streams)->delimiter(',')->check(CLI::Range(16, 20'000));
  app.add_option("--seconds", options.seconds, "of each measurement")
      ->check(CLI::Range(0.5, 600.0));
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100));
  app.add_option("--interval-ms", options.interval_ms)->check(CLI::Range(1, 1000));
  app.add_option("--endings-per-second", options.endings_per_second)->check(CLI::Range(0.0, 50.0));
  app.add_option("--chunks-per-write", options.chunks_per_write)->check(CLI::Range(1, 1000));
  app.add_option("--client", options.clients,
                 "another client, as a command that takes PORT VOTES TRACES SECONDS");
  app.add_option("--json", options.json, "file for the figures");
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(options);
}
