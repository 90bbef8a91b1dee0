#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/settings.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = prometheus::Labels;
using Buckets = Histogram::BucketBoundaries;

const Buckets kSolveSeconds = {0.05, 0.1, 0.25, 0.5, 1,   2.5, 5,    10,
                               20,   40,  60,   120, 300, 600, 1200, 3600};
const Buckets kShortSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                               0.01,   0.025,   0.05,   0.1,   0.25,   1};
const Buckets kQueueSeconds = {0.001, 0.01, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300};
const Buckets kRatio = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
const Buckets kTokens = {64,    128,   256,   512,    1024,   2048,   4096,   8192,
                         16384, 32768, 65536, 131072, 262144, 524288, 1048576};
// How solves fail, as far as codes are known before one does: UNKNOWN and the like have no series
// until then.
constexpr std::pair<v1::StopReason, absl::StatusCode> kFailures[] = {
    {v1::TOKEN_BUDGET, absl::StatusCode::kResourceExhausted},
    {v1::SEQUENTIAL_BUDGET, absl::StatusCode::kResourceExhausted},
    {v1::COST_BUDGET, absl::StatusCode::kResourceExhausted},
    {v1::TIME_BUDGET, absl::StatusCode::kDeadlineExceeded},
    {v1::BACKENDS_FAILED, absl::StatusCode::kUnavailable},
    {v1::BACKENDS_FAILED, absl::StatusCode::kResourceExhausted},
    {v1::BACKENDS_FAILED, absl::StatusCode::kInvalidArgument},
    {v1::BACKENDS_FAILED, absl::StatusCode::kFailedPrecondition},
    {v1::DRAINING, absl::StatusCode::kUnavailable}};
constexpr char kCallerLeft[] = "CALLER_LEFT";

std::string LabelOf(absl::StatusCode code) {
  return code == absl::StatusCode::kOk ? "OK" : absl::StatusCodeToString(code);
}

std::string ErrorKind(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
      return "refused";
    case absl::StatusCode::kFailedPrecondition:
      return "misconfigured";
    case absl::StatusCode::kResourceExhausted:
      return "rate_limited";
    default:
      return "unavailable";
  }
}
constexpr const char* kErrorKinds[] = {"refused", "misconfigured", "rate_limited", "unavailable"};

Labels LabelsOf(const Grade& grade) {
  return {{"model", grade.model},
          {"strategy", grade.strategy},
          {"difficulty", DifficultyLabel(grade.difficulty)},
          {"verdict", VerdictLabel(grade.correct)}};
}

constexpr const char* kShedReasons[] = {"queue_full", "caller_share", "caller_limit", "deadline",
                                        "draining"};

}  // namespace

struct Metrics::Families {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::unique_ptr<prometheus::Exposer> exposer;

  template <typename Builder>
  auto& Register(Builder builder, const char* name, const char* help) {
    return builder.Name(name).Help(help).Register(*registry);
  }
  Family<Counter>& Count(const char* name, const char* help) {
    return Register(prometheus::BuildCounter(), name, help);
  }
  Family<Gauge>& Level(const char* name, const char* help) {
    return Register(prometheus::BuildGauge(), name, help);
  }
  Family<Histogram>& Spread(const char* name, const char* help) {
    return Register(prometheus::BuildHistogram(), name, help);
  }

  Family<Counter>& solves = Count("sextant_solves_total", "Solves that ended, by how.");
  Family<Gauge>& running = Level("sextant_solves_running", "Solves that run now.");
  Family<Histogram>& solve_seconds =
      Spread("sextant_solve_seconds", "From the request to the answer.");
  Family<Counter>& tokens =
      Count("sextant_tokens_total", "Tokens billed: prompt, finished and cancelled apart.");
  Family<Histogram>& solve_tokens =
      Spread("sextant_solve_tokens", "Completion tokens billed for a solve.");
  Family<Counter>& judge_tokens = Count("sextant_judge_tokens_total",
                                        "The part of a model's billed tokens that its judge took.");
  Family<Counter>& traces = Count("sextant_traces_total", "Traces that ended, by outcome.");
  Family<Counter>& retries =
      Count("sextant_retries_total", "Requests sent again before a trace's first token.");
  Family<Counter>& hedges =
      Count("sextant_hedges_total", "Requests to a second server, as the first was slow to speak.");
  Family<Counter>& replacements =
      Count("sextant_replacements_total", "Traces that took the place of broken ones.");
  Family<Counter>& graded =
      Count("sextant_graded_total", "Answers graded, at once or by a report.");
  Family<Histogram>& agreement =
      Spread("sextant_agreement_ratio", "Share of the votes that the answer got.");
  Family<Counter>& plans =
      Count("sextant_plans_total", "Plans that ran, by the policy row that fired.");
  Family<Counter>& cost =
      Count("sextant_cost_usd_total", "Cost in USD, of models that have a price.");
  Histogram& overhead = Spread("sextant_overhead_seconds",
                               "Time of a solve that was not spent waiting for model servers.")
                            .Add({}, kShortSeconds);
  Histogram& cancel =
      Spread("sextant_cancel_seconds", "From the decision to the last stream closed.")
          .Add({}, kShortSeconds);
  Family<Gauge>& max_traces =
      Level("sextant_max_traces", "Traces of one solve where the request does not say.");
  Family<Gauge>& queue = Level("sextant_queue_waiting", "Solves that wait for their turn.");
  Family<Histogram>& queue_seconds =
      Spread("sextant_queue_seconds", "How long solves waited for their turn.");
  Family<Counter>& shed =
      Count("sextant_shed_total", "Solves that were refused before any trace, by reason.");
  Family<Counter>& denied =
      Count("sextant_denied_calls_total", "Calls without a right to what they asked for, by code.");
  Family<Gauge>& in_flight =
      Level("sextant_backend_in_flight", "Traces that run on a backend now.");
  Family<Histogram>& first_token =
      Spread("sextant_backend_first_token_seconds", "From the request to its first token.");
  Family<Counter>& errors =
      Count("sextant_backend_errors_total", "Requests that a backend failed, by kind.");
  Family<Counter>& retries_denied =
      Count("sextant_backend_retries_denied_total",
            "Traces that a backend failed and that the limit on retries gave up.");
  Family<Gauge>& states = Level("sextant_backend_state",
                                "How many event loops see the backend in that state; 0 elsewhere.");
  Family<Gauge>& queued =
      Level("sextant_backend_queued", "Requests that wait on the backend, as it says itself.");
  Gauge& sweeping = Level("sextant_loops_reading_at_intervals",
                          "Event loops so busy that they read long streams at intervals.")
                        .Add({});
  Family<Counter>& reloads = Count("sextant_reloads_total", "Reloads of the configuration.");
  Gauge& reload_good =
      Level("sextant_last_reload_successful", "1; 0 where the last reload was refused.").Add({});
  Gauge& loaded =
      Level("sextant_config_loaded_timestamp_seconds", "When the settings of now were loaded.")
          .Add({});
  Family<Gauge>& build = Level("sextant_build_info", "Always 1; the version is a label.");

  // The series of a model and a strategy that every solve adds to, so that none is looked up by its
  // labels. Filled by the constructor, and the same ever after.
  std::map<std::string, std::map<std::string, std::unique_ptr<SolveSeries>>> of_solves;
};

struct Metrics::SolveSeries {
  SolveSeries(Families& f, const ModelConfig& model, const std::string& strategy)
      : base{{"model", model.name}, {"strategy", strategy}},
        seconds(f.solve_seconds.Add(base, kSolveSeconds)),
        billed(f.solve_tokens.Add(base, kTokens)),
        agreement(f.agreement.Add(base, kRatio)),
        prompt(f.tokens.Add(With("kind", "prompt"))),
        finished(f.tokens.Add(With("kind", "finished"))),
        cancelled(f.tokens.Add(With("kind", "cancelled"))),
        traces_finished(f.traces.Add(With("outcome", "finished"))),
        traces_cancelled(f.traces.Add(With("outcome", "cancelled"))),
        traces_failed(f.traces.Add(With("outcome", "failed"))),
        retries(f.retries.Add(base)),
        replacements(f.replacements.Add(base)),
        hedges(f.hedges.Add(base)),
        judge_tokens(f.judge_tokens.Add({{"model", model.name}})) {}

  Labels With(const char* name, std::string value) const {
    Labels labels = base;
    labels[name] = std::move(value);
    return labels;
  }
  Labels Ended(const std::string& reason, absl::StatusCode code) const {
    Labels labels = With("stop_reason", reason);
    labels["code"] = LabelOf(code);
    return labels;
  }
  void Add(const v1::Usage& usage) {
    prompt.Increment(static_cast<double>(usage.prompt_tokens()));
    finished.Increment(static_cast<double>(usage.finished_tokens()));
    cancelled.Increment(static_cast<double>(usage.cancelled_tokens()));
    billed.Observe(static_cast<double>(usage.billed_tokens()));
    judge_tokens.Increment(static_cast<double>(usage.judge_tokens()));
    traces_finished.Increment(usage.traces_finished());
    traces_cancelled.Increment(usage.traces_cancelled());
    traces_failed.Increment(usage.traces_failed());
    retries.Increment(usage.retries());
    replacements.Increment(usage.replacements());
    hedges.Increment(usage.hedges());
  }

  const Labels base;
  Histogram &seconds, &billed, &agreement;
  Counter &prompt, &finished, &cancelled;
  Counter &traces_finished, &traces_cancelled, &traces_failed;
  Counter &retries, &replacements, &hedges, &judge_tokens;
};

std::string DifficultyLabel(v1::Difficulty difficulty) {
  return difficulty == v1::DIFFICULTY_HARD ? "hard" : "easy";
}

std::string VerdictLabel(bool correct) { return correct ? "correct" : "incorrect"; }

Metrics::Metrics(const Config& config) : families_(std::make_unique<Families>()) {
  Families& f = *families_;
  f.build.Add({{"version", SEXTANT_VERSION}}).Set(1);
  f.running.Add({}).Set(0);
  for (const char* result : {"loaded", "refused"}) f.reloads.Add({{"result", result}});
  for (const auto code : {absl::StatusCode::kUnauthenticated, absl::StatusCode::kPermissionDenied})
    f.denied.Add({{"code", absl::StatusCodeToString(code)}});
  // Series that exist from the start, at zero, make rates and alerts right from the first event on.
  for (const ModelConfig& model : config.models) {
    for (const std::string& strategy : StrategyNames()) {
      auto& place = f.of_solves[model.name][strategy];
      place = std::make_unique<SolveSeries>(f, model, strategy);
      const SolveSeries& series = *place;
      const auto ended = [&](const std::string& reason, absl::StatusCode code) {
        f.solves.Add(series.Ended(reason, code));
      };
      for (int reason = v1::DECIDED; reason <= v1::DRAINING; ++reason)
        ended(v1::StopReason_Name(reason), absl::StatusCode::kOk);
      for (const auto& [reason, code] : kFailures) ended(v1::StopReason_Name(reason), code);
      ended(kCallerLeft, absl::StatusCode::kCancelled);
      for (const v1::Difficulty difficulty : {v1::DIFFICULTY_EASY, v1::DIFFICULTY_HARD}) {
        for (const bool correct : {true, false})
          f.graded.Add(LabelsOf({model.name, strategy, difficulty, correct}));
      }
    }
    f.queue.Add({{"model", model.name}});
    f.queue_seconds.Add({{"model", model.name}}, kQueueSeconds);
    for (const char* reason : kShedReasons) f.shed.Add({{"model", model.name}, {"reason", reason}});
    for (const BackendConfig& backend : model.backends) {
      f.in_flight.Add({{"backend", backend.name}});
      f.first_token.Add({{"backend", backend.name}}, kSolveSeconds);
      f.retries_denied.Add({{"backend", backend.name}});
      f.queued.Add({{"backend", backend.name}});
      for (const ReplicaState state : kReplicaStates)
        f.states.Add({{"backend", backend.name}, {"state", std::string(NameOf(state))}});
      for (const char* kind : kErrorKinds)
        f.errors.Add({{"backend", backend.name}, {"kind", kind}});
    }
  }
}

Metrics::~Metrics() = default;

absl::Status Metrics::Serve(const std::string& listen) {
  try {
    families_->exposer = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/2);
  } catch (const std::exception& e) {  // Civetweb's wrapper throws when it cannot listen.
    return absl::UnavailableError(
        absl::StrCat("server.metrics: cannot listen on ", listen, ": ", e.what()));
  }
  families_->exposer->RegisterCollectable(families_->registry);
  return absl::OkStatus();
}

void Metrics::OnSolve(const SolveObservation& solve) {
  Families& f = *families_;
  const std::string strategy(StrategyName(solve.plan.strategy()));
  SolveSeries& series = *f.of_solves.at(solve.model).at(strategy);
  const bool left = solve.code == absl::StatusCode::kCancelled;
  const std::string reason = left ? kCallerLeft : v1::StopReason_Name(solve.response.stop_reason());
  f.solves.Add(series.Ended(reason, solve.code)).Increment();
  f.plans.Add(series.With("row", solve.plan.row())).Increment();
  series.seconds.Observe(absl::ToDoubleSeconds(solve.duration));
  const v1::Usage& usage = solve.response.usage();
  series.Add(usage);
  if (usage.has_cost_usd()) f.cost.Add(series.base).Increment(usage.cost_usd());
  if (solve.response.has_answer()) series.agreement.Observe(solve.response.agreement());
  if (solve.response.has_verdict()) {
    OnGrade({.model = solve.model,
             .strategy = strategy,
             .difficulty = solve.response.difficulty().difficulty(),
             .correct = solve.response.verdict().correct()});
  }
  f.overhead.Observe(absl::ToDoubleSeconds(solve.overhead));
  f.cancel.Observe(absl::ToDoubleSeconds(solve.cancel_time));
}

void Metrics::OnGrade(const Grade& grade) { families_->graded.Add(LabelsOf(grade)).Increment(); }

void Metrics::OnSettings(const Settings& settings) {
  Families& f = *families_;
  f.reload_good.Set(1);
  // The first settings are no reload.
  f.reloads.Add({{"result", "loaded"}}).Increment(f.loaded.Value() > 0 ? 1 : 0);
  f.loaded.Set(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  const auto add = [this](const ModelConfig& model, absl::string_view strategy,
                          const std::string& row) {
    families_->plans.Add(
        {{"model", model.name}, {"strategy", std::string(strategy)}, {"row", row}});
  };
  for (const ModelConfig& model : settings.config.models) {
    f.max_traces.Add({{"model", model.name}}).Set(model.max_traces);
    for (const std::string& strategy : StrategyNames()) {
      add(model, strategy, "request");
      if (model.price) f.cost.Add({{"model", model.name}, {"strategy", strategy}});
    }
    for (const PolicyRow& row : settings.policy.rows) {
      const auto& horizons = row.horizons;
      if (std::find(horizons.begin(), horizons.end(), model.horizon) == horizons.end()) continue;
      add(model, StrategyName(row.strategy.strategy), row.name);
    }
  }
}

void Metrics::OnReloadRefused() {
  families_->reload_good.Set(0);
  families_->reloads.Add({{"result", "refused"}}).Increment();
}

void Metrics::OnSolveStarted(int change) { families_->running.Add({}).Increment(change); }

void Metrics::OnQueue(const std::string& model, int change) {
  families_->queue.Add({{"model", model}}).Increment(change);
}

void Metrics::OnTurn(const std::string& model, absl::Duration waited) {
  families_->queue_seconds.Add({{"model", model}}, kQueueSeconds)
      .Observe(absl::ToDoubleSeconds(waited));
}

void Metrics::OnShed(const std::string& model, ShedReason reason) {
  const char* name = kShedReasons[static_cast<size_t>(reason)];
  families_->shed.Add({{"model", model}, {"reason", name}}).Increment();
}

void Metrics::OnPace(bool sweeping) { families_->sweeping.Increment(sweeping ? 1 : -1); }

void Metrics::OnDenied(absl::StatusCode code) {
  families_->denied.Add({{"code", absl::StatusCodeToString(code)}}).Increment();
}

void Metrics::OnInFlight(absl::string_view backend, int change) {
  families_->in_flight.Add({{"backend", std::string(backend)}}).Increment(change);
}

void Metrics::OnFirstToken(absl::string_view backend, absl::Duration after) {
  families_->first_token.Add({{"backend", std::string(backend)}}, kSolveSeconds)
      .Observe(absl::ToDoubleSeconds(after));
}

void Metrics::OnError(absl::string_view backend, const absl::Status& error) {
  families_->errors.Add({{"backend", std::string(backend)}, {"kind", ErrorKind(error)}})
      .Increment();
}

void Metrics::OnRetryDenied(absl::string_view backend) {
  families_->retries_denied.Add({{"backend", std::string(backend)}}).Increment();
}

void Metrics::OnState(absl::string_view backend, ReplicaState state, int change) {
  families_->states.Add({{"backend", std::string(backend)}, {"state", std::string(NameOf(state))}})
      .Increment(change);
}

void Metrics::OnQueued(absl::string_view backend, int waiting) {
  families_->queued.Add({{"backend", std::string(backend)}}).Set(waiting);
}

void Metrics::OnRetry(absl::string_view) {}  // In the bill, and so in sextant_retries_total.

}  // namespace sextant
