// What the tests of the OpenAI backend act on: a backend, on a loop of its own, that talks to a
// scripted server.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/async/http.h"
#include "server/backend/openai.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/started.h"

namespace sextant {

using Generated = absl::StatusOr<std::unique_ptr<TraceTail>>;

class OpenAiFixture : public testing::Test {
 protected:
  // Starts the server and, configured by `config_` as it is now, the backend.
  void Serve(std::vector<ScriptedReply> replies) {
    server_ = std::make_unique<ScriptedServer>(std::move(replies));
    config_.url = server_->url("/v1");
    backend_ = std::make_unique<OpenAiBackend>(http_, config_, max_event_bytes_);
  }

  Generated Generate() { return RunToEnd(loop_, backend_->Generate(request_, sink_)); }
  absl::Status Settle(const Generated& generated) {
    if (!generated.ok()) return generated.status();
    return RunToEnd(loop_, (*generated)->Settle());
  }

  Loop loop_;
  Resolver resolver_{loop_};
  HttpClient http_{loop_, resolver_};
  BackendConfig config_{.name = "replica-1", .model = "model-on-server"};
  size_t max_event_bytes_ = 1 << 20;
  Prompt prompt_{.messages = {{"system", "Be brief."}, {"user", "What is 2+2?"}}};
  TraceRequest request_{.prompt = &prompt_, .request_id = "solve/0", .max_tokens = 100};
  RecordingSink sink_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<OpenAiBackend> backend_;
};

// A chat chunk with this content; with this finish_reason and no text.
inline std::string Says(absl::string_view content) {
  return absl::StrCat(R"({"choices":[{"index":0,"delta":{"content":")", content, R"("}}]})");
}
inline std::string Finishes(absl::string_view reason = "stop") {
  return absl::StrCat(R"({"choices":[{"index":0,"delta":{},"finish_reason":")", reason, R"("}]})");
}
inline std::string Uses(int prompt, int completion) {
  return absl::StrCat(R"({"choices":[],"usage":{"prompt_tokens":)", prompt,
                      R"(,"completion_tokens":)", completion, "}}");
}

}  // namespace sextant
