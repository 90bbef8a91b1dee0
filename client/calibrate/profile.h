// From a model's traces to the profile that the server loads.
#pragma once
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/calibrate/horizon.h"
#include "client/calibrate/recommend.h"
#include "client/calibrate/traces.h"
#include "server/profile.h"

namespace sextant {

// What calibration found out about one model.
struct Calibration {
  std::string model;
  HorizonFinding horizon;
  ModelProfile profile;
  int datasets = 0;
  std::vector<Recommendation> recommendations;  // One for each goal.
};

// `traces` hold at least one problem. In all figures the traces of a problem weigh the same, the
// problems of a data set, and the data sets.
Calibration Calibrate(const ModelTraces& traces, Reasoning reasoning);

// The profile with a comment on top: what it was made from and when, what decided the horizon, and
// which parameters of the adaptive strategy are recommended.
// `sources` are the files or the server that the traces came from.
std::string ProfileFileText(const Calibration& calibration, const std::vector<std::string>& sources,
                            absl::Time made);

}  // namespace sextant
