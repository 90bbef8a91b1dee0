#include "server/log.h"

#include <algorithm>
#include <array>
#include <charconv>
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

// As JSON; bytes that are not UTF-8 become U+FFFD.
std::string Quoted(absl::string_view text) {
  const auto is_plain = [](char c) { return absl::ascii_isprint(c) && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return absl::StrCat("\"", text, "\"");
  const nlohmann::json json = std::string(text);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonOf(bool value) { return value ? "true" : "false"; }
std::string JsonOf(int64_t value) { return absl::StrCat(value); }
std::string JsonOf(double value) {
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return std::string(digits.data(), written.ptr);
}
std::string JsonOf(const std::string& value) { return Quoted(value); }

std::string JsonOf(const LogFields::Value& value) {
  return std::visit([](const auto& v) { return JsonOf(v); }, value);
}

// As JSON, without its quotes where nothing in it needs them.
std::string TextOf(const LogFields::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return JsonOf(value);
  const auto is_plain = [](char c) { return absl::ascii_isgraph(c) && c != '"' && c != '\\'; };
  const bool bare = !text->empty() && std::all_of(text->begin(), text->end(), is_plain);
  return bare ? *text : Quoted(*text);
}

// Messages are sentences, which are read without quotes.
std::string OnOneLine(absl::string_view message) {
  std::string line = nlohmann::json::parse(Quoted(message)).get<std::string>();
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

void Log(LogLevel level, absl::string_view message) { Log(level, message, LogFields()); }

void Log(absl::string_view message) { Log(LogLevel::kInfo, message); }

std::string LogLine(LogFormat format, absl::Time time, LogLevel level, absl::string_view message,
                    const LogFields& fields) {
  const std::string when = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  if (format == LogFormat::kJson) {
    std::string line = absl::StrCat("{\"time\":\"", when, "\",\"level\":\"", NameOf(level),
                                    "\",\"message\":", Quoted(message));
    for (const auto& [name, value] : fields)
      absl::StrAppend(&line, ",\"", name, "\":", JsonOf(value));
    return absl::StrCat(line, "}\n");
  }
  std::string line = absl::StrCat(when, " ", NameOf(level), " ", OnOneLine(message));
  for (const auto& [name, value] : fields) absl::StrAppend(&line, " ", name, "=", TextOf(value));
  return absl::StrCat(line, "\n");
}

}  // namespace sextant
