// A YAML file as a tree that keeps lines, quotes and repeated keys. Only its source includes
// yaml-cpp.
//
// Limits: 1 MiB of text, 32 levels, 100,000 nodes (aliases expanded). One document a file; aliases
// are allowed, tags other than !!str are not.
#pragma once
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sextant {

// A node of a YAML document. Lines count from 1.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  int line = 1;
  std::string text;             // Of a scalar.
  bool quoted = false;          // A scalar that can only be text.
  std::vector<YamlNode> items;  // Of a list.
  std::vector<Entry> entries;   // Of a mapping, in the order of the file; keys may repeat.
};

struct YamlNode::Entry {
  std::string key;
  int line = 1;
  YamlNode value;
};

// The bytes of a file. NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT for a folder and for more
// than 1 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// INVALID_ARGUMENT, `name:line: ...`, for text that is not one YAML document within the limits.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view name);

}  // namespace sextant
