// A trace's sink that keeps what it is told.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/backend/backend.h"

namespace sextant {

class RecordingSink : public TraceSink {
 public:
  Flow OnChunk(const TraceChunk& chunk) override {
    ++chunks;
    absl::StrAppend(&content, chunk.content);
    absl::StrAppend(&reasoning, chunk.reasoning);
    absl::StrAppend(&finish_reason, chunk.finish_reason);
    tokens += chunk.tokens;
    if (chunk.usage) usage = chunk.usage;
    return tokens >= stop_at_tokens ? Flow::kStop : Flow::kGoOn;
  }
  void OnAttempt(absl::string_view backend, int attempt) override {
    attempts.push_back(absl::StrCat(backend, " ", attempt));
  }

  void OnHedge() override { ++hedges; }

  int stop_at_tokens = 1'000'000'000;

  int chunks = 0, hedges = 0;
  std::string content, reasoning, finish_reason;
  int tokens = 0;
  std::optional<TokenUsage> usage;    // The last one.
  std::vector<std::string> attempts;  // "<backend> <attempt>".
};

}  // namespace sextant
