// Fenced blocks of code in Markdown.
#pragma once
#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace sextant {

struct CodeBlock {
  size_t begin = 0;         // Of the opening fence.
  size_t end = 0;           // After the closing fence.
  absl::string_view inner;  // Without the fences and the line breaks next to them.
};

// The last block of ``` that is closed. Linear in the text, and quick where it has no backticks.
std::optional<CodeBlock> LastCodeBlock(absl::string_view text);

// What the block holds when the text is a block and nothing else but white space.
std::optional<absl::string_view> SoleCodeBlock(absl::string_view text);

}  // namespace sextant
