#include "server/backend/race.h"

#include <utility>

namespace sextant {

Race::Race(Loop& loop, TraceSink& sink)
    : loop_(loop), sink_(sink), alarm_(loop, [this] { runs_.Wake(); }) {}

void Race::Start(std::unique_ptr<Entrant> entrant, const TraceRequest& request) {
  entrants_.push_back(std::move(entrant));
  Entrant& started = *entrants_.back();
  started.number_ = runs_.Launch(Run(started, request));
}

Task<Race::Entrant*> Race::Run(Entrant& entrant, const TraceRequest& request) {
  auto generate = entrant.visit->replica().config().backend->Generate(request, *entrant.visit);
  auto result = co_await std::move(generate);
  entrant.result = std::move(result);
  co_return &entrant;
}

TraceSink::Flow Race::OnChunk(Entrant& entrant, const TraceChunk& chunk) {
  const bool speaks = chunk.tokens > 0 || !chunk.finish_reason.empty();
  if (leader_ == nullptr && speaks) {
    leader_ = &entrant;
    if (entrants_.size() > 1) {
      sink_.OnAttempt(entrant.visit->replica().config().name, 1);
      alarm_.Set(loop_.Now());  // The other cannot be cancelled from inside a stream.
    }
  }
  // What is said before the first word, by the first one, is about the prompt.
  if (leader_ == nullptr && &entrant != entrants_.front().get()) return TraceSink::Flow::kGoOn;
  if (leader_ != nullptr && leader_ != &entrant) return TraceSink::Flow::kStop;
  return sink_.OnChunk(chunk);
}

void Race::DropOthers() {
  for (const auto& entrant : entrants_) {
    if (entrant.get() == leader_) continue;
    runs_.Cancel(entrant->number_);
    entrant->visit.reset();
  }
}

Task<Race::Entrant*> Race::Next(absl::Time until) {
  while (true) {
    if (leader_ == nullptr && until < absl::InfiniteFuture()) alarm_.Set(until);
    const std::optional<Entrant*> ended = co_await runs_.Next();
    if (leader_ != nullptr) DropOthers();
    if (ended && (leader_ == nullptr || *ended == leader_)) {
      alarm_.Clear();
      co_return *ended;
    }
    if (!ended && leader_ == nullptr && loop_.Now() >= until) co_return nullptr;
  }
}

}  // namespace sextant
