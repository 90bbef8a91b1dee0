// Everything the simulator can answer with: recorded traces and simulated models, found by model,
// prompt and seed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "simulator/completion_request.h"
#include "simulator/problems.h"
#include "simulator/recorded_traces.h"
#include "simulator/simulated_model.h"
#include "simulator/token_text.h"

namespace sextant {

// What one choice will say, to its end or to the limit of the request.
struct Script {
  TokenText text;
  bool is_cut = false;  // Ends at max_tokens: finish_reason "length", else "stop".
  const Problem* problem = nullptr;
  int64_t sample = 0;             // sample_id of a recorded trace, seed of a simulated one.
  std::optional<int> beam_width;  // The best beam of this width; `sample` has no meaning then.
  uint64_t logprob_key = 0;       // Log-probabilities are derived from it.
  double surprise = 0;            // Their mean, negated.
  double confidence = 0;          // See PseudoLogprobs.
  ThinkingStyle thinking = ThinkingStyle::kNone;  // Where reasoning parts go.
};

struct CatalogFiles {
  std::string problems;
  std::vector<std::string> traces;  // May be empty.
  std::string simulate;             // May be empty; one of the two is needed.
};

struct ModelEntry {
  std::string name;
  bool simulated = false;  // Made up, not replayed.
};

// Loaded once, then constant: any thread. Scripts refer to it.
class Catalog {
 public:
  // INVALID_ARGUMENT names file and line.
  static absl::StatusOr<Catalog> Load(const CatalogFiles& files);

  const std::vector<ModelEntry>& models() const { return models_; }
  const Problems& problems() const { return problems_; }
  const RecordedTraces& recorded() const { return recorded_; }

  // One script for each of the n choices, choice j with seed + j; a single one for a beam.
  // NOT_FOUND for an unknown model or problem, INVALID_ARGUMENT for a beam width without a record;
  // both say what was expected. `seed` stands in for a request's own.
  absl::StatusOr<std::vector<Script>> ScriptsFor(const CompletionRequest& request,
                                                 int64_t seed) const;

 private:
  Catalog(Problems problems, RecordedTraces recorded, std::vector<SimulatedModel> simulated);

  absl::StatusOr<std::vector<Script>> Replay(const CompletionRequest& request, int64_t seed,
                                             const std::vector<const Problem*>& problems) const;
  Script ReplaySample(const CompletionRequest& request, const Problem& problem,
                      const RecordedSamples& recorded, int64_t seed) const;
  absl::StatusOr<Script> ReplayBeam(const CompletionRequest& request, const Problem& problem,
                                    const RecordedSamples& recorded) const;
  const SimulatedModel* FindSimulated(absl::string_view model) const;

  Problems problems_;
  RecordedTraces recorded_;
  std::vector<SimulatedModel> simulated_;
  std::vector<ModelEntry> models_;
};

}  // namespace sextant
