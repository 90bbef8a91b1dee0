#include "server/answer/json_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/code_block.h"
#include "server/answer/json_canonical.h"
#include "server/answer/json_pointer.h"
#include "server/answer/json_value.h"

namespace sextant {
namespace {

using absl::string_view;
using Type = JsonValue::Type;

constexpr size_t kMaxScans = 8;     // How often a text may be looked at on average.
constexpr size_t kMaxValues = 256;  // Values of one text that are kept; the last ones count.

struct Found {
  JsonValue value;
  string_view written;
};

// What may stand between the start of a line, or a colon, and a value.
bool IsSetApart(string_view before) {
  const string_view line = before.substr(before.find_last_of('\n') + 1);
  const string_view words = absl::StripTrailingAsciiWhitespace(line);
  return words.empty() || absl::StrContains(":=`>*{", words.substr(words.size() - 1));
}

// The objects and arrays that stand in a text one after the other, first to last.
std::vector<Found> Values(string_view text) {
  std::vector<Found> values;
  size_t budget = text.size() * kMaxScans;
  size_t at = 0;
  while ((at = text.find_first_of("{[", at)) != string_view::npos) {
    JsonParse parsed = ParseJsonPrefix(text.substr(at));
    if (parsed.bytes > budget) break;
    budget -= parsed.bytes;
    if (!parsed.value.has_value()) {
      ++at;
      continue;
    }
    const bool needs_place = parsed.value->type == Type::kArray || parsed.value->members.empty();
    if (!needs_place || IsSetApart(text.substr(0, at))) {
      if (values.size() == kMaxValues)
        values.erase(values.begin(), values.begin() + kMaxValues / 2);
      values.push_back({*std::move(parsed.value), text.substr(at, parsed.bytes)});
    }
    at += parsed.bytes;
  }
  return values;
}

const JsonValue* Member(const JsonValue& object, const char* key) {
  return object.type == Type::kObject ? ValueAt(object, {key}) : nullptr;
}

// The arguments when the value is a tool call.
std::optional<JsonValue> ToolArguments(const JsonValue& value) {
  if (const JsonValue* function = Member(value, "function"); function != nullptr) {
    if (function->type == Type::kObject) return ToolArguments(*function);
  }
  const JsonValue* name = Member(value, "name");
  if (name == nullptr || name->type != Type::kString) return std::nullopt;
  for (const char* key : {"arguments", "parameters"}) {
    const JsonValue* arguments = Member(value, key);
    if (arguments == nullptr) continue;
    if (arguments->type == Type::kString) return ParseJson(arguments->text);
    return *arguments;
  }
  return std::nullopt;
}

// `written` is empty where the value is a part of another; it is then shown in canonical form.
std::optional<Answer> AnswerOf(const JsonValue& value, string_view written) {
  std::optional<std::string> canonical = CanonicalJson(value);
  if (!canonical.has_value() || canonical->size() > kMaxJsonAnswerBytes) return std::nullopt;
  const string_view shown = written.empty() ? *canonical : absl::StripAsciiWhitespace(written);
  Answer answer{*canonical, std::string(shown), AnswerKind::kJson};
  if (value.type != Type::kString) return answer;
  if (value.text.empty()) return std::nullopt;
  answer.key = *std::move(canonical);
  answer.canonical = value.text;
  answer.shown = value.text;
  // Models write "42" and 42 for the same field.
  if (const std::optional<JsonValue> inner = ParseJson(value.text)) {
    answer.loose_key = CanonicalJson(*inner).value_or("");
  }
  return answer;
}

}  // namespace

std::optional<Answer> JsonReader::Last(string_view text) const {
  text = text.substr(text.size() - std::min(text.size(), kMaxJsonBytes));
  std::vector<Found> values = Values(text);
  for (auto found = values.rbegin(); found != values.rend(); ++found) {
    if (const std::optional<JsonValue> arguments = ToolArguments(found->value)) {
      const JsonValue* value = ValueAt(*arguments, pointer_);
      if (value != nullptr) return AnswerOf(*value, "");
    }
    const JsonValue* value = ValueAt(found->value, pointer_);
    if (value == nullptr) continue;
    return AnswerOf(*value, pointer_.empty() ? found->written : "");
  }
  if (!pointer_.empty() || !values.empty()) return std::nullopt;
  const std::optional<CodeBlock> block = LastCodeBlock(text);
  const string_view alone = block.has_value() ? block->inner : text;
  const std::optional<JsonValue> scalar = ParseJson(alone);
  return scalar.has_value() ? AnswerOf(*scalar, alone) : std::nullopt;
}

std::optional<Answer> JsonReader::Whole(string_view plain) const {
  plain = absl::StripAsciiWhitespace(plain);
  if (plain.empty() || plain.size() > kMaxJsonBytes) return std::nullopt;
  if (const std::optional<JsonValue> value = ParseJson(plain)) return AnswerOf(*value, plain);
  return AnswerOf({JsonValue::Type::kString, std::string(plain), {}}, plain);
}

bool IsJsonDocument(string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const bool braces = absl::StartsWith(text, "{") && absl::EndsWith(text, "}");
  const std::optional<string_view> block = braces ? text : SoleCodeBlock(text);
  if (!block.has_value() || block->empty() || block->size() > kMaxJsonBytes) return false;
  if ((*block)[0] != '{' && (*block)[0] != '[') return false;
  const std::optional<JsonValue> value = ParseJson(*block);
  return value.has_value() && !value->members.empty();
}

}  // namespace sextant
