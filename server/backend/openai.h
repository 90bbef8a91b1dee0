// One OpenAI-compatible model server over streamed HTTP: vLLM, llama.cpp, SGLang, Ollama and
// others.
#pragma once
#include <memory>
#include <string>

#include "server/async/http.h"
#include "server/backend/aborts.h"
#include "server/backend/backend.h"
#include "server/backend/openai_chunk.h"
#include "server/config.h"

namespace sextant {

class OpenAiBackend : public Backend {
 public:
  // `http` and `config` outlive the backend. Text of one trace's event beyond `max_event_bytes`
  // fails the trace.
  OpenAiBackend(HttpClient& http, const BackendConfig& config, size_t max_event_bytes);

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override;

 private:
  class Exchange;

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Attempt(const TraceRequest& request,
                                                           TraceSink& sink);
  // `rid`: what SGLang is to call the request; empty for other servers.
  std::string Body(const TraceRequest& request, const std::string& rid) const;
  HttpRequest ToHttp(const TraceRequest& request, const std::string& rid) const;
  // The server does not know `continuous_usage_stats` and refused the request for it.
  static bool RefusesContinuousUsage(const absl::Status& refusal);
  absl::Status Named(const absl::Status& status) const;

  HttpClient& http_;
  const BackendConfig& config_;
  const size_t max_event_bytes_;
  OpenAiChunkReader reader_;
  bool ask_continuous_usage_;       // Until the server refuses it; then no more, for good.
  std::unique_ptr<Aborts> aborts_;  // Of SGLang.
};

}  // namespace sextant
