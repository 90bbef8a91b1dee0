// What the tests of the probe act on: a subject, on a loop of its own, whose server is scripted.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/probe/report.h"
#include "client/probe/subject.h"
#include "server/async/http.h"
#include "tests/fakes/scripted_server.h"
#include "tests/fakes/started.h"

namespace sextant {

// A chunk of a chat for choice `index`.
inline std::string Chunk(const std::string& content, int index = 0) {
  return nlohmann::json{{"choices", {{{"index", index}, {"delta", {{"content", content}}}}}}}
      .dump();
}
// The end of a stream: finish_reason, and usage where `completion` is above 0.
inline std::vector<std::string> End(const std::string& finish_reason, int completion = 0) {
  std::vector<std::string> events = {
      nlohmann::json{{"choices", {{{"index", 0}, {"finish_reason", finish_reason}}}}}.dump()};
  if (completion > 0) {
    events.push_back(
        nlohmann::json{{"choices", nlohmann::json::array()},
                       {"usage", {{"prompt_tokens", 9}, {"completion_tokens", completion}}}}
            .dump());
  }
  events.push_back("[DONE]");
  return events;
}
// A whole stream of these pieces of text, each one token, with usage.
inline ScriptedReply Stream(const std::vector<std::string>& pieces,
                            const std::string& finish_reason = "length") {
  std::vector<std::string> events;
  for (const std::string& piece : pieces) events.push_back(Chunk(piece));
  for (std::string& event : End(finish_reason, static_cast<int>(pieces.size())))
    events.push_back(std::move(event));
  return EventStream(events);
}

class ProbeFixture : public testing::Test {
 protected:
  void Serve(std::vector<ScriptedReply> replies) {
    server_ = std::make_unique<ScriptedServer>(std::move(replies));
    subject_.url = server_->url("/v1");
  }
  nlohmann::json Body(int request) const {
    return nlohmann::json::parse(server_->requests().at(request).body);
  }
  template <typename T>
  T Run(Task<T> task) {
    return RunToEnd(loop_, std::move(task));
  }

  Loop loop_;
  Resolver resolver_{loop_};
  HttpClient http_{loop_, resolver_};
  Subject subject_{
      .http = http_, .prompt = "Count.", .timeout = absl::Seconds(20), .model = "model-on-server"};
  std::unique_ptr<ScriptedServer> server_;
};

}  // namespace sextant
