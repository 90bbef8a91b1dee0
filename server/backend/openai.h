// One OpenAI-compatible model server over streamed HTTP: vLLM, llama.cpp, SGLang, Ollama and
// others.
#pragma once
#include <memory>
#include <optional>
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
  // fails the trace. With an `address` it is the server there, of those that the URL's name has.
  OpenAiBackend(HttpClient& http, const BackendConfig& config, size_t max_event_bytes,
                std::string address = "");

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Generate(const TraceRequest& request,
                                                            TraceSink& sink) override;

 private:
  class Exchange;

  Task<absl::StatusOr<std::unique_ptr<TraceTail>>> Attempt(const TraceRequest& request,
                                                           TraceSink& sink);
  // `rid`: what SGLang is to call the request; empty for other servers.
  std::string Body(const TraceRequest& request, const std::string& rid) const;
  HttpRequest ToHttp(const TraceRequest& request, const std::string& rid) const;
  // What it asks servers for, until they refuse it; then less, for good.
  struct Extras {
    bool continuous_usage = false;  // The field `continuous_usage_stats`.
    int top_logprobs = 20;          // The most of the likeliest tokens at each place; 0: none.
  };
  // What to ask for instead of `asked`, which was refused; null where that was not the reason.
  static std::optional<Extras> LessThan(const Extras& asked, const TraceRequest& request,
                                        const absl::Status& refusal);
  absl::Status Named(const absl::Status& status) const;

  HttpClient& http_;
  const BackendConfig& config_;
  const size_t max_event_bytes_;
  const std::string address_;
  const std::string model_json_;
  OpenAiChunkReader reader_;
  Extras extras_;
  std::unique_ptr<Aborts> aborts_;  // Of SGLang.
};

}  // namespace sextant
