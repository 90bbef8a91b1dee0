// The callers of a soak, see scripts/soak.sh: every strategy, budgets, deadlines, readers that are
// slow, callers who leave.
//
//   soak --server HOST:PORT --seconds S --problems N [--callers 24] [--seed 0] --out FILE
//
// Model and prompts are those of short_lived_model in tests/system/checks.sh. A line of JSON in
// FILE for each answer that a caller got: solve id and billed tokens, as it was told. Exits 1 when
// a solve ended in a way that no fault and no budget explains.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

constexpr const char* kStrategies[] = {"simple",
                                       "majority_vote(n=8)",
                                       "majority_vote(n=6,stop=all)",
                                       "first_finish(k=2,n=8)",
                                       "last_finish(k=2,n=5)",
                                       "beam_search(width=2)",
                                       "adaptive(n=8)",
                                       "auto"};

struct Flags {
  std::string server, out;
  double seconds = 60;
  int problems = 100, callers = 24;
  int64_t seed = 0;
};

CallOptions OptionsOf(int64_t id) {
  CallOptions options{.timeout = absl::Seconds(60), .caller = absl::StrCat("caller-", id % 5)};
  if (id % 9 == 4) options.timeout = absl::Milliseconds(120 + id % 400);
  return options;
}

v1::SolveRequest RequestOf(const Flags& flags, int64_t id) {
  v1::SolveRequest request;
  request.set_model("short-lived");
  request.set_prompt(absl::StrFormat("What is problem %05d about?", 1 + id % flags.problems));
  request.mutable_answer()->set_kind(v1::ANSWER_KIND_INTEGER);
  request.mutable_sampling()->set_seed(id * 16);
  *request.mutable_strategy() = *ParseStrategy(kStrategies[id % std::size(kStrategies)]);
  if (id % 7 == 3) request.mutable_budget()->set_max_tokens(100);
  if (id % 11 == 5) request.mutable_budget()->set_max_sequential_tokens(60);
  return request;
}

// What the callers were told. Any thread.
class Told {
 public:
  explicit Told(const std::string& path) : out_(path) {}

  void Note(const SolveResult& result) {
    std::lock_guard lock(mu_);
    ++ends_[absl::StatusCodeToString(result.status.code())];
    if (!result.status.ok()) return Judge(result.status);
    out_ << nlohmann::json{{"solve_id", result.response.solve_id()},
                           {"billed_tokens", result.response.usage().billed_tokens()}}
         << "\n";
  }
  bool Print() {
    std::lock_guard lock(mu_);
    for (const auto& [code, count] : ends_)
      std::printf("%10d  solves ended with %s\n", count, code.c_str());
    for (const auto& [message, count] : unexplained_)
      std::printf("%10d  UNEXPLAINED: %s\n", count, message.c_str());
    return unexplained_.empty();
  }

 private:
  void Judge(const absl::Status& status) {
    switch (status.code()) {
      case absl::StatusCode::kCancelled:
      case absl::StatusCode::kDeadlineExceeded:
      case absl::StatusCode::kResourceExhausted:
      case absl::StatusCode::kUnavailable:
        return;
      default:
        ++unexplained_[status.ToString()];
    }
  }
  std::mutex mu_;
  std::ofstream out_;
  std::map<std::string, int> ends_, unexplained_;
};

// Solves all the time, so many at once.
void SolveAllTheTime(const SextantClient& client, const Flags& flags, absl::Time until,
                     std::atomic<int64_t>& next_id, Told& told) {
  SolveFan fan(client);
  while (absl::Now() < until || fan.running() > 0) {
    while (absl::Now() < until && fan.running() < flags.callers) {
      const int64_t id = next_id++;
      fan.Start(id, RequestOf(flags, id), OptionsOf(id));
    }
    if (const auto ended = fan.Next(absl::Milliseconds(200))) told.Note(ended->result);
  }
}

// Starts some, and leaves before they have ended.
void LeaveAllTheTime(const SextantClient& client, const Flags& flags, absl::Time until,
                     std::atomic<int64_t>& next_id, Told& told) {
  while (absl::Now() < until) {
    SolveFan fan(client);
    for (int i = 0; i < 6; ++i) {
      const int64_t id = next_id++;
      fan.Start(id, RequestOf(flags, id));
    }
    const absl::Time leave = absl::Now() + absl::Milliseconds(50 + next_id % 300);
    while (absl::Now() < leave) {
      if (const auto ended = fan.Next(leave - absl::Now())) told.Note(ended->result);
    }
  }
}

// Reads its events much more slowly than they come.
void ReadSlowly(const SextantClient& client, const Flags& flags, absl::Time until,
                std::atomic<int64_t>& next_id, Told& told) {
  while (absl::Now() < until) {
    const int64_t id = next_id++;
    told.Note(
        client.SolveStream(RequestOf(flags, id), {.timeout = absl::Seconds(60)},
                           [](const v1::SolveEvent&) { absl::SleepFor(absl::Milliseconds(150)); }));
  }
}

int Run(const Flags& flags) {
  auto client = SextantClient::Connect(flags.server);
  if (!client.ok()) {
    std::fprintf(stderr, "soak: %s\n", client.status().ToString().c_str());
    return 2;
  }
  Told told(flags.out);
  std::atomic<int64_t> next_id{flags.seed};
  const absl::Time until = absl::Now() + absl::Seconds(flags.seconds);
  std::vector<std::thread> threads;
  for (auto* behave : {&SolveAllTheTime, &LeaveAllTheTime, &ReadSlowly, &ReadSlowly}) {
    threads.emplace_back([&, behave] { behave(*client, flags, until, next_id, told); });
  }
  for (std::thread& thread : threads) thread.join();
  return told.Print() ? 0 : 1;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Flags flags;
  CLI::App app("Calls a server in every way at once.");
  app.add_option("--server", flags.server)->required();
  app.add_option("--out", flags.out)->required();
  app.add_option("--seconds", flags.seconds)->check(CLI::Range(1, 86'400));
  app.add_option("--problems", flags.problems)->check(CLI::Range(1, 99'999));
  app.add_option("--callers", flags.callers)->check(CLI::Range(1, 1000));
  app.add_option("--seed", flags.seed, "number of the first solve")
      ->check(CLI::Range(0, 1'000'000'000));
  CLI11_PARSE(app, argc, argv);
  return sextant::Run(flags);
}
