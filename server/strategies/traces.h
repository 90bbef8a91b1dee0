// The traces of one solve: launched, awaited in finishing order, held to the budgets, cancelled.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/types/span.h"
#include "server/answer/reader.h"
#include "server/answer/vote.h"
#include "server/async/fan.h"
#include "server/async/loop.h"
#include "server/backend/backend.h"
#include "server/budget.h"
#include "server/strategies/confidence_bar.h"
#include "server/strategies/trace.h"

namespace sextant {

// What the traces of a solve have in common. What is referred to outlives the traces.
struct TracesConfig {
  const Prompt& prompt;
  const AnswerReader& reader;
  std::string solve_id;
  std::optional<int64_t>
      seed;                 // Trace i is sent seed + i; without one each gets its own random seed.
  int64_t start_clock = 0;  // Where the solve's clock stands before its first trace.
  int64_t max_trace_tokens = 32768;
  int64_t max_trace_bytes = 16 << 20;
  TextRoom* text_room = nullptr;  // Of all solves of the loop. Null: no limit but that of a trace.
  // Traces that Launch(n) makes the choices of one request, which none of them can leave alone. 1:
  // each has its own.
  int choices = 1;
  VoteRule vote;
  // Window of the traces' confidence in tokens; 0: log-probabilities are not asked for.
  int confidence_window = 0;
  ConfidenceBar::Rule confidence_bar;
  absl::Duration hedge_after = absl::InfiniteDuration();  // As in TraceRequest.
  Budget budget;
  std::optional<PriceConfig> price;
  // Called when a trace has ended by itself, was cut by a budget, or failed. Must not touch the
  // solve.
  std::function<void(const Trace&)> on_ended;
};

// What a strategy sees of the world. When a budget ends, Next() returns null and stop_reason() says
// which. Loop only. Destroying it closes every stream.
class Traces {
 public:
  // `loop` and `backend` outlive the traces.
  Traces(Loop& loop, Backend& backend, TracesConfig config);

  // Launches `n` fresh traces at the start of the clock, or as many as the budget's max_traces
  // allows.
  void Launch(int n);
  // Launches one trace, not before the start of the clock. False: the budget allows no more.
  bool Launch(TraceLaunch launch);

  // Awaits the next trace that ended, well or not; null when none is open or a budget has ended. A
  // trace that broke off after it had said something is not returned but replaced, where the
  // limit on retries allows: a fresh one takes its place, launched at the clock that it had come
  // to.
  Task<const Trace*> Next();
  // The same, but also null as soon as the clock of a running trace has come to `clock`.
  // stop_reason() and open() tell the three apart.
  Task<const Trace*> NextBefore(int64_t clock);

  // Traces launched from now on know what they state while they run.
  void WatchAnswers() { watch_answers_ = true; }

  // Stops one trace that runs; it is cancelled, and Next() will not return it. Not from inside a
  // trace's stream.
  void Drop(const Trace& trace);

  // How many were launched by the strategy: those that took the place of others apart.
  int launched() const { return static_cast<int>(traces_.size()) - replacements_; }
  int replacements() const { return replacements_; }
  // Launched traces that Next() has not returned.
  int open() const { return open_; }
  // Below which a trace is stopped, once what has arrived of it is read: Next() then returns it,
  // cancelled, and it is_weak().
  const ConfidenceBar& confidence_bar() const { return bar_; }
  int confidence_window() const { return config_.confidence_window; }
  const VoteRule& vote_rule() const { return config_.vote; }
  const AnswerReader& reader() const { return config_.reader; }
  int64_t max_trace_tokens() const { return config_.max_trace_tokens; }

  // The answer is decided: closes every stream that still runs. Unless a budget has ended, what had
  // arrived by then is read first, so that the bill holds it.
  Task<bool> Close();
  // Closes every stream that still runs, at once.
  void CancelRest();
  // A budget, or the server's end, ends the solve. Next() returns null from now on. Nothing happens
  // when the answer is decided. Not from inside a trace's stream.
  void End(v1::StopReason reason);
  // Reads what finished traces' streams still hold (usage, end marker) until `until`; later ones
  // are closed. False when any was.
  Task<bool> Settle(absl::Time until);

  std::optional<v1::StopReason> stop_reason() const { return stop_reason_; }
  const Spending& spending() const { return spending_; }
  const std::vector<std::unique_ptr<Trace>>& all() const { return traces_; }
  // Clock of the last event that the strategy has seen, at which it decided; when a budget ended
  // the solve, the largest reached.
  int64_t decided_clock() const;
  // The largest clock of a trace that runs; 0 when none does.
  int64_t running_clock() const;
  std::optional<absl::Time> first_token_at() const;
  absl::Duration waited() const { return waited_; }  // For model servers, in Next() and Settle().
  std::optional<absl::Time> decided_at() const { return decided_at_; }
  absl::Duration cancel_time() const { return cancel_time_; }  // Decision to last stream closed.
  // The vote over what unfinished traces have stated.
  VoteResult ProvisionalVote() const;

 private:
  // A new trace, not yet sent; null when the budget allows no more.
  Trace* Add(TraceLaunch launch);
  bool LaunchTogether(int n);
  using Generation = Task<absl::StatusOr<std::unique_ptr<TraceTail>>>;
  Task<Trace*> Run(Trace& trace, Generation generation);
  void Stop(Trace& trace);
  void OnWeak();
  Trace* StopNextWeak();  // Null once all that were due are stopped.
  Task<bool> SettleOne(Trace& trace);
  void Ended(Trace& trace, const absl::Status& status);
  bool Replace(const Trace& broken);
  int64_t WantedTokens(const Trace& trace) const;  // Its limit if there were no budget.
  int64_t SeedOf(int index);

  Loop& loop_;
  Backend& backend_;
  TracesConfig config_;
  Spending spending_;
  ConfidenceBar bar_;
  absl::BitGen random_;
  std::vector<std::unique_ptr<Trace>> traces_;
  int open_ = 0;
  int replacements_ = 0;
  bool watch_answers_ = false;
  int64_t reached_clock_ = 0;  // The largest that NextBefore() returned for.
  std::optional<v1::StopReason> stop_reason_;
  std::optional<absl::Time> decided_at_;
  absl::Duration waited_, cancel_time_;
  Loop::Timer deadline_;
  ClockAlarm alarm_;
  Loop::Timer weak_alarm_;
  int weak_turns_ = 0;
  bool weak_is_due_ = false;
  Fan<Trace*> running_;  // Last member: its tasks refer to the traces.
};

}  // namespace sextant
