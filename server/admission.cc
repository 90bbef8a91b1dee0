#include "server/admission.h"

#include <algorithm>

namespace sextant {
namespace {

// How many times the places that are left one caller may have waiting.
constexpr int kShareOfFree = 2;
// Of the newest interval in the mean.
constexpr double kNewest = 0.05;
constexpr absl::Duration kUnknownInterval = absl::Seconds(1);
constexpr absl::Duration kSoonestRetry = absl::Milliseconds(100);
constexpr absl::Duration kLatestRetry = absl::Seconds(30);

}  // namespace

Admission::Place Admission::Enter(Arrival arrival, absl::Time now) {
  if (running_ < limits_.max_running) {
    if (++running_ == limits_.max_running) full_since_ = now;
    return Place::kRunning;
  }
  const int places = limits_.max_waiting - waiting();
  if (places <= 0) return Place::kQueueFull;
  const auto known = callers_.find(arrival.caller);
  const int own = known == callers_.end() ? 0 : static_cast<int>(known->second->queue.size());
  if (own >= kShareOfFree * places) return Place::kCallerShare;

  auto caller = known == callers_.end() ? turns_.end() : known->second;
  if (caller == turns_.end()) {
    caller = turns_.insert(turns_.end(), {arrival.caller, {}});
    callers_[std::move(arrival.caller)] = caller;
  }
  caller->queue.insert(arrival.id);
  waiting_[arrival.id] = {caller, arrival.leave_by};
  overdue_.insert({arrival.leave_by, arrival.id});
  return Place::kWaiting;
}

std::optional<Admission::Id> Admission::End(absl::Time now) {
  // While slots are free, it is the callers who set the pace.
  if (running_ == limits_.max_running) {
    const absl::Duration interval = now - full_since_;
    const absl::Duration mean = mean_interval_.value_or(interval);
    mean_interval_ = mean + kNewest * (interval - mean);
    full_since_ = now;
  }
  if (turns_.empty()) {
    --running_;
    return std::nullopt;
  }
  const Id next = *turns_.front().queue.begin();
  turns_.splice(turns_.end(), turns_, turns_.begin());
  Remove(next);
  return next;
}

bool Admission::Leave(Id id) {
  if (waiting_.count(id) == 0) return false;
  Remove(id);
  return true;
}

std::vector<Admission::Id> Admission::TakeOverdue(absl::Time now) {
  std::vector<Id> taken;
  while (!overdue_.empty() && overdue_.begin()->first <= now) {
    taken.push_back(overdue_.begin()->second);
    Remove(taken.back());
  }
  return taken;
}

std::vector<Admission::Id> Admission::TakeWaiting() { return TakeOverdue(absl::InfiniteFuture()); }

absl::Time Admission::next_overdue() const {
  return overdue_.empty() ? absl::InfiniteFuture() : overdue_.begin()->first;
}

void Admission::Remove(Id id) {
  const auto place = waiting_.find(id);
  const auto caller = place->second.caller;
  caller->queue.erase(id);
  if (caller->queue.empty()) {
    callers_.erase(caller->name);
    turns_.erase(caller);
  }
  overdue_.erase({place->second.leave_by, id});
  waiting_.erase(place);
}

absl::Duration Admission::BookRetry(absl::Time now) {
  const absl::Duration interval = mean_interval_.value_or(kUnknownInterval);
  booked_until_ = std::min(std::max(booked_until_, now) + interval, now + kLatestRetry);
  return std::max(booked_until_ - now, kSoonestRetry);
}

double Admission::Load() const {
  return static_cast<double>(running_ + waiting()) / limits_.max_running;
}

}  // namespace sextant
