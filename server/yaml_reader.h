// Strict reading of YAML files: every value is asked for by key, type and range, and everything
// that does not fit becomes an error with file, line and path. Errors are collected, so that one
// run reports all of them. The configuration and the policies are read with it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/yaml_document.h"

namespace sextant {

// The errors of one file.
class YamlErrors {
 public:
  explicit YamlErrors(absl::string_view file) : file_(file) {}

  void Add(int line, absl::string_view path, absl::string_view message);
  // Adds the lines of another file's errors; they stay behind this file's own.
  void Append(const absl::Status& other);
  // OK, or INVALID_ARGUMENT with one line per error in the order of the file; at most 100.
  absl::Status ToStatus() const;

 private:
  struct Error {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Error> errors_;
  std::vector<std::string> appended_;
};

// The numbers that a key accepts.
struct NumberRange {
  double min = 0;
  double max = 0;
  bool above_min = false;  // `min` itself is not accepted.
};

// Reads one mapping. A key is known once it was asked for; RejectUnknownKeys() comes last. Every
// reader gives nullopt (or an empty list) when the key is absent, and also when its value is an
// error, which is then recorded. Refers to the node and to the errors, which outlive it.
class YamlMap {
 public:
  // `path` names the mapping in errors; empty for the root. Anything but a mapping is an error.
  YamlMap(const YamlNode& node, std::string path, YamlErrors& errors);

  std::optional<std::string> Text(absl::string_view key, size_t max_bytes = 4096);
  // A text, or a list of 1 to `max_items`. Errors do not repeat what stands there instead.
  std::vector<std::string> Texts(absl::string_view key, size_t max_items, size_t max_bytes = 4096);
  std::optional<int64_t> Integer(absl::string_view key, int64_t min, int64_t max);
  std::optional<double> Number(absl::string_view key, NumberRange range);
  // A list of `count` numbers.
  std::vector<double> Numbers(absl::string_view key, size_t count, NumberRange range);
  std::optional<bool> Flag(absl::string_view key);
  std::optional<absl::Duration> Duration(absl::string_view key, absl::Duration min,
                                         absl::Duration max);
  // One of a closed set of words.
  template <typename Value>
  std::optional<Value> Word(absl::string_view key,
                            absl::Span<const std::pair<absl::string_view, Value>> words);
  // A word or a list of words.
  template <typename Value>
  std::vector<Value> Words(absl::string_view key,
                           absl::Span<const std::pair<absl::string_view, Value>> words);
  std::optional<YamlMap> Map(absl::string_view key);
  // A list of at least one and at most `max_items` mappings.
  std::vector<YamlMap> Maps(absl::string_view key, size_t max_items);

  bool Has(absl::string_view key) { return Find(key) != nullptr; }
  // An error unless the key is there.
  void Require(absl::string_view key);
  // An error about the value of `key`.
  void Fail(absl::string_view key, absl::string_view message);
  // Errors for the keys that nobody has asked for.
  void RejectUnknownKeys();

  const std::string& path() const { return path_; }

 private:
  const YamlNode* Find(absl::string_view key);
  const YamlNode* FindScalar(absl::string_view key, absl::string_view expected);
  std::string PathOf(absl::string_view key) const;
  // The index of the node's text in `words`; an error and nullopt when it is none of them.
  std::optional<size_t> IndexOf(const YamlNode& node, absl::string_view path,
                                absl::Span<const absl::string_view> words);

  const YamlNode* node_;
  std::string path_;
  YamlErrors* errors_;
  std::vector<std::string> known_;
};

template <typename Value>
std::optional<Value> YamlMap::Word(absl::string_view key,
                                   absl::Span<const std::pair<absl::string_view, Value>> words) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  std::vector<absl::string_view> names;
  for (const auto& word : words) names.push_back(word.first);
  const std::optional<size_t> index = IndexOf(*node, PathOf(key), names);
  if (!index) return std::nullopt;
  return words[*index].second;
}

template <typename Value>
std::vector<Value> YamlMap::Words(absl::string_view key,
                                  absl::Span<const std::pair<absl::string_view, Value>> words) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return {};
  std::vector<absl::string_view> names;
  for (const auto& word : words) names.push_back(word.first);
  const bool is_list = node->kind == YamlNode::Kind::kList;
  const absl::Span<const YamlNode> items =
      is_list ? absl::MakeConstSpan(node->items) : absl::MakeConstSpan(node, 1);
  if (items.empty()) errors_->Add(node->line, PathOf(key), "expected at least one word, got none");
  std::vector<Value> values;
  for (const YamlNode& item : items) {
    const std::optional<size_t> index = IndexOf(item, PathOf(key), names);
    if (index) values.push_back(words[*index].second);
  }
  return values;
}

}  // namespace sextant
