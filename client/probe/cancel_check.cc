#include "client/probe/cancel_check.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/probe/completion.h"
#include "client/probe/generation_checks.h"
#include "client/probe/server_load.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr int kChunksBeforeClose = 8;
constexpr int64_t kLongTrace = 1000;
constexpr int64_t kShorterTrace = 200;
constexpr absl::Duration kPollEvery = absl::Milliseconds(10);
constexpr absl::Duration kWatchAtMost = absl::Seconds(30);
// Figures that stand still for so long are up to date. A counter of every token is proof then even
// where the number of requests stays: vLLM may bring that up to date at the next request only.
constexpr absl::Duration kStandstill = absl::Seconds(1);
// Tokens that may be on their way, or in a chunk or a batch, when the stream is closed.
constexpr int64_t kFewTokens = 64;

struct Stopped {
  absl::Duration after;
  ServerLoad load;
  bool in_time = true;
};

json LongTrace(const Subject& subject) {
  const int64_t tokens =
      subject.context_tokens ? std::min(kLongTrace, *subject.context_tokens / 2) : kLongTrace;
  json body = subject.Completion(std::max(tokens, kShorterTrace));
  const bool knows_ignore_eos = subject.kind == BackendKind::kVllm ||
                                subject.kind == BackendKind::kLlamaCpp ||
                                subject.kind == BackendKind::kSglang;
  if (knows_ignore_eos) body["ignore_eos"] = true;
  if (subject.tells_usage_in_every_chunk) body["stream_options"]["continuous_usage_stats"] = true;
  return body;
}

// Follows the server's figures from the disconnect on.
class Watch {
 public:
  // `before`: its figures before the trace. `read_tokens`: what the trace has said.
  Watch(ServerLoad before, int64_t read_tokens, absl::Time closed)
      : before_(std::move(before)), read_tokens_(read_tokens), closed_(closed), changed_(closed) {}

  // When generation had stopped; nullopt while that is not certain.
  std::optional<absl::Time> Add(const ServerLoad& load, absl::Time now) {
    const bool same = load.requests == last_.requests && load.generated == last_.generated;
    if (!same) changed_ = now;
    last_ = load;
    const bool stands_still = now - changed_ >= kStandstill;
    // Figures that do not show yet what the client has read are older than the disconnect.
    const bool is_old = load.generated && before_.generated &&
                        *load.generated - *before_.generated < static_cast<double>(read_tokens_);
    if (load.requests == 0 && !is_old) return now;
    const bool is_proof = load.requests == 0 || load.counts_every_token;
    if (is_proof && stands_still) return changed_;
    return std::nullopt;
  }

  Stopped At(absl::Time when) const { return {.after = when - closed_, .load = last_}; }

 private:
  const ServerLoad before_;
  const int64_t read_tokens_;
  const absl::Time closed_;
  absl::Time changed_;
  ServerLoad last_;
};

// Reads the figures until the server has stopped.
Task<Stopped> AwaitIdle(const Subject& subject, Watch watch) {
  Loop& loop = subject.http.loop();
  const absl::Time give_up_at = loop.Now() + std::min(kWatchAtMost, subject.timeout);
  while (loop.Now() < give_up_at) {
    Task<std::optional<ServerLoad>> read = ReadLoad(subject);
    const std::optional<ServerLoad> load = co_await std::move(read);
    if (load) {
      const auto when = watch.Add(*load, loop.Now());
      if (when) co_return watch.At(*when);
    }
    co_await loop.Sleep(kPollEvery);
  }
  Stopped still_running = watch.At(loop.Now());
  still_running.in_time = false;
  co_return still_running;
}

// Tokens that the server generated and nobody read; nullopt: its figures do not tell.
std::optional<int64_t> Unread(const ServerLoad& before, const ServerLoad& after,
                              int64_t read_tokens) {
  if (before.after_disconnect && after.after_disconnect)
    return std::llround(*after.after_disconnect - *before.after_disconnect);
  if (!before.generated || !after.generated) return std::nullopt;
  const int64_t unread = std::llround(*after.generated - *before.generated) - read_tokens;
  // Servers that count a request when it ends may leave out those that were cancelled.
  if (unread < 0) return std::nullopt;
  return unread;
}

void Judge(Check& check, const Stopped& stopped, std::optional<int64_t> unread) {
  const std::string tokens = unread ? absl::StrCat(*unread, " tokens after the disconnect")
                                    : "how many tokens later it does not tell";
  const std::string ms = absl::StrFormat("%.1f", absl::ToDoubleMilliseconds(stopped.after));
  if (!stopped.in_time) {
    check.verdict = Verdict::kNo;
    check.seen =
        absl::StrCat("still generating ", ms, " ms after the disconnect, by ", stopped.load.source);
  } else if (unread && *unread > kFewTokens) {
    check.verdict = Verdict::kPartly;
    check.seen = absl::StrCat("stopped after ", ms, " ms, ", tokens, ", by ", stopped.load.source);
    check.meaning = "Cancelled traces go on for a while and take the server's time.";
  } else {
    check.verdict = Verdict::kYes;
    check.seen = absl::StrCat("stopped after ", ms, " ms, ", tokens, ", by ", stopped.load.source);
    check.meaning = "A cancelled trace costs nothing any more.";
  }
}

}  // namespace

Task<Check> CheckCancel(const Subject& subject) {
  Check check{.name = "cancel", .needed = true};
  check.meaning = "Tokens that a cancelled trace saves on the bill are generated all the same.";
  Task<std::optional<ServerLoad>> read_before = ReadLoad(subject);
  const std::optional<ServerLoad> before = co_await std::move(read_before);
  if (!before) {
    check.seen = "the server tells nothing about its work (/metrics, /slots)";
    check.meaning = "Sextant closes the stream; whether the server stops then is not known.";
    co_return check;
  }
  if (before->requests > 0) {
    check.seen = absl::StrCat("the server works for others too: ", before->requests, " requests");
    check.meaning = "Probe it again while it is idle.";
    co_return check;
  }
  json body = LongTrace(subject);
  auto stream = std::make_unique<CompletionStream>(subject, body);
  Task<absl::Status> read = stream->ReadChunks(kChunksBeforeClose);
  const absl::Status status = co_await std::move(read);
  if (!status.ok()) co_return Failed(std::move(check), status);
  if (stream->ended()) {
    check.seen = "the trace ended by itself before it could be cancelled; try another --prompt";
    co_return check;
  }
  const int64_t read_tokens = stream->completion().generated();
  stream.reset();
  Task<Stopped> wait = AwaitIdle(subject, Watch(*before, read_tokens, subject.http.loop().Now()));
  const Stopped stopped = co_await std::move(wait);
  const std::optional<int64_t> unread = Unread(*before, stopped.load, read_tokens);
  // A trace that ran to its end needs no more proof that it was not stopped.
  const int64_t asked = body.value("max_tokens", kLongTrace);
  Judge(check, stopped, unread);
  if (unread && *unread + read_tokens >= asked) {
    check.verdict = Verdict::kNo;
    check.seen = absl::StrCat("generated all of its ", asked, " tokens after the disconnect, by ",
                              stopped.load.source);
    check.meaning = "Tokens that a cancelled trace saves on the bill are generated all the same.";
  }
  co_return check;
}

}  // namespace sextant
