// How the server logs, as configured: the key `log`.
#pragma once

namespace sextant {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

struct LogConfig {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;  // Lines below it are left out.
  bool texts = false;  // Lines of solves hold prompt, reference answer, answer and text.
};

}  // namespace sextant
