#include "server/answer/code_block.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr string_view kFence = "```";
constexpr size_t kMaxIndent = 8;
constexpr int kMaxFences = 64;  // Tried in one text.

// A fence may be indented by a few spaces.
bool StartsLine(string_view text, size_t at) {
  for (size_t back = 0; back <= kMaxIndent && back <= at; ++back) {
    if (back == at || text[at - back - 1] == '\n') return true;
    if (text[at - back - 1] != ' ') return false;
  }
  return false;
}

// Where the last fence before `end` begins that starts its line; npos when there is none.
size_t LastFence(string_view text, size_t end) {
  for (int tried = 0; tried < kMaxFences; ++tried) {
    const size_t at = FindLast(text.substr(0, end), kFence, '`');
    if (at == string_view::npos || StartsLine(text, at)) return at;
    end = at;
  }
  return string_view::npos;
}

}  // namespace

std::optional<CodeBlock> LastCodeBlock(string_view text) {
  const size_t close = LastFence(text, text.size());
  if (close == string_view::npos) return std::nullopt;
  const size_t open = LastFence(text, close);
  if (open == string_view::npos) return std::nullopt;
  // A closing fence has no language after it; one that has opens a block that was cut off.
  const string_view after = text.substr(close + kFence.size());
  if (!absl::StripAsciiWhitespace(after.substr(0, after.find('\n'))).empty()) return std::nullopt;
  const size_t line_end = text.find('\n', open);
  const string_view inner = text.substr(line_end + 1, close - line_end - 1);
  return CodeBlock{open, close + kFence.size(), absl::StripTrailingAsciiWhitespace(inner)};
}

std::optional<string_view> SoleCodeBlock(string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (!absl::StartsWith(text, kFence) || !absl::EndsWith(text, kFence)) return std::nullopt;
  const std::optional<CodeBlock> block = LastCodeBlock(text);
  if (!block.has_value() || block->begin != 0) return std::nullopt;
  return block->inner;
}

}  // namespace sextant
