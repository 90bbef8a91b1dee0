// What a solve costs on a model server that answers at once: against a bare gRPC echo and direct
// requests to that server, all in turns, each server in a process of its own.
//
//   solve_cost [--rounds 5] [--seconds 2] [--n 1,64] [--callers 32] [--loops 1] [--json FILE]
//
// Prints medians over the rounds, and of ratios also the least and the largest.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/sextant_client.h"
#include "client/solve_fan.h"
#include "tests/bench/bare_reader.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/child_process.h"
#include "tests/bench/instant_server.h"
#include "tests/bench/statistics.h"

namespace sextant {
namespace {

struct Options {
  int rounds = 5;
  double seconds = 2;
  std::vector<int> n = {1, 64};
  int callers = 32;
  int loops = 1;
  std::string json;
};

struct Load {
  double per_second = 0;
  double cpu_us = 0;  // Of the server, a call; of direct requests that of the reader.
};

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "solve_cost: %s\n", status.ToString().c_str());
  std::exit(1);
}

SextantClient ConnectTo(const ChildProcess& server) {
  auto client = SextantClient::Connect(absl::StrCat("127.0.0.1:", server.port()));
  if (!client.ok()) Die(client.status());
  return *std::move(client);
}

// Microseconds of each call of one caller.
std::vector<double> OneCaller(const SextantClient& client, const v1::SolveRequest& request,
                              absl::Duration time) {
  std::vector<double> took;
  const absl::Time until = absl::Now() + time;
  while (absl::Now() < until) {
    const absl::Time begin = absl::Now();
    const SolveResult result = client.Solve(request);
    if (!result.status.ok()) Die(result.status);
    took.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
  }
  return took;
}

Load ManyCallers(const SextantClient& client, const ChildProcess& server, int callers,
                 absl::Duration time) {
  SolveFan fan(client);
  const v1::SolveRequest request = BenchRequest(1);
  int64_t id = 0, ended = 0;
  const double cpu = server.CpuSeconds();
  const absl::Time begin = absl::Now();
  while (absl::Now() < begin + time) {
    while (fan.running() < callers) fan.Start(id++, request);
    const auto solve = fan.Next(absl::Seconds(10));
    if (!solve || !solve->result.status.ok()) Die(absl::InternalError("a call failed"));
    ++ended;
  }
  const double calls = static_cast<double>(ended);
  return {.per_second = calls / absl::ToDoubleSeconds(absl::Now() - begin),
          .cpu_us = (server.CpuSeconds() - cpu) * 1e6 / calls};
}

// Requests without a service between, over connections that stay.
class Direct {
 public:
  Direct(int port, int connections) : reader_([this](int fd) { complete_.push_back(fd); }) {
    for (int i = 0; i < connections; ++i) reader_.Connect(port);
  }

  // Microseconds from the first of `n` requests at once to the last response.
  std::vector<double> OneCaller(absl::Duration time) {
    std::vector<double> took;
    const absl::Time until = absl::Now() + time;
    while (absl::Now() < until) {
      const absl::Time begin = absl::Now();
      complete_.clear();
      for (const int fd : reader_.open()) reader_.Ask(fd, "direct");
      while (complete_.size() < reader_.open().size()) reader_.ReadReady(absl::Seconds(10));
      took.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
    }
    return took;
  }
  // Each connection asks again as soon as its response is complete.
  Load ManyCallers(absl::Duration time) {
    const double cpu = ThreadCpuSeconds();
    const absl::Time begin = absl::Now();
    double ended = 0;
    complete_ = reader_.open();
    while (absl::Now() < begin + time) {
      const std::vector<int> again = std::move(complete_);
      complete_.clear();
      for (const int fd : again) reader_.Ask(fd, "direct");
      reader_.ReadReady(absl::Seconds(10));
      ended += static_cast<double>(complete_.size());
    }
    return {.per_second = ended / absl::ToDoubleSeconds(absl::Now() - begin),
            .cpu_us = (ThreadCpuSeconds() - cpu) * 1e6 / ended};
  }

 private:
  std::vector<int> complete_;
  BareReader reader_;
};

// The figures of all rounds by name, in the order in which they were first noted.
class Figures {
 public:
  void Note(const std::string& name, double value) {
    if (values_.count(name) == 0) names_.push_back(name);
    values_[name].push_back(value);
  }
  nlohmann::json Print() const {
    nlohmann::json json = nlohmann::json::object();
    for (const std::string& name : names_) {
      const std::vector<double>& values = values_.at(name);
      json[name] = {
          {"median", Median(values)}, {"min", Quantile(values, 0)}, {"max", Quantile(values, 1)}};
      std::printf("%-46s %10.2f  (%.2f to %.2f)\n", name.c_str(), Median(values),
                  Quantile(values, 0), Quantile(values, 1));
    }
    return json;
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::vector<double>> values_;
};

void MeasureRound(const Options& options, int model_port, const ChildProcess& echo,
                  const ChildProcess& sextant, Figures& figures) {
  const absl::Duration time = absl::Seconds(options.seconds);
  const SextantClient to_echo = ConnectTo(echo), to_sextant = ConnectTo(sextant);
  const double echo_us = Median(OneCaller(to_echo, BenchRequest(1), time));
  figures.Note("echo p50 us", echo_us);
  for (const int n : options.n) {
    const std::vector<double> direct = Direct(model_port, n).OneCaller(time);
    const std::vector<double> solve = OneCaller(to_sextant, BenchRequest(n), time);
    const std::string of = absl::StrCat(" n=", n);
    figures.Note("direct p50 us" + of, Median(direct));
    figures.Note("solve p50 us" + of, Median(solve));
    figures.Note("solve added p50 us" + of, Median(solve) - Median(direct));
    figures.Note("solve added p99 us" + of, Quantile(solve, 0.99) - Quantile(direct, 0.99));
    figures.Note("solve over echo and direct" + of, Median(solve) / (echo_us + Median(direct)));
  }
  const Load echoes = ManyCallers(to_echo, echo, options.callers, time);
  const Load direct = Direct(model_port, options.callers).ManyCallers(time);
  const Load solves = ManyCallers(to_sextant, sextant, options.callers, time);
  figures.Note("echoes a second", echoes.per_second);
  figures.Note("solves a second", solves.per_second);
  figures.Note("rate over echo", solves.per_second / echoes.per_second);
  figures.Note("cpu us an echo", echoes.cpu_us);
  figures.Note("cpu us a direct request", direct.cpu_us);
  figures.Note("cpu us a solve", solves.cpu_us);
  figures.Note("cpu over echo and direct", solves.cpu_us / (echoes.cpu_us + direct.cpu_us));
}

int Run(const Options& options) {
  const ChildProcess model({"--role", "model"}), echo({"--role", "echo"});
  const ChildProcess sextant({"--role", "sextant", "--model-port", absl::StrCat(model.port()),
                              "--loops", absl::StrCat(options.loops)});
  Figures figures;
  for (int round = 0; round < options.rounds; ++round) {
    MeasureRound(options, model.port(), echo, sextant, figures);
  }
  const nlohmann::json json = figures.Print();
  if (!options.json.empty()) std::ofstream(options.json) << json.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  sextant::Options options;
  std::string role;
  int model_port = 0;
  CLI::App app{"Measures what a solve costs beside a gRPC echo and direct requests."};
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.seconds, "of each measurement")
      ->check(CLI::Range(0.1, 600.0));
  app.add_option("--n", options.n, "traces of a solve")->delimiter(',')->check(CLI::Range(1, 256));
  app.add_option("--callers", options.callers)->check(CLI::Range(1, 1000));
  app.add_option("--loops", options.loops)->check(CLI::Range(1, 64));
  app.add_option("--json", options.json, "file for the figures");
  app.add_option("--role", role, "what this process is; started by the program itself")
      ->check(CLI::IsMember({"model", "echo", "sextant"}));
  app.add_option("--model-port", model_port);
  CLI11_PARSE(app, argc, argv);
  if (role == "model") sextant::ServeInstantly();
  if (role == "echo") sextant::ServeEcho();
  if (role == "sextant") sextant::ServeSextant(model_port, options.loops);
  return sextant::Run(options);
}
