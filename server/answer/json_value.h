// A strict and small JSON parser for values that stand inside of a model's text. Unlike a parser
// for whole documents it keeps numbers as they are written, so that they are compared exactly, and
// says where a value ends.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sextant {

constexpr int kMaxJsonDepth = 64;
constexpr int kMaxJsonNodes = 20000;  // Values inside one value.

struct JsonMember;

struct JsonValue {
  enum class Type { kNull, kBool, kNumber, kString, kArray, kObject };
  Type type = Type::kNull;
  std::string text;  // kBool, kNumber: as written; kString: without quotes and escapes, UTF-8.
  // kArray: the keys are empty. kObject: in the order of the text; a later key beats an equal one.
  std::vector<JsonMember> members;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

struct JsonParse {
  std::optional<JsonValue> value;
  size_t bytes = 0;  // Length of the value, or of what was looked at in vain.
};
// The JSON value that `text` begins with (RFC 8259); what follows it is not looked at. No value
// when there is none, or when it is beyond the limits above. Linear in the bytes looked at.
JsonParse ParseJsonPrefix(absl::string_view text);

// The value when the text is one and nothing else but white space.
std::optional<JsonValue> ParseJson(absl::string_view text);

}  // namespace sextant
