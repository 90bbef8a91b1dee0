// One trace of a solve: what it has said so far, and how it ended.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/answer/answer.h"
#include "server/answer/watcher.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/budget.h"
#include "server/strategies/confidence_bar.h"
#include "server/strategies/confidence_window.h"
#include "server/strategies/text_room.h"

namespace sextant {

// Tells a solve, in a turn of the loop of its own, that a trace's clock has come to a mark. Loop
// only.
class ClockAlarm {
 public:
  // `loop` outlives it.
  ClockAlarm(Loop& loop, std::function<void()> on_reached)
      : loop_(loop), timer_(loop, std::move(on_reached)) {}

  // Replaces an earlier mark. `on_reached` is called once, unless Clear() comes first.
  void Set(int64_t clock) { mark_ = clock; }
  void Clear() {
    mark_ = kNever;
    timer_.Clear();
  }
  // A trace's clock stands at `clock`.
  void Seen(int64_t clock) {
    if (clock < mark_) return;
    mark_ = kNever;
    timer_.Set(loop_.Now());
  }

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  Loop& loop_;
  int64_t mark_ = kNever;
  Loop::Timer timer_;
};

// How a trace is launched. The defaults are a fresh one.
struct TraceLaunch {
  int64_t clock = 0;       // Clock of the event that caused the launch; 0 at the start of a solve.
  std::string prefix;      // Beginning of the model's turn that it continues.
  int64_t max_tokens = 0;  // 0: the solve's limit for a trace.
  std::string
      until;  // It ends, finished, with the chunk in which this text appears. Empty: not so.
  bool logprobs = false;
  int native_beam_width = 0;
  std::optional<int> replaces;  // Index of the broken trace whose place it takes.
};

// Fills itself from the stream and keeps the solve's spending up to date. Loop only.
class Trace : public TraceSink {
 public:
  enum class State { kRunning, kFinished, kCancelled, kFailed };

  // finish_reason() of a trace that ended at its launch's `until`.
  static constexpr char kUntil[] = "until";

  // What its solve lends it, and how much text it may keep: more fails it. What is referred to
  // outlives the trace.
  struct Surroundings {
    Spending& spending;
    ClockAlarm& alarm;
    const ConfidenceBar& bar;
    Loop::Timer& weak_alarm;  // Set when the trace falls below the bar.
    const Loop& loop;
    TextRoom* room;  // Null: all of its text fits.
    int64_t max_bytes;
    int confidence_window;  // In tokens; 0: nobody asks for its confidence.
  };
  Trace(int index, TraceLaunch launch, Surroundings around);

  Flow OnChunk(const TraceChunk& chunk) override;
  void OnAttempt(absl::string_view backend, int attempt) override;
  void OnHedge() override { ++hedges_; }

  int index() const { return index_; }  // Order of launch, from 0.
  const TraceLaunch& launch() const { return launch_; }
  const std::string& content() const { return content_; }
  const std::string& reasoning() const { return reasoning_; }
  // The server's word, kUntil, or "length" where the server ran past the limit. Empty: none yet.
  const std::string& finish_reason() const { return finish_reason_; }
  int64_t tokens() const { return usage_.completion + uncounted_; }
  // The part of tokens() that was counted from chunks, because no usage had come for them.
  int64_t estimated_tokens() const { return uncounted_; }
  int64_t clock() const { return launch_.clock + tokens(); }
  const TokenUsage& usage() const { return usage_; }
  // Summed log-probability of its tokens, and how many have one.
  double sum_logprob() const { return sum_logprob_; }
  int64_t logprobs() const { return logprobs_; }
  // Lowest group confidence (confidence_window.h) so far. Unset where nobody asks for it, and where
  // the server does not list the likeliest tokens.
  std::optional<double> confidence() const;
  const std::string& backend() const { return backend_; }
  int retries() const { return retries_; }
  int hedges() const { return hedges_; }  // Requests to a second backend beside the first.
  std::optional<absl::Time> first_token_at() const { return first_token_at_; }
  // Why it may not go on, as a clause for the caller; empty: it may. Then its text is longer than
  // one trace's may be, or than the room that all of them have.
  std::string WhyTooLong() const;
  bool is_below_bar() const { return is_below_bar_; }
  // It was stopped because its confidence fell below the bar. Such a trace does not vote.
  bool is_weak() const { return is_below_bar_ && state == State::kCancelled; }
  // Why, as a clause for the caller. Requires is_weak().
  std::string WhyWeak() const;
  // Launched, and neither returned by Traces::Next() nor dropped.
  bool is_open() const { return !returned && !dropped; }
  // The answer that a trace states while it runs; unset where `watcher` is.
  std::optional<Answer> Stated();

  // Written by Traces.
  State state = State::kRunning;
  int64_t task = 0;       // Its number in the fan.
  int place = 0;          // Index of the trace that its strategy launched: its own, or that of the
                          // first one in the row of broken traces that it is the last of.
  int predecessors = 0;   // How many those are.
  bool returned = false;  // By Traces::Next().
  bool dropped = false;   // By Traces::Drop().
  bool cut_by_budget = false;    // It reached the length that a budget left it.
  std::optional<Answer> answer;  // Once finished, when it gives one.
  absl::Status error;            // Why it failed.
  TraceRequest request;          // As sent.
  std::unique_ptr<TraceTail> tail;
  std::unique_ptr<AnswerWatcher> watcher;  // Of what it states; null where nobody asks.

 private:
  const int index_;
  const TraceLaunch launch_;
  const Surroundings around_;
  std::string content_, reasoning_, finish_reason_, backend_;
  TokenUsage usage_;
  int64_t uncounted_ = 0;
  double sum_logprob_ = 0;
  int64_t logprobs_ = 0;
  std::optional<ConfidenceWindow> confidence_;
  std::optional<absl::Time> first_token_at_;
  int retries_ = 0;
  int hedges_ = 0;
  TextRoom::Share text_;
  enum class TooLong { kNot, kForATrace, kForTheRoom } too_long_ = TooLong::kNot;
  bool is_below_bar_ = false;
};

}  // namespace sextant
