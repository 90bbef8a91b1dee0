// Where the pool sends a trace.
#include <algorithm>
#include <tuple>
#include <utility>

#include "server/backend/pool.h"

namespace sextant {
namespace {

// How many more traces than the least busy backend the home of a solve may have, where its
// configuration sets no limit.
constexpr int kTogether = 16;
// From here on a prompt is worth waiting for its place in the cache.
constexpr size_t kLongPromptBytes = 4096;

bool IsLong(const Prompt& prompt) {
  size_t bytes = 0;
  for (const Message& message : prompt.messages) bytes += message.content.size();
  return bytes >= kLongPromptBytes;
}

// The lower, the better. Within a rank the load decides.
int RankOf(const Replica& replica) {
  switch (replica.state()) {
    case ReplicaState::kServing:
      return 0;
    case ReplicaState::kTrying:
      return replica.Admits() ? 0 : 2;
    case ReplicaState::kSlowed:
      return 1;
    case ReplicaState::kFailing:
      return 2;
    case ReplicaState::kLoading:
    case ReplicaState::kDown:
      return 3;
  }
  return 3;
}

}  // namespace

Replica& Pool::Place(const TraceRequest& request, const Tried& tried) {
  const auto badness = [&](const Replica& r) {
    const auto failed = std::count(tried.failed.begin(), tried.failed.end(), &r) +
                        (r.config().name == request.avoid ? 1 : 0);
    return std::tuple(RankOf(r), failed, !r.HasRoom());
  };
  std::vector<Replica*> equals;  // The least bad so far.
  for (const auto& replica : replicas_) {
    if (replica->retired()) continue;
    if (!equals.empty() && badness(*replica) > badness(*equals.front())) continue;
    if (!equals.empty() && badness(*replica) < badness(*equals.front())) equals.clear();
    equals.push_back(replica.get());
  }
  const auto home = homes_.find(request.prompt);
  if (home != homes_.end() && IsGoodHome(*home->second.replica, equals))
    return *home->second.replica;
  return Draw(equals);
}

bool Pool::IsGoodHome(const Replica& home, const std::vector<Replica*>& equals) const {
  if (!home.SharesPrefixes()) return false;
  if (std::find(equals.begin(), equals.end(), &home) == equals.end()) return false;
  if (home.config().max_traces > 0) return home.HasRoom();
  int least = home.in_flight();
  for (const Replica* other : equals) least = std::min(least, other->in_flight());
  return home.in_flight() - least < kTogether;
}

Replica& Pool::Draw(const std::vector<Replica*>& equals) {
  double all = 0;
  for (const Replica* replica : equals) all += replica->capacity();
  const auto draw = [&](double capacity, const Replica* apart_from) {
    double at = absl::Uniform(random_, 0.0, capacity);
    Replica* drawn = nullptr;
    for (Replica* replica : equals) {
      if (replica == apart_from) continue;
      drawn = replica;
      if (at < replica->capacity()) break;
      at -= replica->capacity();
    }
    return drawn;
  };
  Replica* first = draw(all, nullptr);
  if (equals.size() == 1) return *first;
  Replica* second = draw(all - first->capacity(), first);
  if (second->Load() != first->Load()) return second->Load() < first->Load() ? *second : *first;
  // One more trace weighs less on the larger one; equals are in the order of the draw.
  return second->capacity() > first->capacity() ? *second : *first;
}

Pool::Home* Pool::HomeThatIsAhead(const TraceRequest& request, const Replica& placed) {
  const auto found = homes_.find(request.prompt);
  if (found == homes_.end() || request.prompt == nullptr) return nullptr;
  Home& home = found->second;
  const bool is_ahead = home.replica == &placed && placed.SharesPrefixes() && !home.has_spoken;
  return is_ahead && IsLong(*request.prompt) ? &home : nullptr;
}

Replica* Pool::PlaceForHedge(const TraceRequest& request, Replica& first, Tried tried) {
  tried.failed.push_back(&first);
  Replica& second = Place(request, tried);
  const bool serves = RankOf(second) == 0 && second.quiet_until() <= loop_.Now();
  if (&second == &first || !serves || !second.HasRoom()) return nullptr;
  if (!budget_.Take(loop_.Now(), in_flight())) {
    observer_.OnRetryDenied(first.config().name);
    return nullptr;
  }
  return &second;
}

}  // namespace sextant
