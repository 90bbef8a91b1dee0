#include "server/yaml_reader.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/did_you_mean.h"

namespace sextant {
namespace {

constexpr size_t kMaxErrors = 100;

// What a message says was found instead of the expected value.
std::string Shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return Quoted(node.text);
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return "";
}

std::string ExpectedGot(absl::string_view expected, const YamlNode& node) {
  return absl::StrCat("expected ", expected, ", got ", Shown(node));
}

// "8" in quotes is text in YAML, so it is no number here either.
bool IsPlain(const YamlNode& node) { return node.kind == YamlNode::Kind::kScalar && !node.quoted; }

bool HasControls(absl::string_view text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return std::any_of(text.begin(), text.end(), is_control);
}

std::string DescribeRange(const NumberRange& range) {
  if (range.above_min) return absl::StrCat("a number above ", range.min, " up to ", range.max);
  return absl::StrCat("a number from ", range.min, " to ", range.max);
}

std::optional<double> NumberIn(const YamlNode& node, const NumberRange& range) {
  double value = 0;
  if (!IsPlain(node) || !absl::SimpleAtod(node.text, &value)) return std::nullopt;
  // Not written as "outside", so that NaN is refused.
  const bool fits = value >= range.min && value <= range.max;
  if (!fits || (range.above_min && value == range.min)) return std::nullopt;
  return value;
}

}  // namespace

void YamlErrors::Add(int line, absl::string_view path, absl::string_view message) {
  const absl::string_view separator = path.empty() ? "" : ": ";
  errors_.push_back({line, absl::StrCat(file_, ":", line, ": ", path, separator, message)});
}

void YamlErrors::Append(const absl::Status& other) {
  if (!other.ok()) appended_.emplace_back(other.message());
}

absl::Status YamlErrors::ToStatus() const {
  std::vector<Error> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Error& a, const Error& b) { return a.line < b.line; });
  std::vector<std::string> lines;
  for (Error& error : sorted) lines.push_back(std::move(error.text));
  lines.insert(lines.end(), appended_.begin(), appended_.end());
  if (lines.empty()) return absl::OkStatus();
  if (lines.size() > kMaxErrors) {
    const size_t more = lines.size() - kMaxErrors;
    lines.resize(kMaxErrors);
    lines.push_back(absl::StrCat("and ", more, " more errors"));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

YamlMap::YamlMap(const YamlNode& node, std::string path, YamlErrors& errors)
    : node_(&node), path_(std::move(path)), errors_(&errors) {
  if (node.kind != YamlNode::Kind::kMap) {
    errors.Add(node.line, path_, ExpectedGot("a mapping", node));
  }
  std::unordered_map<std::string, int> first_lines;
  for (const YamlNode::Entry& entry : node.entries) {
    const auto [first, inserted] = first_lines.emplace(entry.key, entry.line);
    if (inserted) continue;
    errors.Add(entry.line, PathOf(entry.key),
               absl::StrCat("duplicate key (first on line ", first->second, ")"));
  }
}

std::string YamlMap::PathOf(absl::string_view key) const {
  const std::string shown = Quoted(key);
  const absl::string_view bare = absl::string_view(shown).substr(1, shown.size() - 2);
  return absl::StrCat(path_, path_.empty() ? "" : ".", bare);
}

const YamlNode* YamlMap::Find(absl::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const YamlNode::Entry& entry : node_->entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const YamlNode* YamlMap::FindScalar(absl::string_view key, absl::string_view expected) {
  const YamlNode* node = Find(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kScalar) return node;
  errors_->Add(node->line, PathOf(key), ExpectedGot(expected, *node));
  return nullptr;
}

std::vector<std::string> YamlMap::Texts(absl::string_view key, size_t max_items, size_t max_bytes) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return {};
  const bool is_list = node->kind == YamlNode::Kind::kList;
  const absl::Span<const YamlNode> items =
      is_list ? absl::MakeConstSpan(node->items) : absl::MakeConstSpan(node, 1);
  const auto is_text = [&](const YamlNode& item) {
    return item.kind == YamlNode::Kind::kScalar && !item.text.empty() &&
           item.text.size() <= max_bytes && !HasControls(item.text);
  };
  std::vector<std::string> texts;
  if (!items.empty() && items.size() <= max_items &&
      std::all_of(items.begin(), items.end(), is_text)) {
    for (const YamlNode& item : items) texts.push_back(item.text);
    return texts;
  }
  errors_->Add(node->line, PathOf(key),
               absl::StrCat("expected a text or a list of 1 to ", max_items, ", each of 1 to ",
                            max_bytes, " bytes without control characters"));
  return {};
}

std::optional<std::string> YamlMap::Text(absl::string_view key, size_t max_bytes) {
  const YamlNode* node = FindScalar(key, "text");
  if (node == nullptr) return std::nullopt;
  if (node->text.empty() || node->text.size() > max_bytes) {
    const std::string expected = absl::StrCat("text of 1 to ", max_bytes, " bytes");
    errors_->Add(node->line, PathOf(key), ExpectedGot(expected, *node));
    return std::nullopt;
  }
  if (HasControls(node->text)) {
    errors_->Add(node->line, PathOf(key), ExpectedGot("text without control characters", *node));
    return std::nullopt;
  }
  return node->text;
}

std::optional<int64_t> YamlMap::Integer(absl::string_view key, int64_t min, int64_t max) {
  const std::string expected = absl::StrCat("an integer from ", min, " to ", max);
  const YamlNode* node = FindScalar(key, expected);
  if (node == nullptr) return std::nullopt;
  int64_t value = 0;
  if (IsPlain(*node) && absl::SimpleAtoi(node->text, &value) && value >= min && value <= max) {
    return value;
  }
  errors_->Add(node->line, PathOf(key), ExpectedGot(expected, *node));
  return std::nullopt;
}

std::optional<double> YamlMap::Number(absl::string_view key, NumberRange range) {
  const YamlNode* node = FindScalar(key, DescribeRange(range));
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = NumberIn(*node, range);
  if (!value) errors_->Add(node->line, PathOf(key), ExpectedGot(DescribeRange(range), *node));
  return value;
}

std::vector<double> YamlMap::Numbers(absl::string_view key, size_t count, NumberRange range) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return {};
  const std::string expected = absl::StrCat("a list of ", count, " numbers");
  if (node->kind != YamlNode::Kind::kList || node->items.size() != count) {
    const std::string got = node->kind == YamlNode::Kind::kList
                                ? absl::StrCat("expected ", expected, ", got ", node->items.size())
                                : ExpectedGot(expected, *node);
    errors_->Add(node->line, PathOf(key), got);
    return {};
  }
  std::vector<double> numbers;
  for (size_t i = 0; i < count; ++i) {
    const YamlNode& item = node->items[i];
    const std::optional<double> value = NumberIn(item, range);
    if (!value) {
      errors_->Add(item.line, absl::StrCat(PathOf(key), "[", i, "]"),
                   ExpectedGot(DescribeRange(range), item));
      return {};
    }
    numbers.push_back(*value);
  }
  return numbers;
}

std::optional<bool> YamlMap::Flag(absl::string_view key) {
  const YamlNode* node = FindScalar(key, "true or false");
  if (node == nullptr) return std::nullopt;
  if (IsPlain(*node) && node->text == "true") return true;
  if (IsPlain(*node) && node->text == "false") return false;
  errors_->Add(node->line, PathOf(key), ExpectedGot("true or false", *node));
  return std::nullopt;
}

std::optional<absl::Duration> YamlMap::Duration(absl::string_view key, absl::Duration min,
                                                absl::Duration max) {
  const std::string expected =
      absl::StrCat("a duration from ", absl::FormatDuration(min), " to ", absl::FormatDuration(max),
                   " with its unit, such as 250ms, 5s, 10m or 1h");
  const YamlNode* node = FindScalar(key, expected);
  if (node == nullptr) return std::nullopt;
  absl::Duration value;
  if (absl::ParseDuration(node->text, &value) && value >= min && value <= max) return value;
  errors_->Add(node->line, PathOf(key), ExpectedGot(expected, *node));
  return std::nullopt;
}

std::optional<size_t> YamlMap::IndexOf(const YamlNode& node, absl::string_view path,
                                       absl::Span<const absl::string_view> words) {
  if (node.kind == YamlNode::Kind::kScalar) {
    const auto found = std::find(words.begin(), words.end(), node.text);
    if (found != words.end()) return static_cast<size_t>(found - words.begin());
  }
  errors_->Add(node.line, path,
               ExpectedGot(absl::StrCat("one of ", absl::StrJoin(words, ", ")), node));
  return std::nullopt;
}

std::optional<YamlMap> YamlMap::Map(absl::string_view key) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return YamlMap(*node, PathOf(key), *errors_);
}

std::vector<YamlMap> YamlMap::Maps(absl::string_view key, size_t max_items) {
  const YamlNode* node = Find(key);
  if (node == nullptr) return {};
  const size_t size = node->items.size();
  if (node->kind != YamlNode::Kind::kList || size < 1 || size > max_items) {
    const std::string found =
        node->kind == YamlNode::Kind::kList ? absl::StrCat(size) : Shown(*node);
    errors_->Add(node->line, PathOf(key),
                 absl::StrCat("expected a list of 1 to ", max_items, " mappings, got ", found));
    return {};
  }
  std::vector<YamlMap> maps;
  for (size_t i = 0; i < size; ++i) {
    maps.emplace_back(node->items[i], absl::StrCat(PathOf(key), "[", i, "]"), *errors_);
  }
  return maps;
}

void YamlMap::Require(absl::string_view key) {
  // What is no mapping was reported already; it has no keys to miss.
  if (node_->kind != YamlNode::Kind::kMap || Find(key) != nullptr) return;
  errors_->Add(node_->line, PathOf(key), "required key is missing");
}

void YamlMap::Fail(absl::string_view key, absl::string_view message) {
  const YamlNode* node = Find(key);
  errors_->Add(node == nullptr ? node_->line : node->line, PathOf(key), message);
}

void YamlMap::RejectUnknownKeys() {
  const std::vector<absl::string_view> known(known_.begin(), known_.end());
  for (const YamlNode::Entry& entry : node_->entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    errors_->Add(entry.line, PathOf(entry.key),
                 absl::StrCat("unknown key", DidYouMean(entry.key, known)));
  }
}

}  // namespace sextant
