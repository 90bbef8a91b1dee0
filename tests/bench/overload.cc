// What callers see when they ask for more than a server can do: throughput, waiting, refusals,
// memory.
//
//   overload --server HOST:PORT --pid PID --model MODEL --prompt TEXT
//            --max-solves S --max-queue Q [--seconds 60] [--times 4]
//
// S and Q are those of the model in the server's configuration, PID is the server. First S callers
// ask all the time, for a quarter of the seconds: that is the peak. Then solves arrive at `times`
// the rate of the peak, from four callers. Exits 1 when
// * the throughput is more than 10 % below the peak,
// * the p99 of admitted solves is beyond what a full queue explains: the p99 at the peak, and 1.5
//   times the time in which Q solves end,
// * the p99 of refusals is beyond 50 ms, or one has no RetryInfo, or a call ends in another way,
// * one of the callers gets less than 0.8 of an even share,
// * the server's memory grows by more than 10 % after the first sixth of the time.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"

namespace sextant {
namespace {

constexpr int kCallers = 4;
constexpr absl::Duration kTimeout = absl::Seconds(60);

struct Flags {
  std::string server, model, prompt;
  int pid = 0, max_solves = 0, max_queue = 0;
  double seconds = 60, times = 4;
};

double P99(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() * 99 + 99) / 100 - 1];
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double ResidentMiB(int pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  double kib = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib / 1024;
}

v1::SolveRequest RequestFor(const Flags& flags, int64_t id) {
  v1::SolveRequest request;
  request.set_model(flags.model);
  request.set_prompt(flags.prompt);
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
  request.mutable_sampling()->set_seed(4 * id);
  request.mutable_strategy()->mutable_majority_vote()->set_n(4);
  return request;
}

struct Figures {
  std::vector<double> admitted_s, refused_ms, by_caller = std::vector<double>(kCallers);
  int without_retry = 0, others = 0;
  std::string other;
  double seconds = 0;
  double throughput() const { return static_cast<double>(admitted_s.size()) / seconds; }

  void Add(const EndedSolve& ended) {
    const SolveResult& result = ended.result;
    if (result.status.ok()) {
      admitted_s.push_back(absl::ToDoubleSeconds(result.elapsed));
      ++by_caller[static_cast<size_t>(ended.id % kCallers)];
    } else if (result.status.code() == absl::StatusCode::kResourceExhausted) {
      refused_ms.push_back(absl::ToDoubleMilliseconds(result.elapsed));
      without_retry += !result.retry_delay.has_value();
    } else {
      ++others;
      other = result.status.ToString();
    }
  }
};

Figures MeasurePeak(const SextantClient& client, const Flags& flags) {
  SolveFan fan(client);
  Figures figures;
  int64_t id = 0;
  const absl::Time start = absl::Now();
  const absl::Duration length = absl::Seconds(flags.seconds / 4);
  while (absl::Now() - start < length) {
    while (fan.running() < flags.max_solves) {
      fan.Start(id, RequestFor(flags, id), {.timeout = kTimeout});
      ++id;
    }
    if (const auto ended = fan.Next(absl::Milliseconds(100))) figures.Add(*ended);
  }
  figures.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  return figures;
}

// Arrivals at a fixed rate, whatever becomes of the earlier ones. `at_sixth` gets the memory then.
Figures Overload(const SextantClient& client, const Flags& flags, double rate, double& at_sixth) {
  SolveFan fan(client);
  Figures figures;
  int64_t id = 0;
  const absl::Time start = absl::Now();
  const absl::Duration every = absl::Seconds(1 / rate), length = absl::Seconds(flags.seconds);
  while (absl::Now() - start < length) {
    while (start + every * static_cast<double>(id) <= absl::Now()) {
      fan.Start(id, RequestFor(flags, id),
                {.timeout = kTimeout, .caller = absl::StrCat("caller-", id % kCallers)});
      ++id;
    }
    const absl::Duration wait = start + every * static_cast<double>(id) - absl::Now();
    if (const auto ended = fan.Next(std::max(wait, absl::ZeroDuration()))) figures.Add(*ended);
    if (fan.running() == 0) absl::SleepFor(wait);
    if (at_sixth == 0 && absl::Now() - start >= length / 6) at_sixth = ResidentMiB(flags.pid);
  }
  figures.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  return figures;
}

bool Check(bool holds, const char* what) {
  if (!holds) std::printf("  FAILED: %s\n", what);
  return holds;
}

int Run(const Flags& flags) {
  auto client = SextantClient::Connect(flags.server);
  if (!client.ok()) {
    std::fprintf(stderr, "%s\n", client.status().ToString().c_str());
    return 2;
  }
  const Figures peak = MeasurePeak(*client, flags);
  const double before = ResidentMiB(flags.pid);
  std::printf("at the peak: %.1f solves a second, p50 %.0f ms, p99 %.0f ms\n", peak.throughput(),
              Median(peak.admitted_s) * 1e3, P99(peak.admitted_s) * 1e3);
  std::fflush(stdout);
  double at_sixth = 0;
  const Figures over = Overload(*client, flags, flags.times * peak.throughput(), at_sixth);
  const double after = ResidentMiB(flags.pid);

  const double share = over.throughput() / peak.throughput();
  const double bound = P99(peak.admitted_s) + 1.5 * flags.max_queue / peak.throughput();
  const auto [least, most] = std::minmax_element(over.by_caller.begin(), over.by_caller.end());
  std::printf(
      "at %.1f times the peak for %.0f s: %.1f solves a second, %.1f %% of the peak\n"
      "  admitted: %zu, p50 %.0f ms, p99 %.0f ms (bound %.0f ms); %.0f to %.0f a caller\n"
      "  refused: %zu, p50 %.1f ms, p99 %.1f ms; %d without RetryInfo; %d calls ended otherwise "
      "%s\n"
      "  memory of the server: %.1f MiB before, %.1f MiB after a sixth of the time, %.1f MiB "
      "after\n",
      flags.times, over.seconds, over.throughput(), 100 * share, over.admitted_s.size(),
      Median(over.admitted_s) * 1e3, P99(over.admitted_s) * 1e3, bound * 1e3, *least, *most,
      over.refused_ms.size(), Median(over.refused_ms), P99(over.refused_ms), over.without_retry,
      over.others, over.other.c_str(), before, at_sixth, after);
  bool fine = Check(peak.others == 0 && peak.refused_ms.empty(), "the peak has only answers");
  fine &= Check(share >= 0.9, "throughput within 10 % of the peak");
  fine &= Check(P99(over.admitted_s) <= bound, "p99 of admitted solves within its bound");
  fine &= Check(!over.refused_ms.empty() && P99(over.refused_ms) <= 50, "refused within 50 ms");
  fine &= Check(over.without_retry == 0, "every refusal has a RetryInfo");
  fine &= Check(over.others == 0, "every call is answered or refused");
  fine &= Check(*least >= 0.8 * static_cast<double>(over.admitted_s.size()) / kCallers,
                "callers get even shares");
  fine &= Check(after <= 1.1 * at_sixth, "memory is flat");
  return fine ? 0 : 1;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Flags flags;
  CLI::App app("Measures a server that is asked for more than it can do.");
  app.add_option("--server", flags.server)->required();
  app.add_option("--pid", flags.pid)->required();
  app.add_option("--model", flags.model)->required();
  app.add_option("--prompt", flags.prompt)->required();
  app.add_option("--max-solves", flags.max_solves)->required()->check(CLI::Range(1, 1000));
  app.add_option("--max-queue", flags.max_queue)->required()->check(CLI::Range(0, 1000));
  app.add_option("--seconds", flags.seconds)->check(CLI::Range(2, 3600));
  app.add_option("--times", flags.times)->check(CLI::Range(1.5, 100.0));
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(flags);
}
