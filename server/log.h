// The server's log: one line an event, on standard error. Never a secret; a prompt or an answer
// only where the configuration asks for texts.
#pragma once
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/log_config.h"

namespace sextant {

// What belongs to an event beside its message, in the order in which it is to be written.
class LogFields {
 public:
  using Value = std::variant<bool, int64_t, double, std::string>;  // A double is finite.

  LogFields() = default;
  LogFields(std::initializer_list<std::pair<absl::string_view, Value>> fields) : fields_(fields) {}

  // `name` outlives the fields, differs from those before, and needs no quotes.
  void Add(absl::string_view name, Value value) { fields_.emplace_back(name, std::move(value)); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<absl::string_view, Value>> fields_;
};

// For the whole process. Before other threads log; `out` outlives what they log.
void SetLog(const LogConfig& config, std::FILE* out = stderr);
bool IsLogged(LogLevel level);

// Writes one line, where the level is logged. Any thread.
void Log(LogLevel level, absl::string_view message, const LogFields& fields);
void Log(LogLevel level, absl::string_view message);
void Log(absl::string_view message);  // At level info.

// An event as a line, with its end. JSON: {"time": RFC 3339, "level": ..., "message": ..., and the
// fields}. Text: time, level, message, and the fields as name=value; a value that is text with more
// in it than visible ASCII without quotes and backslashes is in quotes and escaped, as in JSON. A
// control character never ends a line, and bytes that are not UTF-8 become U+FFFD.
std::string LogLine(LogFormat format, absl::Time time, LogLevel level, absl::string_view message,
                    const LogFields& fields);

}  // namespace sextant
