#include "simulator/catalog.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/did_you_mean.h"
#include "server/judge_prompt.h"
#include "simulator/simulated_judge.h"
#include "simulator/stable_random.h"

namespace sextant {
namespace {

constexpr double kRecordedSurprise = 0.3;
constexpr size_t kModelsInMessage = 20;

// What of /v1/completions' prompt follows the problem: a template's end, or the beginning of an
// answer that is to be continued.
absl::string_view AfterProblem(absl::string_view prompt, const Problem& problem) {
  const size_t at = prompt.rfind(problem.prompt);
  return prompt.substr(at + problem.prompt.size());
}

// How many bytes of `text` the request already holds. For a chat that is all of the message or
// nothing; a prompt is matched from its end.
size_t KnownBytes(const CompletionRequest& request, const Problem& problem, const TokenText& text) {
  if (request.endpoint == Endpoint::kCompletions) {
    const absl::string_view rest = AfterProblem(request.prompt, problem);
    return rest.empty() ? 0 : LongestOverlap(rest, text.Head(rest.size()));
  }
  return request.prefix && text.StartsWith(*request.prefix) ? request.prefix->size() : 0;
}

// Ends the script where the request's stop strings and token limit end it, whichever comes first.
Script WithLimits(Script script, const CompletionRequest& request) {
  if (!request.stop.empty()) {
    const std::string text = script.text.Join();
    size_t first = std::string::npos;
    size_t seen = 0;
    for (const std::string& stop : request.stop) {
      const size_t at = text.find(stop);
      if (at >= first) continue;
      first = at;
      seen = at + stop.size();
    }
    if (first != std::string::npos) script.text = script.text.StoppedAt(first, seen);
  }
  if (request.max_tokens && *request.max_tokens < script.text.tokens()) {
    script.text = script.text.First(*request.max_tokens);
    script.is_cut = true;
  }
  return script;
}

// The beginning of an answer in a simulated model's raw form, empty for a new trace.
std::string SimulatedPrefix(const CompletionRequest& request, const Problem& problem,
                            const SimulatedModel& model) {
  if (request.endpoint == Endpoint::kCompletions) {
    const absl::string_view rest = AfterProblem(request.prompt, problem);
    const std::string opening = SimulatedOpening(model);
    const size_t at = rest.find(opening);
    if (at != absl::string_view::npos) return std::string(rest.substr(at));
    return opening.substr(0, LongestOverlap(rest, opening));
  }
  if (!request.prefix) return "";
  if (request.prefix_reasoning.empty()) return *request.prefix;
  return absl::StrCat("<think>\n", request.prefix_reasoning,
                      request.prefix->empty() ? "" : "</think>\n\n", *request.prefix);
}

Script JudgeScript(const Problem& problem, const SimulatedModel& model) {
  Script script;
  script.text = SimulateJudge(model, problem);
  script.problem = &problem;
  script.logprob_key = StableHash(absl::StrCat(model.name, " judge ", problem.problem_id));
  script.surprise = kRecordedSurprise;
  script.thinking = model.thinking;
  return script;
}

Script SimulateSample(const CompletionRequest& request, const Problem& problem,
                      const SimulatedModel& model, int64_t seed) {
  if (model.judge && IsJudgePrompt(request.prompt)) return JudgeScript(problem, model);
  const bool in_text =
      request.endpoint == Endpoint::kCompletions || model.thinking == ThinkingStyle::kThinkTag;
  SimulatedTrace trace = Simulate(model, problem, seed, SimulatedPrefix(request, problem, model),
                                  in_text ? ThinkingFields::kInText : ThinkingFields::kApart);
  Script script;
  script.text = std::move(trace.text);
  script.problem = &problem;
  script.sample = seed;
  script.logprob_key = StableHash(absl::StrCat(model.name, " ", seed));
  script.surprise = trace.surprise;
  script.confidence = trace.confidence;
  script.thinking = model.thinking;
  return script;
}

// A simulated beam is the likeliest of as many samples as the beam is wide.
Script SimulateBeam(const CompletionRequest& request, const Problem& problem,
                    const SimulatedModel& model, int64_t seed) {
  Script best = SimulateSample(request, problem, model, seed);
  for (int i = 1; i < *request.beam_width; ++i) {
    Script other = SimulateSample(request, problem, model, seed + i);
    if (other.surprise < best.surprise) best = std::move(other);
  }
  best.beam_width = request.beam_width;
  return best;
}

}  // namespace

Catalog::Catalog(Problems problems, RecordedTraces recorded, std::vector<SimulatedModel> simulated)
    : problems_(std::move(problems)),
      recorded_(std::move(recorded)),
      simulated_(std::move(simulated)) {
  for (const std::string& model : recorded_.models()) models_.push_back({model, false});
  for (const SimulatedModel& model : simulated_) models_.push_back({model.name, true});
}

absl::StatusOr<Catalog> Catalog::Load(const CatalogFiles& files) {
  if (files.traces.empty() && files.simulate.empty()) {
    return absl::InvalidArgumentError(
        "nothing to serve: expected recorded traces (--traces) or simulated models (--simulate)");
  }
  absl::StatusOr<Problems> problems = Problems::Load(files.problems);
  if (!problems.ok()) return problems.status();
  absl::StatusOr<RecordedTraces> recorded = RecordedTraces::Load(files.traces, *problems);
  if (!recorded.ok()) return recorded.status();
  std::vector<SimulatedModel> simulated;
  if (!files.simulate.empty()) {
    absl::StatusOr<std::vector<SimulatedModel>> models = LoadSimulatedModels(files.simulate);
    if (!models.ok()) return models.status();
    simulated = *std::move(models);
  }
  for (const SimulatedModel& model : simulated) {
    if (!recorded->HasModel(model.name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        files.simulate, ": model ", model.name, " has recorded traces too; give it another name"));
  }
  return Catalog(*std::move(problems), *std::move(recorded), std::move(simulated));
}

const SimulatedModel* Catalog::FindSimulated(absl::string_view model) const {
  for (const SimulatedModel& simulated : simulated_) {
    if (simulated.name == model) return &simulated;
  }
  return nullptr;
}

absl::StatusOr<std::vector<Script>> Catalog::ScriptsFor(const CompletionRequest& request,
                                                        int64_t seed) const {
  const SimulatedModel* simulated = FindSimulated(request.model);
  if (simulated == nullptr && !recorded_.HasModel(request.model)) {
    std::vector<std::string> names;
    for (const ModelEntry& entry : models_) names.push_back(entry.name);
    const bool is_long = names.size() > kModelsInMessage;
    if (is_long) names.resize(kModelsInMessage);
    return absl::NotFoundError(absl::StrCat("model ", Quoted(request.model),
                                            " is not served here; expected one of ",
                                            absl::StrJoin(names, ", "), is_long ? ", ..." : ""));
  }
  const std::vector<const Problem*> problems = problems_.In(request.prompt);
  if (problems.empty()) {
    return absl::NotFoundError(
        absl::StrCat(request.endpoint == Endpoint::kChat ? "the last user message" : "the prompt",
                     " contains no known problem; expected the prompt of one of the ",
                     problems_.size(), " problems of ", problems_.path(), ", word for word"));
  }
  if (simulated == nullptr) return Replay(request, seed, problems);
  if (request.beam_width) {
    return std::vector<Script>{
        WithLimits(SimulateBeam(request, *problems[0], *simulated, seed), request)};
  }
  std::vector<Script> scripts;
  for (int choice = 0; choice < request.n; ++choice) {
    scripts.push_back(
        WithLimits(SimulateSample(request, *problems[0], *simulated, seed + choice), request));
  }
  return scripts;
}

absl::StatusOr<std::vector<Script>> Catalog::Replay(
    const CompletionRequest& request, int64_t seed,
    const std::vector<const Problem*>& problems) const {
  for (const Problem* problem : problems) {
    const RecordedSamples* recorded = recorded_.Find(request.model, *problem);
    if (recorded == nullptr) continue;
    if (request.beam_width) {
      absl::StatusOr<Script> beam = ReplayBeam(request, *problem, *recorded);
      if (!beam.ok()) return beam.status();
      return std::vector<Script>{WithLimits(*std::move(beam), request)};
    }
    if (recorded->samples.empty()) continue;
    std::vector<Script> scripts;
    for (int choice = 0; choice < request.n; ++choice) {
      scripts.push_back(
          WithLimits(ReplaySample(request, *problem, *recorded, seed + choice), request));
    }
    return scripts;
  }
  return absl::NotFoundError(absl::StrCat("no trace of model ", request.model,
                                          " was recorded for problem ", problems[0]->problem_id,
                                          " of ", problems[0]->dataset));
}

Script Catalog::ReplaySample(const CompletionRequest& request, const Problem& problem,
                             const RecordedSamples& recorded, int64_t seed) const {
  const int64_t count = static_cast<int64_t>(recorded.samples.size());
  auto chosen = std::next(recorded.samples.begin(), ((seed % count) + count) % count);
  TokenText text = recorded_.TextOf(chosen->second);
  size_t known = KnownBytes(request, problem, text);
  // The seed's own sample is kept unless another one continues more of what is there.
  const bool is_continued = request.endpoint == Endpoint::kCompletions || request.prefix;
  for (auto at = recorded.samples.begin(); is_continued && at != recorded.samples.end(); ++at) {
    TokenText other = recorded_.TextOf(at->second);
    const size_t other_known = KnownBytes(request, problem, other);
    if (other_known <= known) continue;
    known = other_known;
    text = std::move(other);
    chosen = at;
  }
  if (known > 0) {
    text = text.After(known);
  } else if (request.prefix && !request.prefix->empty()) {
    // Nothing recorded begins like this: go on where a text of that length would be.
    text = text.After(request.prefix->size());
  }
  Script script;
  script.text = std::move(text);
  script.problem = &problem;
  script.sample = chosen->first;
  script.logprob_key =
      StableHash(absl::StrCat(request.model, " ", problem.problem_id, " ", chosen->first));
  script.surprise = kRecordedSurprise;
  return script;
}

absl::StatusOr<Script> Catalog::ReplayBeam(const CompletionRequest& request, const Problem& problem,
                                           const RecordedSamples& recorded) const {
  const auto beam = recorded.beams.find(*request.beam_width);
  if (beam == recorded.beams.end()) {
    std::vector<int64_t> widths;
    for (const auto& [width, trace] : recorded.beams) widths.push_back(width);
    return absl::InvalidArgumentError(
        absl::StrCat("no beam of width ", *request.beam_width, " was recorded for model ",
                     request.model, ", problem ", problem.problem_id, " of ", problem.dataset,
                     "; recorded widths: ", widths.empty() ? "none" : absl::StrJoin(widths, ", ")));
  }
  Script script;
  script.text = recorded_.TextOf(beam->second);
  script.problem = &problem;
  script.beam_width = request.beam_width;
  script.logprob_key = StableHash(absl::StrCat(request.model, " ", problem.problem_id, " beam"));
  script.surprise = kRecordedSurprise;
  return script;
}

}  // namespace sextant
