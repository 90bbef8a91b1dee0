#include "client/probe/completion.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

using nlohmann::json;

// Far above what any check asks for.
constexpr size_t kMaxEvent = 1 << 20;
constexpr size_t kMaxText = 4 << 20;

std::string Dump(const json& body) {
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Alternatives of the first token in this choice: chat, or text completions.
int TopLogprobs(const json& choice) {
  const json& logprobs = Member(choice, "logprobs");
  const json& content = Member(logprobs, "content");
  if (content.is_array() && !content.empty()) {
    return static_cast<int>(Member(content[0], "top_logprobs").size());
  }
  const json& top = Member(logprobs, "top_logprobs");
  return top.is_array() && !top.empty() ? static_cast<int>(top[0].size()) : 0;
}

}  // namespace

CompletionStream::CompletionStream(const Subject& subject, const json& body)
    : subject_(subject),
      http_(subject.http, subject.Request(absl::StrCat(subject.url, subject.api == BackendApi::kChat
                                                                        ? "/chat/completions"
                                                                        : "/completions"),
                                          Dump(body))),
      started_(subject.http.loop().Now()),
      events_(kMaxEvent) {
  http_.SetDeadline(started_ + subject.timeout, "no complete answer within --timeout");
}

Task<absl::Status> CompletionStream::ReadChunks(int chunks) {
  while (!ended_ && completion_.chunks() < chunks) {
    const absl::string_view bytes = co_await http_.Read();
    if (bytes.empty()) {
      ended_ = true;
      co_return AtEnd();
    }
    if (absl::Status status = Take(bytes); !status.ok()) {
      ended_ = true;
      co_return status;
    }
  }
  co_return absl::OkStatus();
}

absl::Status CompletionStream::Take(absl::string_view bytes) {
  if (!std::exchange(head_seen_, true)) {
    const std::string type = http_.Header("content-type").value_or("");
    completion_.streamed =
        http_.http_status() == 200 && !absl::StartsWithIgnoreCase(type, "application/json");
  }
  if (!completion_.streamed) {
    if (whole_.size() + bytes.size() > kMaxText) {
      return absl::UnavailableError(absl::StrCat("the answer is longer than ", kMaxText, " bytes"));
    }
    whole_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  if (absl::Status status = events_.Push(bytes); !status.ok())
    return absl::UnavailableError(status.message());
  while (const auto data = events_.Next()) {
    if (data->empty()) continue;
    if (*data == "[DONE]") {
      ended_ = true;
      return absl::OkStatus();
    }
    if (absl::Status status = TakeEvent(*data); !status.ok()) return status;
  }
  if (absl::Status tail = events_.CheckTail(); !tail.ok())
    return absl::UnavailableError(tail.message());
  return absl::OkStatus();
}

absl::Status CompletionStream::TakeEvent(absl::string_view data) {
  const auto chunks = reader_.Read(data);
  if (!chunks.ok()) return chunks.status();
  const TraceChunk* chunk = &chunks->front();
  if (chunk->usage) completion_.usage = chunk->usage;
  if (!chunk->finish_reason.empty()) completion_.finish_reason = std::string(chunk->finish_reason);
  completion_.logprobs += chunk->logprobs;
  completion_.tokens += chunk->tokens;
  if (!chunk->reasoning.empty() || !chunk->content.empty()) {
    if (completion_.text.size() + data.size() > kMaxText) {
      return absl::UnavailableError(absl::StrCat("the answer is longer than ", kMaxText, " bytes"));
    }
    absl::StrAppend(&completion_.text, chunk->reasoning, chunk->content);
    completion_.last_token = subject_.http.loop().Now() - started_;
    if (completion_.chunks() == 0) completion_.first_token = completion_.last_token;
    completion_.chunk_end.push_back(completion_.text.size());
    if (chunk->usage) ++completion_.chunks_with_usage;
  }
  // The parser of traces looks at one choice only, and at no alternatives.
  const json event = json::parse(data.begin(), data.end(), nullptr, false);
  for (const json& choice : Member(event, "choices")) {
    completion_.choices.insert(NumberMember(choice, "index").value_or(0));
    completion_.top_logprobs = std::max(completion_.top_logprobs, TopLogprobs(choice));
  }
  return absl::OkStatus();
}

absl::Status CompletionStream::AtEnd() {
  if (!http_.status().ok()) return http_.status();
  const int code = http_.http_status();
  if (code != 200) {
    const std::string message = absl::StrCat("HTTP ", code, ": ", reader_.ErrorMessage(whole_));
    if (code >= 400 && code < 500) return absl::InvalidArgumentError(message);
    return absl::UnavailableError(message);
  }
  if (!completion_.streamed) return TakeEvent(whole_);
  if (completion_.finish_reason.empty()) {
    return absl::UnavailableError("the stream ended without a finish_reason");
  }
  return absl::OkStatus();
}

Task<absl::StatusOr<Completion>> Complete(const Subject& subject, json body) {
  CompletionStream stream(subject, body);
  Task<absl::Status> read = stream.ReadChunks(std::numeric_limits<int>::max());
  const absl::Status status = co_await std::move(read);
  if (!status.ok()) co_return status;
  co_return stream.completion();
}

}  // namespace sextant
