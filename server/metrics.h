// Every metric of the server, named once. Served to Prometheus on `server.metrics`.
#pragma once
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/backend/pool.h"
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct Settings;

// What the service knows of a solve that has ended, well or not.
struct SolveObservation {
  const v1::Plan& plan;
  const v1::SolveResponse& response;  // Its usage, stop_reason and verdict; of a failed solve too.
  std::string model;
  absl::StatusCode code = absl::StatusCode::kOk;
  absl::Duration duration, queued, overhead, cancel_time;
};

// A verdict on an answer, at once or later.
struct Grade {
  std::string model;
  std::string strategy;  // A name of StrategyNames().
  v1::Difficulty difficulty = v1::DIFFICULTY_UNSPECIFIED;
  bool correct = false;
};
std::string DifficultyLabel(v1::Difficulty difficulty);  // "hard", or else "easy".
std::string VerdictLabel(bool correct);                  // "correct", "incorrect".

// Why a solve was refused, or left the queue without having run.
enum class ShedReason {
  kQueueFull,    // Every place was taken.
  kCallerShare,  // Its caller had as many waiting as it may.
  kCallerLimit,  // Its caller is configured and was at one of its own limits.
  kDeadline,     // Its deadline came while it waited.
  kDraining,     // The server shuts down.
};

// Any thread. Labels come from closed sets: models, backends and policy rows of the configuration,
// names of strategies.
class Metrics : public PoolObserver {
 public:
  explicit Metrics(const Config& config);
  ~Metrics() override;

  // Starts the endpoint at HOST:PORT /metrics. UNAVAILABLE when the port is taken.
  absl::Status Serve(const std::string& listen);

  // Calls come under these settings from now on; models are those of the constructor.
  void OnSettings(const Settings& settings);
  void OnReloadRefused();  // The settings stay as they were.
  void OnSolve(const SolveObservation& solve);
  void OnGrade(const Grade& grade);
  void OnSolveStarted(int change);                     // Solves running: +1 or -1.
  void OnQueue(const std::string& model, int change);  // Solves waiting for their turn: +1 or -1.
  void OnTurn(const std::string& model, absl::Duration waited);  // One has its turn.
  void OnShed(const std::string& model, ShedReason reason);
  void OnPace(bool sweeping);  // An event loop begins or ceases to read at intervals.
  // A call ended at the door: UNAUTHENTICATED or PERMISSION_DENIED.
  void OnDenied(absl::StatusCode code);

  void OnInFlight(absl::string_view backend, int change) override;
  void OnFirstToken(absl::string_view backend, absl::Duration after) override;
  void OnError(absl::string_view backend, const absl::Status& error) override;
  void OnRetry(absl::string_view backend) override;
  void OnRetryDenied(absl::string_view backend) override;
  void OnState(absl::string_view backend, ReplicaState state, int change) override;
  void OnQueued(absl::string_view backend, int waiting) override;

 private:
  struct Families;
  struct SolveSeries;
  std::unique_ptr<Families> families_;
};

}  // namespace sextant
