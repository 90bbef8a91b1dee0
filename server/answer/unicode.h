// The few facts about Unicode that reading answers needs. All functions take UTF-8; bytes that are
// not UTF-8 are passed through as they are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

struct Utf8Char {
  uint32_t code = 0;
  size_t bytes = 1;  // 1 for a byte that starts no character; `code` is then that byte.
};

// The character at `at`, which is inside the text.
Utf8Char CharAt(absl::string_view text, size_t at);

void AppendChar(uint32_t code, std::string& out);

// The ASCII form of a full-width character and of the punctuation of Chinese and Japanese, with the
// space that follows such a mark in ASCII text: a full-width comma is ", ". Empty for any other
// character.
absl::string_view AsciiForm(uint32_t code);

// The text with every such form as ASCII.
std::string Narrow(absl::string_view text);

// Simple lower case for Latin, Greek and Cyrillic letters; other characters are themselves.
uint32_t LowerCase(uint32_t code);

// The Latin letter that a lower-case base letter and a combining mark make (e and U+0301 make é); 0
// where Unicode has none.
uint32_t Compose(uint32_t base, uint32_t mark);

// At most `limit` bytes of the start of the text, without cutting a character in two.
absl::string_view CutAtChar(absl::string_view text, size_t limit);

}  // namespace sextant
