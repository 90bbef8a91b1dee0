#include "client/eval/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sextant {
namespace {

// Every mean with its key in the JSON, so that averaging and printing cannot forget one.
struct Mean {
  const char* key;
  double Figures::*value;
};
constexpr Mean kMeans[] = {
    {"accuracy", &Figures::accuracy},
    {"finished_tokens", &Figures::finished_tokens},
    {"cancelled_tokens", &Figures::cancelled_tokens},
    {"billed_tokens", &Figures::billed_tokens},
    {"estimated_tokens", &Figures::estimated_tokens},
    {"prompt_tokens", &Figures::prompt_tokens},
    {"sequential_tokens", &Figures::sequential_tokens},
    {"agreement", &Figures::agreement},
    {"wall_seconds", &Figures::wall_seconds},
};

// The entry of `key`, added at the end when it is new.
template <typename Value>
Value& At(std::vector<std::pair<std::string, Value>>& entries, const std::string& key) {
  for (auto& [name, value] : entries) {
    if (name == key) return value;
  }
  return entries.emplace_back(key, Value()).second;
}

Figures FiguresOf(const Score& score) {
  const v1::Usage& usage = score.usage;
  Figures figures;
  figures.accuracy = score.correct ? 1 : 0;
  figures.finished_tokens = static_cast<double>(usage.finished_tokens());
  figures.cancelled_tokens = static_cast<double>(usage.cancelled_tokens());
  figures.billed_tokens = static_cast<double>(usage.billed_tokens());
  figures.estimated_tokens = static_cast<double>(usage.estimated_tokens());
  figures.prompt_tokens = static_cast<double>(usage.prompt_tokens());
  figures.sequential_tokens = static_cast<double>(usage.sequential_tokens());
  figures.agreement = score.agreement;
  figures.wall_seconds = score.wall_seconds;
  if (usage.has_cost_usd()) figures.cost_usd = usage.cost_usd();
  figures.problems = 1;
  figures.failed = score.failed ? 1 : 0;
  figures.no_answer = !score.failed && !score.answered ? 1 : 0;
  return figures;
}

// Means of means, sums of counts. `parts` is not empty.
Figures Average(const std::vector<Figures>& parts) {
  const double count = static_cast<double>(parts.size());
  Figures average;
  for (const Figures& part : parts) {
    for (const Mean& mean : kMeans) average.*mean.value += part.*mean.value;
    if (part.cost_usd.has_value()) average.cost_usd = average.cost_usd.value_or(0) + *part.cost_usd;
    average.problems += part.problems;
    average.failed += part.failed;
    average.no_answer += part.no_answer;
  }
  for (const Mean& mean : kMeans) average.*mean.value /= count;
  if (average.cost_usd.has_value()) *average.cost_usd /= count;
  return average;
}

nlohmann::ordered_json ToJson(const Figures& figures) {
  nlohmann::ordered_json object;
  for (const Mean& mean : kMeans) object[mean.key] = figures.*mean.value;
  if (figures.cost_usd.has_value()) object["cost_usd"] = *figures.cost_usd;
  object["problems"] = figures.problems;
  object["failed"] = figures.failed;
  object["no_answer"] = figures.no_answer;
  return object;
}

}  // namespace

std::vector<StrategyFigures> Summarise(const std::vector<Score>& scores) {
  using ByDataset = std::vector<std::pair<std::string, std::vector<Figures>>>;
  std::vector<std::pair<std::string, ByDataset>> by_strategy;
  for (const Score& score : scores) {
    At(At(by_strategy, score.strategy), score.dataset).push_back(FiguresOf(score));
  }
  std::vector<StrategyFigures> results;
  for (const auto& [strategy, datasets] : by_strategy) {
    StrategyFigures result;
    result.strategy = strategy;
    std::vector<Figures> means;
    for (const auto& [dataset, problems] : datasets) {
      means.push_back(Average(problems));
      result.by_dataset.emplace_back(dataset, means.back());
    }
    result.overall = Average(means);
    results.push_back(std::move(result));
  }
  return results;
}

std::string SummaryJson(const std::string& model, const std::vector<StrategyFigures>& results,
                        Completeness completeness) {
  nlohmann::ordered_json object;
  object["model"] = model;
  if (completeness == Completeness::kInterrupted) object["interrupted"] = true;
  object["results"] = nlohmann::ordered_json::array();
  for (const StrategyFigures& result : results) {
    nlohmann::ordered_json entry;
    entry["strategy"] = result.strategy;
    entry.update(ToJson(result.overall));
    entry["by_dataset"] = nlohmann::ordered_json::object();
    for (const auto& [dataset, figures] : result.by_dataset) {
      entry["by_dataset"][dataset] = ToJson(figures);
    }
    object["results"].push_back(std::move(entry));
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sextant
