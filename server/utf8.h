// Text is UTF-8 wherever it is kept; this is for cutting it.
#pragma once
#include <cstddef>

#include "absl/strings/string_view.h"

namespace sextant {

// The beginning of `text`, at most `max_bytes` of it, that does not end inside a character.
inline absl::string_view Utf8Prefix(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  // The later bytes of a character are 10xxxxxx.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace sextant
