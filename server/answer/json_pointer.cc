#include "server/answer/json_pointer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sextant {
namespace {

using absl::string_view;
using Type = JsonValue::Type;

// "0", "12", but not "012": an index of an array.
std::optional<size_t> Index(string_view part) {
  size_t index = 0;
  const bool digits = !part.empty() && std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
  if (!digits || (part.size() > 1 && part[0] == '0') || !absl::SimpleAtoi(part, &index)) {
    return std::nullopt;
  }
  return index;
}

}  // namespace

std::optional<std::vector<std::string>> ParsePointer(string_view pointer) {
  std::vector<std::string> parts;
  if (pointer.empty()) return parts;
  if (pointer[0] != '/') return std::nullopt;
  for (const string_view escaped : absl::StrSplit(pointer.substr(1), '/')) {
    std::string part;
    for (size_t i = 0; i < escaped.size(); ++i) {
      if (escaped[i] != '~') {
        part += escaped[i];
        continue;
      }
      ++i;
      if (i >= escaped.size() || (escaped[i] != '0' && escaped[i] != '1')) return std::nullopt;
      part += escaped[i] == '0' ? '~' : '/';
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

const JsonValue* ValueAt(const JsonValue& root, const std::vector<std::string>& pointer) {
  const JsonValue* at = &root;
  for (const std::string& part : pointer) {
    const JsonValue* next = nullptr;
    if (at->type == Type::kArray) {
      const std::optional<size_t> index = Index(part);
      if (index.has_value() && *index < at->members.size()) next = &at->members[*index].value;
    } else {
      for (const auto& [key, member] : at->members) {
        if (key == part) next = &member;
      }
    }
    if (next == nullptr) return nullptr;
    at = next;
  }
  return at;
}

}  // namespace sextant
