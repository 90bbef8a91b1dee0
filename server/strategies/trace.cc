#include "server/strategies/trace.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace sextant {

Trace::Trace(int index, TraceLaunch launch, Surroundings around)
    : index_(index), launch_(std::move(launch)), around_(around), text_(around.room) {
  if (around_.confidence_window > 0) confidence_.emplace(around_.confidence_window);
}

TraceSink::Flow Trace::OnChunk(const TraceChunk& chunk) {
  const int64_t before = tokens();
  const size_t searched = content_.size();
  if (!first_token_at_ && chunk.tokens > 0) first_token_at_ = around_.loop.Now();
  content_.append(chunk.content.data(), chunk.content.size());
  reasoning_.append(chunk.reasoning.data(), chunk.reasoning.size());
  if (watcher != nullptr) {
    watcher->AddReasoning(chunk.reasoning);
    watcher->AddContent(chunk.content);
  }
  uncounted_ += chunk.tokens;
  sum_logprob_ += chunk.sum_logprob;
  logprobs_ += chunk.logprobs;
  if (confidence_) {
    for (const float confidence : chunk.confidences) confidence_->Add(confidence);
  }
  if (chunk.usage) {
    around_.spending.AddPrompt(chunk.usage->prompt - usage_.prompt);
    usage_ = *chunk.usage;
    uncounted_ = 0;
  }
  around_.spending.AddCompletion(tokens() - before);
  around_.alarm.Seen(clock());
  if (!chunk.finish_reason.empty()) finish_reason_ = std::string(chunk.finish_reason);

  const bool fits = text_.Add(static_cast<int64_t>(chunk.content.size() + chunk.reasoning.size()));
  if (text_.bytes() > around_.max_bytes)
    too_long_ = TooLong::kForATrace;
  else if (!fits && finish_reason_.empty())
    too_long_ = TooLong::kForTheRoom;
  if (too_long_ != TooLong::kNot) return Flow::kStop;
  if (!launch_.until.empty() && finish_reason_.empty()) {
    // The text may have begun in an earlier chunk.
    const size_t from = searched - std::min(searched, launch_.until.size() - 1);
    if (content_.find(launch_.until, from) != std::string::npos) {
      finish_reason_ = kUntil;
      return Flow::kStop;
    }
  }
  if (!finish_reason_.empty()) return Flow::kGoOn;
  if (around_.spending.UsedUp()) return Flow::kStop;
  if (confidence_ && !is_below_bar_ && around_.bar.IsBelow(index_, *confidence_)) {
    is_below_bar_ = true;
    around_.weak_alarm.Set(around_.loop.Now());
  }
  // The server was told the limit and says itself, perhaps in a chunk of its own, that it is
  // reached. One that goes on regardless is stopped.
  if (tokens() <= request.max_tokens) return Flow::kGoOn;
  finish_reason_ = "length";
  return Flow::kStop;
}

std::optional<Answer> Trace::Stated() {
  if (watcher == nullptr) return std::nullopt;
  std::optional<Statement> statement = watcher->Latest(StatementLevel::kStated);
  if (!statement) return std::nullopt;
  return std::move(statement->answer);
}

std::optional<double> Trace::confidence() const {
  return confidence_ ? confidence_->lowest() : std::nullopt;
}

std::string Trace::WhyWeak() const {
  return absl::StrFormat("the group confidence of trace %d is %.2f, below the bar of %.2f", index_,
                         *confidence(), *around_.bar.height());
}

std::string Trace::WhyTooLong() const {
  switch (too_long_) {
    case TooLong::kNot:
      break;
    case TooLong::kForATrace:
      return absl::StrFormat("the trace's text is longer than server.max_trace_bytes (%d)",
                             around_.max_bytes);
    case TooLong::kForTheRoom:
      return absl::StrFormat(
          "the texts of all traces have come to server.max_text_bytes (%d for "
          "each of server.loops)",
          around_.room->max_bytes());
  }
  return "";
}

void Trace::OnAttempt(absl::string_view backend, int attempt) {
  backend_ = std::string(backend);
  retries_ = std::max(retries_, attempt - 1);
}

}  // namespace sextant
