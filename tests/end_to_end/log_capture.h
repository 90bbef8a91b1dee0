// The log of a server under test. It is declared before the server, so that it outlives it.
#pragma once
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "server/log.h"

namespace sextant {

class LogCapture {
 public:
  explicit LogCapture(LogConfig config = {}) : file_(std::tmpfile()) {
    config.format = LogFormat::kJson;
    SetLog(config, file_);
  }
  ~LogCapture() {
    SetLog({});
    std::fclose(file_);
  }

  // The lines so far whose message begins with `message`.
  std::vector<nlohmann::json> Lines(const std::string& message) const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(Written());
    for (std::string line; std::getline(text, line);) {
      nlohmann::json event = nlohmann::json::parse(line);
      if (event["message"].get<std::string>().rfind(message, 0) == 0)
        lines.push_back(std::move(event));
    }
    return lines;
  }
  std::string Written() const {
    std::fflush(file_);
    std::string text(static_cast<size_t>(lseek(fileno(file_), 0, SEEK_END)), '\0');
    text.resize(static_cast<size_t>(pread(fileno(file_), text.data(), text.size(), 0)));
    return text;
  }

 private:
  std::FILE* const file_;
};

}  // namespace sextant
