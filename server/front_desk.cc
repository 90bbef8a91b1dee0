#include "server/front_desk.h"

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/backend/backend.h"
#include "server/log.h"

namespace sextant {
namespace {

constexpr absl::Duration kLogEvery = absl::Seconds(10);

// Behind a balancer the same call goes to another replica soon.
constexpr absl::Duration kTryAnother = absl::Milliseconds(100);

absl::Status Draining() {
  absl::Status status =
      absl::UnavailableError("the server is shutting down; send the request to another one");
  SetRetryAfter(status, kTryAnother);
  return status;
}

size_t HashOf(const v1::SolveRequest& request) {
  return std::hash<std::string>()(request.SerializeAsString());
}

ShedReason ReasonOf(Admission::Place place) {
  return place == Admission::Place::kCallerShare ? ShedReason::kCallerShare
                                                 : ShedReason::kQueueFull;
}

// Says at once that a model refuses solves, and then at most every 10 s how many it refused.
class ShedLog {
 public:
  ShedLog(Loop& loop, std::string model)
      : loop_(loop), model_(std::move(model)), timer_(loop, [this] { Say(); }) {}

  void OnShed(const absl::Status& status) {
    ++unsaid_;
    if (timer_.armed()) return;
    Log(LogLevel::kWarning, absl::StrCat("refusing solves: ", status.message()));
    unsaid_ = 0;
    timer_.Set(loop_.Now() + kLogEvery);
  }

 private:
  void Say() {
    if (unsaid_ == 0) return;  // The next one is said at once again.
    Log(LogLevel::kWarning,
        absl::StrCat("refused ", std::exchange(unsaid_, 0), " more solves of model ", model_,
                     " in the last ", absl::FormatDuration(kLogEvery)));
    timer_.Set(loop_.Now() + kLogEvery);
  }

  Loop& loop_;
  const std::string model_;
  int unsaid_ = 0;
  Loop::Timer timer_;
};

}  // namespace

struct FrontDesk::Model {
  Model(FrontDesk& desk, const ModelConfig& model)
      : config(model),
        admission({.max_running = model.max_solves, .max_waiting = model.max_queue}),
        overdue(desk.loop_, [this, &desk] { desk.DropOverdue(*this); }),
        shed_log(desk.loop_, model.name) {}

  // Load that the running solves and the waiting ones make for one that is among the former.
  double LoadOfOthers() const { return admission.Load() - 1.0 / admission.limits().max_running; }
  absl::Status Refusal(Admission::Place place, absl::Time now);

  const ModelConfig& config;
  Admission admission;
  Loop::Timer overdue;
  ShedLog shed_log;
};

absl::Status FrontDesk::Model::Refusal(Admission::Place place, absl::Time now) {
  absl::Status status = absl::ResourceExhaustedError(absl::StrCat(
      "model ", config.name, " is busy: ", admission.running(), " solves run (max_solves ",
      config.max_solves, ") and ", admission.waiting(), " wait (max_queue ", config.max_queue, ")",
      place == Admission::Place::kCallerShare ? ", as many of this caller as may wait now" : ""));
  SetRetryAfter(status, admission.BookRetry(now));
  return status;
}

FrontDesk::FrontDesk(const Config& config, Metrics& metrics,
                     std::vector<std::unique_ptr<Worker>>& workers)
    : metrics_(metrics), workers_(workers), loop_(workers.front()->loop()) {
  loop_.RunAndWait([&] {
    for (const ModelConfig& model : config.models)
      models_[model.name] = std::make_unique<Model>(*this, model);
    quotas_.SetCallers(config.callers, loop_.Now());
  });
}

FrontDesk::~FrontDesk() {
  loop_.RunAndWait([this] { models_.clear(); });
}

void FrontDesk::Enter(Arrival arrival, Visit& visit) {
  loop_.Post([this, arrival = std::move(arrival), &visit]() mutable {
    Receive(std::move(arrival), visit);
  });
}

void FrontDesk::Leave(Visit& visit) {
  loop_.Post([this, &visit] {
    Depart(visit);
    visit.loop_->Post([&visit] {
      if (visit.call_ != nullptr) visit.call_->Leave(visit.door_);
      visit.door_.OnOutcome(absl::CancelledError("the caller has left"), {});
    });
  });
}

void FrontDesk::Close(Visit& visit, absl::AnyInvocable<void()> last) {
  loop_.Post([&visit, last = std::move(last)]() mutable { visit.loop_->Post(std::move(last)); });
}

void FrontDesk::AskLoad(const std::string& model,
                        absl::AnyInvocable<void(Worker&, double load)> ready) {
  loop_.Post([this, model, ready = std::move(ready)]() mutable {
    Worker& worker = NextWorker();
    const double load = models_.at(model)->admission.Load();
    worker.loop().Post(
        [&worker, load, ready = std::move(ready)]() mutable { ready(worker, load); });
  });
}

void FrontDesk::SetCallers(std::vector<CallerConfig> callers) {
  loop_.Post([this, callers = std::move(callers)] { quotas_.SetCallers(callers, loop_.Now()); });
}

void FrontDesk::BeginDrain() {
  loop_.Post([this] {
    draining_ = true;
    for (auto& [name, model] : models_) {
      for (const Id id : model->admission.TakeWaiting()) {
        metrics_.OnShed(name, ShedReason::kDraining);
        RefuseWaiting(id, Draining());
      }
    }
  });
}

void FrontDesk::EndAll() {
  BeginDrain();
  // After the solves that were started before.
  loop_.Post([this] {
    for (const auto& worker : workers_)
      worker->loop().Post([&worker = *worker] { worker.EndAll(v1::DRAINING); });
  });
}

// --- Coming ------------------------------------------------------------------------------------

void FrontDesk::Receive(Arrival arrival, Visit& visit) {
  const auto known = by_request_id_.find({arrival.facts.caller, arrival.facts.request_id});
  if (known != by_request_id_.end()) {
    if (entries_.at(known->second).request_hash == HashOf(arrival.request))
      return Join(known->second, visit);
    return Refuse(visit, absl::InvalidArgumentError(absl::StrCat(
                             "x-request-id ", arrival.facts.request_id,
                             " is that of a solve that runs, of another request; expected the "
                             "same request or a new id")));
  }
  if (!draining_) return Open(std::move(arrival), visit);
  metrics_.OnShed(arrival.model.name, ShedReason::kDraining);
  Refuse(visit, Draining());
}

void FrontDesk::Open(Arrival arrival, Visit& visit) {
  const Id id = ++last_id_;
  const absl::Time now = loop_.Now();
  Model& model = *models_.at(arrival.model.name);
  if (const auto over = quotas_.Enter(arrival.facts.account, now)) {
    absl::Status refusal = absl::ResourceExhaustedError(over->why);
    SetRetryAfter(refusal, over->retry_after);
    return Shed(model, ShedReason::kCallerLimit, refusal, visit);
  }
  const absl::Time answer_by =
      arrival.at + TimeToAnswer(arrival.time_left, arrival.settings->config.server);
  const Admission::Place place =
      model.admission.Enter({.id = id, .caller = arrival.facts.caller, .leave_by = answer_by}, now);
  if (place != Admission::Place::kRunning && place != Admission::Place::kWaiting) {
    quotas_.Leave(arrival.facts.account);
    return Shed(model, ReasonOf(place), model.Refusal(place, now), visit);
  }

  Entry entry{.model = model.config, .worker = NextWorker(), .at = now};
  entry.account = arrival.facts.account;
  entry.key = {arrival.facts.caller, arrival.facts.request_id};
  if (!arrival.facts.request_id.empty()) {
    entry.request_hash = HashOf(arrival.request);
    by_request_id_[entry.key] = id;
  }
  entry.call = std::make_shared<SolveCall>(
      SolveCall::Inputs{.settings = std::move(arrival.settings),
                        .model = arrival.model,
                        .metrics = metrics_,
                        .worker = entry.worker,
                        .request = std::move(arrival.request),
                        .solve_id = std::move(arrival.solve_id),
                        .facts = std::move(arrival.facts),
                        .arrived = arrival.at,
                        .time_left = arrival.time_left,
                        .on_ended = [this, id](const v1::Usage& bill) {
                          loop_.Post([this, id, bill] { OnEnded(id, bill); });
                        }});
  entries_.emplace(id, std::move(entry));
  Join(id, visit);
  if (place == Admission::Place::kRunning) return Start(id);
  metrics_.OnQueue(model.config.name, 1);
  model.overdue.Set(model.admission.next_overdue());
}

void FrontDesk::Join(Id id, Visit& visit) {
  Entry& entry = entries_.at(id);
  ++entry.visits;
  visit.id_ = id;
  visit.loop_ = &entry.worker.loop();
  visit.loop_->Post([call = entry.call, &visit]() mutable {
    visit.call_ = std::move(call);
    visit.call_->Join(visit.door_);
  });
}

void FrontDesk::Start(Id id) {
  const Entry& entry = entries_.at(id);
  const absl::Duration queued = loop_.Now() - entry.at;
  metrics_.OnTurn(entry.model.name, queued);
  const SolveCall::Terms terms{.load = models_.at(entry.model.name)->LoadOfOthers(),
                               .queued = queued};
  entry.worker.loop().Post([call = entry.call, terms] { call->Start(terms); });
}

// --- Going -------------------------------------------------------------------------------------

void FrontDesk::OnEnded(Id id, const v1::Usage& bill) {
  quotas_.Use(entries_.at(id).account, bill.billed_tokens(), bill.cost_usd(), loop_.Now());
  Model& model = *models_.at(entries_.at(id).model.name);
  Forget(id);
  if (const auto next = model.admission.End(loop_.Now())) {
    StopWaiting(*next);
    Start(*next);
  }
}

void FrontDesk::Depart(Visit& visit) {
  const auto found = entries_.find(visit.id_);
  if (found == entries_.end()) return;  // It was refused, or its solve has ended.
  Entry& entry = found->second;
  if (--entry.visits > 0) return;
  // From now on a call with the same id starts another solve; the worker ends this one.
  Unregister(entry);
  if (!models_.at(entry.model.name)->admission.Leave(visit.id_)) return;
  StopWaiting(visit.id_);
  Forget(visit.id_);
}

void FrontDesk::DropOverdue(Model& model) {
  const absl::Time now = loop_.Now();
  for (const Id id : model.admission.TakeOverdue(now)) {
    metrics_.OnShed(model.config.name, ShedReason::kDeadline);
    const absl::Duration waited = now - entries_.at(id).at;
    RefuseWaiting(id, absl::DeadlineExceededError(absl::StrFormat(
                          "the deadline came after %.1f s in the queue of model %s, where %d "
                          "solves run (max_solves %d); no trace was started",
                          absl::ToDoubleSeconds(waited), model.config.name,
                          model.admission.running(), model.config.max_solves)));
  }
  if (model.admission.waiting() > 0) model.overdue.Set(model.admission.next_overdue());
}

void FrontDesk::Shed(Model& model, ShedReason reason, const absl::Status& status, Visit& visit) {
  metrics_.OnShed(model.config.name, reason);
  model.shed_log.OnShed(status);
  Refuse(visit, status);
}

void FrontDesk::Refuse(Visit& visit, absl::Status status) {
  visit.loop_ = &NextWorker().loop();
  visit.loop_->Post([&visit, status = std::move(status)] { visit.door_.OnOutcome(status, {}); });
}

void FrontDesk::RefuseWaiting(Id id, absl::Status status) {
  StopWaiting(id);
  const Entry& entry = entries_.at(id);
  entry.worker.loop().Post(
      [call = entry.call, status = std::move(status)] { call->Refuse(status); });
  Forget(id);
}

// It has left the admission's queue.
void FrontDesk::StopWaiting(Id id) {
  Model& model = *models_.at(entries_.at(id).model.name);
  metrics_.OnQueue(model.config.name, -1);
  if (model.admission.waiting() == 0) return model.overdue.Clear();
  model.overdue.Set(model.admission.next_overdue());
}

void FrontDesk::Forget(Id id) {
  const auto found = entries_.find(id);
  quotas_.Leave(found->second.account);
  Unregister(found->second);
  found->second.worker.loop().Post([call = std::move(found->second.call)] {});
  entries_.erase(found);
}

void FrontDesk::Unregister(Entry& entry) {
  if (entry.key.second.empty()) return;
  by_request_id_.erase(entry.key);
  entry.key.second.clear();
}

Worker& FrontDesk::NextWorker() { return *workers_[next_worker_++ % workers_.size()]; }

}  // namespace sextant
