// JSON pointers (RFC 6901): which value inside of another is meant.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/answer/json_value.h"

namespace sextant {

// The parts of an RFC 6901 pointer ("/a/0" is a, 0), unescaped; nullopt when it is not one.
std::optional<std::vector<std::string>> ParsePointer(absl::string_view pointer);

// What the pointer leads to; null when it leads nowhere.
const JsonValue* ValueAt(const JsonValue& root, const std::vector<std::string>& pointer);

}  // namespace sextant
