#include "server/backend/plain_chunk.h"

#include <cstring>
#include <utility>

#include <simdjson.h>

namespace sextant {
namespace {

namespace ondemand = simdjson::ondemand;  // Of the processor that this file is compiled for.

bool IsNull(ondemand::value& value) {
  bool is_null = false;
  return value.is_null().get(is_null) == simdjson::SUCCESS && is_null;
}

// Null leaves `into` as it is.
bool ReadText(ondemand::value& value, absl::string_view& into) {
  std::string_view text;
  if (IsNull(value)) return true;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  into = {text.data(), text.size()};
  return true;
}

bool ReadCount(ondemand::value& value, int64_t& into) {
  return value.get_int64().get(into) == simdjson::SUCCESS && into >= 0 && into <= kMostTokens;
}

// Calls `member` with each key and value, until one says that this is no plain chunk.
template <typename Member>
bool ForEach(ondemand::value& parent, const Member& member) {
  ondemand::object object;
  if (parent.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto one : object) {
    ondemand::field field;
    if (std::move(one).get(field) != simdjson::SUCCESS) return false;
    if (!member(field.key(), field.value())) return false;
  }
  return true;
}

// Each part says whether it is one of a plain chunk. Most keys are of no interest: their first
// letter says so.
class Reading {
 public:
  Reading(absl::string_view json, int choices, TraceChunk& chunk)
      : has_escapes_(std::memchr(json.data(), '\\', json.size()) != nullptr),
        choices_(choices),
        chunk_(chunk) {}

  bool ReadRoot(ondemand::value& root) {
    bool has_choices = false;
    const bool is_plain = ForEach(root, [&](ondemand::raw_json_string key, ondemand::value& value) {
      switch (*key.raw()) {
        case 'c':
          if (key == "choices") return !std::exchange(has_choices, true) && ReadChoices(value);
          break;
        case 'e':
          if (key == "error") return IsNull(value);
          break;
        case 'u':
          if (key == "usage") return ReadUsage(value);
          break;
      }
      return MayPassOver(key);
    });
    return is_plain && has_choices;
  }

 private:
  bool ReadChoices(ondemand::value& value) {
    ondemand::array entries;
    if (value.get_array().get(entries) != simdjson::SUCCESS) return false;
    int count = 0;
    for (auto one : entries) {
      ondemand::value choice;
      if (++count > 1 || std::move(one).get(choice) != simdjson::SUCCESS) return false;
      if (!ReadChoice(choice)) return false;
    }
    return count == 1;
  }

  bool ReadChoice(ondemand::value& choice) {
    return ForEach(choice, [&](ondemand::raw_json_string key, ondemand::value& value) {
      switch (*key.raw()) {
        case 'd':
          if (key == "delta") return ReadDelta(value);
          break;
        case 'f':
          if (key == "finish_reason") return ReadText(value, chunk_.finish_reason);
          break;
        case 'i':
          if (key == "index") return ReadIndex(value);
          break;
        case 'l':
          if (key == "logprobs") return IsNull(value);
          break;
        case 'm':
          if (key == "message") return IsNull(value);
          break;
        case 't':
          if (key == "text") return ReadText(value, chunk_.content);
          break;
      }
      return MayPassOver(key);
    });
  }

  bool ReadIndex(ondemand::value& value) {
    int64_t index = 0;
    if (value.get_int64().get(index) != simdjson::SUCCESS) return false;
    chunk_.choice = static_cast<int>(index);
    return index >= 0 && index < choices_;
  }

  bool ReadDelta(ondemand::value& delta) {
    return ForEach(delta, [&](ondemand::raw_json_string key, ondemand::value& value) {
      switch (*key.raw()) {
        case 'c':
          if (key == "content") return ReadText(value, chunk_.content);
          break;
        case 'r':
          if (key == "reasoning_content" || key == "reasoning")
            return ReadText(value, chunk_.reasoning);
          break;
      }
      return MayPassOver(key);
    });
  }

  bool ReadUsage(ondemand::value& value) {
    if (IsNull(value)) return true;
    TokenUsage usage;
    bool is_complete = false;
    const bool is_plain =
        ForEach(value, [&](ondemand::raw_json_string key, ondemand::value& count) {
          if (key == "prompt_tokens") return ReadCount(count, usage.prompt);
          if (key == "completion_tokens") {
            is_complete = true;
            return ReadCount(count, usage.completion);
          }
          if (key == "prompt_tokens_details") return IsNull(count);
          return MayPassOver(key);
        });
    chunk_.usage = usage;
    return is_plain && is_complete;
  }

  // A key with an escape in it might be one that is read, in other letters.
  bool MayPassOver(ondemand::raw_json_string key) const {
    if (!has_escapes_) return true;
    const char* at = key.raw();
    while (*at != '"' && *at != '\\') ++at;
    return *at == '"';
  }

  const bool has_escapes_;
  const int choices_;
  TraceChunk& chunk_;
};

}  // namespace

struct PlainChunkReader::Parser {
  ondemand::parser parser;
  std::unique_ptr<char[]> text;
  size_t capacity = 0;
};

PlainChunkReader::PlainChunkReader() : parser_(std::make_unique<Parser>()) {}
PlainChunkReader::~PlainChunkReader() = default;

bool PlainChunkReader::Read(absl::string_view json, int choices, TraceChunk& chunk) {
  auto& [parser, text, capacity] = *parser_;
  if (capacity < json.size() + simdjson::SIMDJSON_PADDING) {
    capacity = 2 * json.size() + simdjson::SIMDJSON_PADDING;
    text.reset(new char[capacity]());
  }
  std::memcpy(text.get(), json.data(), json.size());
  ondemand::document document;
  ondemand::value root;
  if (parser.iterate(text.get(), json.size(), capacity).get(document) != simdjson::SUCCESS ||
      document.get_value().get(root) != simdjson::SUCCESS) {
    return false;
  }
  if (!Reading(json, choices, chunk).ReadRoot(root)) return false;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return false;
  chunk.tokens = chunk.content.empty() && chunk.reasoning.empty() ? 0 : 1;
  return true;
}

}  // namespace sextant
