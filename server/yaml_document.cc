#include "server/yaml_document.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxNodes = 100'000;

size_t CountNodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += CountNodes(item);
  for (const YamlNode::Entry& entry : node.entries) count += CountNodes(entry.value);
  return count;
}

// Builds our tree from yaml-cpp's events, not from its nodes: those drop duplicate keys, and expand
// aliases without a limit. After the first error all further events are ignored.
class TreeBuilder : public YAML::EventHandler {
 public:
  const std::string& error() const { return error_; }
  int error_line() const { return error_line_; }
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Fail(mark, "a second document begins here, expected one document a file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(NewNode(YamlNode::Kind::kNull, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchored_.find(anchor);
    if (target == anchored_.end()) return Fail(mark, "an alias refers to a node that contains it");
    nodes_ += CountNodes(target->second);
    if (nodes_ > kMaxNodes) return Fail(mark, absl::StrCat("more than ", kMaxNodes, " nodes"));
    Place(target->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // yaml-cpp's tags of untagged scalars: "?" for plain ones, "!" for quoted ones.
    const bool is_string = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_string && tag != "?") return Fail(mark, absl::StrCat("tag ", tag, " is not supported"));
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = is_string;
    Place(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NewNode(YamlNode::Kind::kList, mark), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(NewNode(YamlNode::Kind::kMap, mark), anchor, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;  // Of a mapping: the key whose value comes next.
  };

  void Fail(const YAML::Mark& mark, absl::string_view error) { FailAt(mark.line + 1, error); }
  void FailAt(int line, absl::string_view error) {
    if (!error_.empty()) return;
    error_ = std::string(error);
    error_line_ = line;
  }

  YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (++nodes_ > kMaxNodes) Fail(mark, absl::StrCat("more than ", kMaxNodes, " nodes"));
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= kMaxDepth) Fail(mark, absl::StrCat("more than ", kMaxDepth, " levels"));
    if (error_.empty()) open_.push_back({std::move(node), anchor, std::nullopt});
  }

  void Close() {
    if (!error_.empty()) return;
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Place(std::move(closed.node), closed.anchor);
  }

  void Place(YamlNode node, YAML::anchor_t anchor) {
    if (!error_.empty()) return;
    if (anchor != 0) {
      nodes_ += CountNodes(node);  // The copy that aliases are made from.
      anchored_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.key) {
      parent.node.entries.push_back({parent.key->text, parent.key->line, std::move(node)});
      parent.key.reset();
    } else if (node.kind == YamlNode::Kind::kScalar) {
      parent.key = std::move(node);
    } else {
      FailAt(node.line, "a key that is not text");
    }
  }

  YamlNode root_;
  std::vector<OpenNode> open_;
  std::unordered_map<YAML::anchor_t, YamlNode> anchored_;
  size_t nodes_ = 0;
  int documents_ = 0;
  std::string error_;
  int error_line_ = 0;
};

absl::Status SyntaxError(absl::string_view name, int line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(name, ":", line, ": ", what));
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const int open_error = errno;
  if (!file && open_error == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  if (!file) {
    const std::string reason = std::generic_category().message(open_error);
    return absl::PermissionDeniedError(absl::StrCat(path, ": cannot be opened: ", reason));
  }
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // Opening a folder succeeds; reading it fails before the end.
  if (file.bad() || (file.fail() && !file.eof())) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read, expected a text file"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": larger than ", kMaxBytes, " bytes"));
  }
  return text;
}

absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view name) {
  if (text.size() > kMaxBytes) {
    return SyntaxError(name, 1, absl::StrCat("larger than ", kMaxBytes, " bytes"));
  }
  const size_t zero = text.find('\0');
  if (zero != absl::string_view::npos) {
    const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(zero), '\n');
    return SyntaxError(name, static_cast<int>(lines) + 1, "a zero byte, expected text");
  }
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (builder.error().empty() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& error) {
    return SyntaxError(name, error.mark.line + 1, absl::StrCat("more than ", kMaxDepth, " levels"));
  } catch (const YAML::Exception& error) {
    // What the builder found first explains more than what yaml-cpp stumbled over afterwards.
    if (builder.error().empty()) {
      return SyntaxError(name, error.mark.line + 1, absl::StrCat("not YAML: ", error.msg));
    }
  } catch (const std::exception& error) {
    return SyntaxError(name, 1, absl::StrCat("not YAML: ", error.what()));
  }
  if (!builder.error().empty()) return SyntaxError(name, builder.error_line(), builder.error());
  return builder.TakeRoot();
}

}  // namespace sextant
