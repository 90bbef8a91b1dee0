// Asks a model how hard a problem is, before the solve is planned: one short streamed completion at
// temperature 0, through the pool of that model. Its tokens are real, and its bill is part of the
// solve's.
#pragma once
#include <string>

#include "absl/time/time.h"
#include "server/answer/reader.h"
#include "server/async/loop.h"
#include "server/async/task.h"
#include "server/backend/backend.h"
#include "server/config.h"
#include "server/strategies/traces.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Loop only. Destroying it closes its stream.
class Judge {
 public:
  // The references outlive the judge.
  struct Inputs {
    Loop& loop;
    Backend& backend;          // Of the judge's model.
    const ModelConfig& model;  // The judge's.
    const ServerConfig& server;
    TextRoom* text_room;  // As in TracesConfig.
    const JudgeConfig& config;
    const v1::SolveRequest& request;
    const AnswerReader& reader;
    std::string solve_id;  // Calls carry "<solve id>/judge/0" as their X-Request-Id.
    std::string traceparent;
    absl::Time answer_by;  // When the solve has to answer.
  };
  explicit Judge(Inputs inputs);

  // The judge's estimate. Where it is not asked, fails, is too slow or does not end in the line
  // that it was asked for, the estimate of the prompt's features, with what went wrong as its
  // reason. Call once.
  //
  // It is asked only where all that it may take (`max_tokens`, and their price with the prompt's)
  // fits into a quarter of every budget of the request, and gets at most a quarter of the time.
  Task<v1::DifficultyEstimate> Ask();

  void End(v1::StopReason reason) { traces_.End(reason); }
  void Abandon() { traces_.CancelRest(); }

  // Only what concerns tokens and cost has a meaning. Final once Ask() has returned, or after
  // Abandon().
  v1::Usage Bill() const;
  absl::Duration waited() const { return traces_.waited(); }

 private:
  TracesConfig ConfigOfTraces() const;
  std::string WhyNotAsked() const;    // A clause; empty where nothing speaks against it.
  std::string WhatWentWrong() const;  // A clause, of a judge that gave no estimate.
  v1::DifficultyEstimate FromPrompt(const std::string& why) const;

  Inputs inputs_;
  Prompt prompt_;
  absl::Duration patience_;
  Traces traces_;
};

}  // namespace sextant
