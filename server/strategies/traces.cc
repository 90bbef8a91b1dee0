#include "server/strategies/traces.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/backend/choice_group.h"

namespace sextant {
namespace {

constexpr int kTopLogprobs = 20;  // DeepConf's k.
// In a row, of one trace: what breaks three times is not the server's bad luck.
constexpr int kMostReplacements = 2;

}  // namespace

Traces::Traces(Loop& loop, Backend& backend, TracesConfig config)
    : loop_(loop),
      backend_(backend),
      config_(std::move(config)),
      spending_(config_.budget, config_.price),
      bar_(config_.confidence_bar),
      reached_clock_(config_.start_clock),
      deadline_(loop, [this] { End(v1::TIME_BUDGET); }),
      alarm_(loop, [this] { running_.Wake(); }),
      weak_alarm_(loop, [this] { OnWeak(); }) {
  if (config_.budget.ends_at < absl::InfiniteFuture()) deadline_.Set(config_.budget.ends_at);
}

void Traces::Launch(int n) {
  while (n > 0) {
    const int together = std::min(n, config_.choices);
    if (together > 1 ? !LaunchTogether(together) : !Launch(TraceLaunch{})) return;
    n -= together;
  }
}

bool Traces::Launch(TraceLaunch launch) {
  Trace* trace = Add(std::move(launch));
  if (trace == nullptr) return false;
  trace->task = running_.Launch(Run(*trace, backend_.Generate(trace->request, *trace)));
  return true;
}

bool Traces::LaunchTogether(int n) {
  std::vector<Trace*> together;
  std::vector<TraceSink*> sinks;
  for (int i = 0; i < n; ++i) {
    Trace* trace = Add(TraceLaunch{});
    if (trace == nullptr) break;
    together.push_back(trace);
    sinks.push_back(trace);
  }
  if (together.empty()) return false;
  const auto group =
      ChoiceGroup::Send(loop_, backend_, together.front()->request, std::move(sinks));
  for (Trace* trace : together) {
    const int choice = trace->index() - together.front()->index();
    trace->task = running_.Launch(Run(*trace, group->Generate(choice)));
  }
  return together.size() == static_cast<size_t>(n);
}

Trace* Traces::Add(TraceLaunch launch) {
  const int index = static_cast<int>(traces_.size());
  launch.clock = std::max(launch.clock, config_.start_clock);
  const int64_t left = spending_.TokensFor(launch.clock);
  const Trace* broken = launch.replaces ? traces_[*launch.replaces].get() : nullptr;
  if (stop_reason_ || left <= 0) return nullptr;
  if (broken == nullptr && launched() >= config_.budget.max_traces) return nullptr;
  traces_.push_back(std::make_unique<Trace>(
      index, std::move(launch),
      Trace::Surroundings{spending_, alarm_, bar_, weak_alarm_, loop_, config_.text_room,
                          config_.max_trace_bytes, config_.confidence_window}));
  Trace& trace = *traces_.back();
  trace.place = index;
  if (broken != nullptr) {
    trace.place = broken->place;
    trace.predecessors = broken->predecessors + 1;
    ++replacements_;
  }
  if (watch_answers_) trace.watcher = std::make_unique<AnswerWatcher>(config_.reader);
  trace.request = {.prompt = &config_.prompt,
                   .request_id = absl::StrCat(config_.solve_id, "/", index),
                   .seed = SeedOf(index),
                   .max_tokens = std::min(WantedTokens(trace), left),
                   .prefix = trace.launch().prefix,
                   .logprobs = trace.launch().logprobs || config_.confidence_window > 0,
                   .top_logprobs = config_.confidence_window > 0 ? kTopLogprobs : 0,
                   .native_beam_width = trace.launch().native_beam_width,
                   .avoid = broken == nullptr ? "" : broken->backend(),
                   .hedge_after = config_.hedge_after,
                   .give_up_at = config_.budget.ends_at};
  ++open_;
  return &trace;
}

int64_t Traces::WantedTokens(const Trace& trace) const {
  return trace.launch().max_tokens > 0 ? trace.launch().max_tokens : config_.max_trace_tokens;
}

int64_t Traces::SeedOf(int index) {
  if (config_.seed) return *config_.seed + index;
  return absl::Uniform<int64_t>(random_, 0, int64_t{1} << 31);  // Some servers take 32 bits.
}

Task<Trace*> Traces::Run(Trace& trace, Generation generation) {
  auto tail = co_await std::move(generation);
  const absl::Status status = tail.status();
  if (tail.ok()) trace.tail = *std::move(tail);
  Ended(trace, status);
  co_return &trace;
}

void Traces::Ended(Trace& trace, const absl::Status& status) {
  // A limit that came from a budget, not from the caller or the model, makes an end a cut.
  const bool limited = trace.request.max_tokens < WantedTokens(trace);
  const bool stopped = absl::IsCancelled(status);
  const bool finished = status.ok() || (stopped && !trace.finish_reason().empty());
  if (std::string why = trace.WhyTooLong(); !why.empty()) {
    trace.state = Trace::State::kFailed;
    trace.error = absl::ResourceExhaustedError(why);
  } else if (finished && !(limited && trace.finish_reason() == "length")) {
    trace.state = Trace::State::kFinished;
    if (trace.launch().prefix.empty())
      trace.answer = config_.reader.Read(trace.reasoning(), trace.content());
  } else if (finished || stopped) {
    trace.state = Trace::State::kCancelled;
    trace.cut_by_budget = true;
  } else {
    trace.state = Trace::State::kFailed;
    trace.error = status;
  }
  const bool warmed_up = trace.state == Trace::State::kFinished;
  bar_.Ended(trace.index(), warmed_up ? trace.confidence() : std::nullopt);
  if (!stop_reason_ && !decided_at_) stop_reason_ = spending_.UsedUp();
  if (config_.on_ended) config_.on_ended(trace);
}

// A retry of the same seed would say again what is paid for already, and a server's own seeds need
// not hold over servers: so the replacement is a sample of its own.
bool Traces::Replace(const Trace& broken) {
  const bool broke_off = broken.state == Trace::State::kFailed && broken.first_token_at() &&
                         absl::IsUnavailable(broken.error);
  if (!broke_off || broken.predecessors >= kMostReplacements) return false;
  if (stop_reason_ || spending_.TokensFor(broken.clock()) <= 0) return false;
  if (!backend_.TakeReplacement(broken.backend())) return false;
  TraceLaunch launch = broken.launch();
  launch.clock = broken.clock();
  launch.replaces = broken.index();
  return Launch(std::move(launch));
}

Task<const Trace*> Traces::Next() {
  while (true) {
    // What has ended already counts even when its end used up a budget.
    if (stop_reason_ && !running_.has_result()) co_return nullptr;
    if (const Trace* weak = StopNextWeak()) co_return weak;
    const absl::Time before = loop_.Now();
    const std::optional<Trace*> trace = co_await running_.Next();
    waited_ += loop_.Now() - before;
    // A trace that was found weak may have ended by itself meanwhile, and then the others go on.
    if (!trace && weak_is_due_) continue;
    if (!trace) co_return nullptr;
    --open_;
    (*trace)->returned = true;
    if (stop_reason_ && (*trace)->cut_by_budget) co_return nullptr;
    if (!Replace(**trace)) co_return *trace;
  }
}

Task<const Trace*> Traces::NextBefore(int64_t clock) {
  const Trace* trace = nullptr;
  if (running_.has_result() || running_clock() < clock) {
    alarm_.Set(clock);
    Task<const Trace*> next = Next();
    trace = co_await std::move(next);
    alarm_.Clear();
  }
  if (trace == nullptr && running_clock() >= clock)
    reached_clock_ = std::max(reached_clock_, clock);
  co_return trace;
}

void Traces::Stop(Trace& trace) {
  if (!running_.Cancel(trace.task)) return;  // It has ended, and counts as what it has become.
  trace.state = Trace::State::kCancelled;
  bar_.Ended(trace.index(), std::nullopt);
  --open_;
  if (config_.on_ended) config_.on_ended(trace);
}

void Traces::Drop(const Trace& trace) {
  Trace& dropped = *traces_[static_cast<size_t>(trace.index())];
  dropped.dropped = true;
  Stop(dropped);
}

void Traces::OnWeak() {
  // What has arrived is read first, so that the bill holds it. Two turns as in Close().
  loop_.SweepSoon();
  if (++weak_turns_ < 2) return weak_alarm_.Set(loop_.Now());
  weak_turns_ = 0;
  weak_is_due_ = true;
  running_.Wake();
}

Trace* Traces::StopNextWeak() {
  if (!weak_is_due_ || stop_reason_) return nullptr;
  for (const auto& trace : traces_) {
    if (!trace->is_below_bar() || trace->state != Trace::State::kRunning) continue;
    trace->returned = true;
    Stop(*trace);
    return trace.get();
  }
  weak_is_due_ = false;
  return nullptr;
}

Task<bool> Traces::Close() {
  decided_at_ = loop_.Now();
  // A budget that has ended leaves no time, or no tokens, for more.
  if (running_.running() > 0 && !stop_reason_) {
    loop_.SweepSoon();
    // The first turn ends the pass over ready sockets that the decision is part of; by the second
    // the sockets that had become ready meanwhile have been read.
    co_await loop_.Sleep(absl::ZeroDuration());
    co_await loop_.Sleep(absl::ZeroDuration());
  }
  CancelRest();
  cancel_time_ = loop_.Now() - *decided_at_;
  co_return true;
}

void Traces::CancelRest() {
  if (!decided_at_) decided_at_ = loop_.Now();
  running_.Clear();
  deadline_.Clear();
  for (const auto& trace : traces_) {
    if (trace->state == Trace::State::kRunning) trace->state = Trace::State::kCancelled;
  }
}

void Traces::End(v1::StopReason reason) {
  if (stop_reason_ || decided_at_) return;
  stop_reason_ = reason;
  running_.Interrupt();
}

Task<bool> Traces::SettleOne(Trace& trace) {
  auto settle = trace.tail->Settle();
  const absl::Status status = co_await std::move(settle);
  co_return status.ok();
}

Task<bool> Traces::Settle(absl::Time until) {
  const absl::Time before = loop_.Now();
  Fan<bool> tails;
  for (const auto& trace : traces_) {
    if (trace->tail != nullptr) tails.Launch(SettleOne(*trace));
  }
  Loop::Timer grace(loop_, [&tails] { tails.Interrupt(); });
  grace.Set(until);
  bool all_well = true;
  while (true) {
    const std::optional<bool> well = co_await tails.Next();
    if (!well) break;
    all_well = all_well && *well;
  }
  all_well = all_well && tails.running() == 0;
  tails.Clear();
  for (const auto& trace : traces_) trace->tail.reset();
  waited_ += loop_.Now() - before;
  co_return all_well;
}

int64_t Traces::decided_clock() const {
  int64_t clock = reached_clock_;
  for (const auto& trace : traces_) {
    if (stop_reason_ || trace->returned) clock = std::max(clock, trace->clock());
  }
  return clock;
}

int64_t Traces::running_clock() const {
  int64_t clock = 0;
  for (const auto& trace : traces_) {
    if (trace->state == Trace::State::kRunning) clock = std::max(clock, trace->clock());
  }
  return clock;
}

std::optional<absl::Time> Traces::first_token_at() const {
  std::optional<absl::Time> first;
  for (const auto& trace : traces_) {
    const auto at = trace->first_token_at();
    if (at && (!first || *at < *first)) first = at;
  }
  return first;
}

VoteResult Traces::ProvisionalVote() const {
  Ballot ballot(config_.vote);
  for (const auto& trace : traces_) {
    if (trace->state == Trace::State::kFinished || !trace->launch().prefix.empty()) continue;
    if (trace->is_weak()) continue;
    if (auto answer = config_.reader.ReadProvisional(trace->reasoning(), trace->content())) {
      ballot.Add({.answer = *std::move(answer),
                  .tokens = trace->tokens(),
                  .index = trace->index(),
                  .confidence = trace->confidence()});
    }
  }
  return ballot.Decide();
}

}  // namespace sextant
