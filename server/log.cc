#include "server/log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sextant {
namespace {

struct Destination {
  LogConfig config;
  std::FILE* out = stderr;
};

Destination& TheLog() {
  static Destination destination;
  return destination;
}

absl::string_view NameOf(LogLevel level) {
  constexpr absl::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

std::string Dump(const LogFields& value) {
  return value.dump(-1, ' ', false, LogFields::error_handler_t::replace);
}

// As JSON, without its quotes where nothing in it needs them.
std::string TextOf(const LogFields& value) {
  const std::string json = Dump(value);
  const auto is_plain = [](char c) { return absl::ascii_isgraph(c) && c != '"' && c != '\\'; };
  if (!value.is_string() || json.size() == 2) return json;
  const bool needs_quotes = !std::all_of(json.begin() + 1, json.end() - 1, is_plain);
  return needs_quotes ? json : json.substr(1, json.size() - 2);
}

// Messages are sentences, which are read without quotes.
std::string OnOneLine(absl::string_view message) {
  const std::string json = Dump(std::string(message));
  const LogFields valid = LogFields::parse(json);
  std::string line = valid.get<std::string>();
  std::replace_if(
      line.begin(), line.end(), [](char c) { return absl::ascii_iscntrl(c); }, ' ');
  return line;
}

}  // namespace

void SetLog(const LogConfig& config, std::FILE* out) { TheLog() = {config, out}; }

bool IsLogged(LogLevel level) { return level >= TheLog().config.level; }

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (!IsLogged(level)) return;
  const std::string line = LogLine(TheLog().config.format, absl::Now(), level, message, fields);
  // One write, so that lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), TheLog().out);
}

void Log(LogLevel level, absl::string_view message) { Log(level, message, LogFields::object()); }

void Log(absl::string_view message) { Log(LogLevel::kInfo, message); }

std::string LogLine(LogFormat format, absl::Time time, LogLevel level, absl::string_view message,
                    const LogFields& fields) {
  const std::string when = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  if (format == LogFormat::kJson) {
    LogFields line = {
        {"time", when}, {"level", std::string(NameOf(level))}, {"message", std::string(message)}};
    line.update(fields);
    return absl::StrCat(Dump(line), "\n");
  }
  std::string line = absl::StrCat(when, " ", NameOf(level), " ", OnOneLine(message));
  for (const auto& [name, value] : fields.items())
    absl::StrAppend(&line, " ", name, "=", TextOf(value));
  return absl::StrCat(line, "\n");
}

}  // namespace sextant
