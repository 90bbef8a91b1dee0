// What the tests of the strategies act on: the traces of one solve on a fake model server, in
// seconds of a clock that only the test moves. A trace sends one token a second.
#pragma once
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "server/strategies/strategies.h"
#include "tests/fakes/fake_backend.h"
#include "tests/fakes/manual_loop.h"
#include "tests/fakes/started.h"

namespace sextant {

struct SolveSetup {
  std::optional<int64_t> seed = 0;
  TieRule ties = TieRule::kShorter;
  Weighting weighting = Weighting::kUniform;
  int confidence_window = 0;
  ConfidenceBar::Rule bar = {};
  int64_t max_trace_tokens = 1'000;
  int64_t max_trace_bytes = 1'000'000;
  TextRoom* text_room = nullptr;
  Budget budget = {};
  std::optional<PriceConfig> price = {};
  AnswerKind kind = AnswerKind::kInteger;
};

// Member order is the order of lifetimes in the server.
class FakeSolve {
 public:
  // The i-th trace that is launched plays the i-th of `scripts`, those beyond play the last one.
  explicit FakeSolve(std::vector<FakeTrace> scripts, SolveSetup setup = {})
      : backend(time.loop(), std::move(scripts)),
        reader_(*AnswerReader::Create({.kind = setup.kind})),
        traces(time.loop(), backend, ConfigOf(setup)) {}

  // Starts a strategy; time stands still.
  void Start(Task<Verdict> strategy) {
    task_ = std::make_unique<Started<Verdict>>(std::move(strategy));
  }
  bool decided() const { return task_->ended(); }
  // The time in seconds since the start of the test.
  int seconds() const {
    return static_cast<int>(absl::ToInt64Seconds(time.Now() - absl::UnixEpoch()));
  }
  // Lets time pass until the strategy has decided. Throws, which fails the test, when it does not.
  Verdict Finish() {
    for (int waited = 0; !decided(); ++waited) {
      if (waited > 10'000) throw std::logic_error("the strategy does not decide");
      time.Advance(absl::Seconds(1));
    }
    return task_->Take();
  }
  Verdict Run(Task<Verdict> strategy) {
    Start(std::move(strategy));
    return Finish();
  }
  // Reads the tails of finished traces, for as long as `grace`.
  bool Settle(absl::Duration grace = absl::Hours(1)) {
    Started<bool> settle(traces.Settle(time.Now() + grace));
    for (int waited = 0; !settle.ended(); ++waited) {
      if (waited > 10'000) throw std::logic_error("the traces do not settle");
      time.Advance(absl::Seconds(1));
    }
    return settle.Take();
  }
  const Trace& trace(int i) const { return *traces.all().at(i); }

  ManualLoop time;
  FakeBackend backend;
  std::vector<int> ended;  // Indices of traces, in the order in which they were reported to end.

 private:
  TracesConfig ConfigOf(const SolveSetup& setup) {
    TracesConfig config{.prompt = prompt_, .reader = reader_, .solve_id = "solve"};
    config.seed = setup.seed;
    config.max_trace_tokens = setup.max_trace_tokens;
    config.max_trace_bytes = setup.max_trace_bytes;
    config.text_room = setup.text_room;
    config.vote.ties = setup.ties;
    config.vote.weighting = setup.weighting;
    config.confidence_window = setup.confidence_window;
    config.confidence_bar = setup.bar;
    config.budget = setup.budget;
    config.price = setup.price;
    config.on_ended = [this](const Trace& trace) { ended.push_back(trace.index()); };
    return config;
  }

  const Prompt prompt_{.messages = {{"user", "What is 2+2?"}}};
  const AnswerReader reader_;

 public:
  Traces traces;

 private:
  std::unique_ptr<Started<Verdict>> task_;
};

// The answer that was decided on; "none".
inline std::string AnswerOf(const Verdict& verdict) {
  return verdict.vote.answer ? verdict.vote.answer->canonical : "none";
}

inline v1::MajorityVote Majority(int n, v1::Stop stop = v1::STOP_LOSSLESS) {
  v1::MajorityVote params;
  params.set_n(n);
  params.set_stop(stop);
  return params;
}
inline v1::FirstFinish First(int k, int n, v1::Stop stop = v1::STOP_ALL) {
  v1::FirstFinish params;
  params.set_k(k);
  params.set_n(n);
  params.set_stop(stop);
  return params;
}
inline v1::LastFinish Last(int k, int n, v1::Stop stop = v1::STOP_ALL) {
  v1::LastFinish params;
  params.set_k(k);
  params.set_n(n);
  params.set_stop(stop);
  return params;
}

}  // namespace sextant
