#include "client/probe/probe.h"

#include <utility>

#include "absl/strings/match.h"
#include "client/probe/cancel_check.h"
#include "client/probe/continuation_check.h"
#include "client/probe/generation_checks.h"
#include "client/probe/server_kind.h"
#include "client/probe/subject.h"
#include "server/endpoint.h"

namespace sextant {
namespace {

// Long enough to be cancelled in the middle, and without much choice, so that texts can be
// compared.
constexpr char kPrompt[] =
    "Count from 1 to 500 in English words, one number a line, and write nothing else.";

std::string WithoutSlashes(std::string url) {
  while (absl::EndsWith(url, "/")) url.pop_back();
  return url;
}

// The checks so far, and what to tell about them.
class Log {
 public:
  Log(ProbeReport& report, std::function<void(const Check&)> on_check)
      : report_(report), on_check_(std::move(on_check)) {}

  // Whether the check was no failure.
  bool Add(Check check) {
    if (on_check_) on_check_(check);
    const bool works = check.verdict != Verdict::kNo;
    report_.checks.push_back(std::move(check));
    return works;
  }
  bool AddAll(std::vector<Check> checks) {
    bool works = true;
    for (Check& check : checks) works = Add(std::move(check)) && works;
    return works;
  }

 private:
  ProbeReport& report_;
  const std::function<void(const Check&)> on_check_;
};

void Copy(const Subject& subject, ProbeReport& report) {
  report.url = subject.url;
  report.server = subject.server;
  report.model = subject.model;
  report.kind = subject.kind;
  report.api = subject.api;
  report.context_tokens = subject.context_tokens;
  report.slots = subject.slots;
}

// Everything but the completions. False: no use to go on.
Task<bool> LearnServer(Subject& subject, Log& log) {
  Task<std::vector<Check>> models = CheckModels(subject);
  const bool answers = log.AddAll(co_await std::move(models));
  if (!answers) co_return false;
  Task<Check> kind = CheckKind(subject);
  log.Add(co_await std::move(kind));
  Task<Check> health = CheckHealth(subject);
  log.Add(co_await std::move(health));
  co_return !subject.model.empty();
}

// What beam search can be done, and the two checks that decide it.
Task<std::optional<BeamSearchMode>> LearnBeamSearch(const Subject& subject, Log& log) {
  Task<Check> run_logprobs = CheckLogprobs(subject);
  Check logprobs = co_await std::move(run_logprobs);
  Task<Check> run_continuation = CheckContinuation(subject);
  Check continuation = co_await std::move(run_continuation);
  Task<Check> run_native = CheckNativeBeamSearch(subject);
  Check native = co_await std::move(run_native);
  std::optional<BeamSearchMode> mode;
  if (native.verdict == Verdict::kYes) mode = BeamSearchMode::kNative;
  if (logprobs.verdict == Verdict::kYes && continuation.verdict == Verdict::kYes)
    mode = BeamSearchMode::kSteps;
  log.Add(std::move(logprobs));
  log.Add(std::move(continuation));
  log.Add(std::move(native));
  co_return mode;
}

}  // namespace

absl::Status CheckOptions(const ProbeOptions& options) {
  return UrlAuthority(options.url).status();
}

Task<ProbeReport> Probe(HttpClient& http, ProbeOptions options,
                        std::function<void(const Check&)> on_check) {
  ProbeReport report;
  Log log(report, std::move(on_check));
  Subject subject{.http = http,
                  .url = WithoutSlashes(options.url),
                  .api_key = options.api_key,
                  .ca_file = options.ca_file,
                  .prompt = options.prompt.empty() ? kPrompt : options.prompt,
                  .timeout = options.timeout,
                  .model = options.model};
  Task<bool> learn = LearnServer(subject, log);
  bool works = co_await std::move(learn);
  if (works) {
    Task<Check> streaming = CheckStreaming(subject);
    works = log.Add(co_await std::move(streaming));
  }
  if (!works) {
    Copy(subject, report);
    co_return report;
  }
  Task<std::vector<Check>> usage = CheckUsage(subject);
  log.AddAll(co_await std::move(usage));
  for (const auto check : {&CheckMaxTokens, &CheckSeed, &CheckStop, &CheckSeveralChoices}) {
    Task<Check> run = check(subject);
    log.Add(co_await std::move(run));
  }
  Task<std::optional<BeamSearchMode>> beams = LearnBeamSearch(subject, log);
  report.beam_search = co_await std::move(beams);
  for (const auto check : {&CheckContext, &CheckCancel}) {
    Task<Check> run = check(subject);
    log.Add(co_await std::move(run));
  }
  Copy(subject, report);
  co_return report;
}

}  // namespace sextant
