#include "server/settings.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sextant {
namespace {

// Keys that differ between two configurations, among those that it is asked about.
class Differences {
 public:
  template <typename Value>
  void Compare(absl::string_view key, const Value& now, const Value& next) {
    if (!(now == next)) Add(key);
  }
  void Add(absl::string_view key) { keys_.emplace_back(key); }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
};

void CompareServers(const ServerConfig& now, const ServerConfig& next, Differences& differences) {
  differences.Compare("server.listen", now.listen, next.listen);
  differences.Compare("server.metrics", now.metrics, next.metrics);
  differences.Compare("server.loops", now.loops, next.loops);
  differences.Compare("server.max_text_bytes", now.max_text_bytes, next.max_text_bytes);
  differences.Compare("server.max_solve_time", now.max_solve_time, next.max_solve_time);
  differences.Compare("server.read_interval", now.read_interval, next.read_interval);
  differences.Compare("server.reflection", now.reflection, next.reflection);
  differences.Compare("server.max_calls_per_connection", now.max_calls_per_connection,
                      next.max_calls_per_connection);
  differences.Compare("server.tls", now.tls, next.tls);
}

std::vector<std::string> NamesOf(const std::vector<ModelConfig>& models) {
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const ModelConfig& model : models) names.push_back(model.name);
  return names;
}

void CompareModels(const std::vector<ModelConfig>& now, const std::vector<ModelConfig>& next,
                   Differences& differences) {
  if (NamesOf(now) != NamesOf(next)) return differences.Add("the names of models");
  for (size_t i = 0; i < now.size(); ++i) {
    const auto key = [&](absl::string_view of) {
      return absl::StrCat("models[", i, "].", of, " of ", now[i].name);
    };
    differences.Compare(key("backends"), now[i].backends, next[i].backends);
    differences.Compare(key("max_solves"), now[i].max_solves, next[i].max_solves);
    differences.Compare(key("max_queue"), now[i].max_queue, next[i].max_queue);
    differences.Compare(key("retry_share"), now[i].retry_share, next[i].retry_share);
  }
}

}  // namespace

Settings MakeSettings(Config config, Policy policy) {
  Callers callers(config.callers);
  auto receipts = std::make_shared<const Receipts>(config.receipts);
  return {.config = std::move(config),
          .policy = std::move(policy),
          .callers = std::move(callers),
          .receipts = std::move(receipts)};
}

absl::StatusOr<Settings> LoadSettings(const std::string& path) {
  auto config = LoadConfig(path);
  if (!config.ok()) return config.status();
  if (config->policy.empty()) return MakeSettings(*std::move(config), BuiltInPolicy());
  auto policy = LoadPolicy(config->policy);
  if (!policy.ok()) return policy.status();
  return MakeSettings(*std::move(config), *std::move(policy));
}

absl::StatusOr<Settings> Succeed(const Settings& now, Settings next) {
  Differences differences;
  CompareServers(now.config.server, next.config.server, differences);
  differences.Compare("log.format", now.config.log.format, next.config.log.format);
  differences.Compare("log.level", now.config.log.level, next.config.log.level);
  CompareModels(now.config.models, next.config.models, differences);
  // A file that lost them would let everybody in.
  if (next.config.callers.empty() && !now.config.callers.empty()) differences.Add("callers");
  if (!differences.keys().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        absl::StrJoin(differences.keys(), ", "), " differ from what runs, which needs a restart"));
  }
  // A random key would not outlive the reload otherwise.
  if (now.config.receipts.key.empty() && next.config.receipts.key.empty())
    next.receipts = now.receipts;
  return next;
}

}  // namespace sextant
