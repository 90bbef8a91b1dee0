#include "simulator/token_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

bool InsideCharacter(absl::string_view text, size_t byte) {
  return byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80;
}

// Start of token `token` of a part: an even share of its bytes, moved back to a character's start.
size_t StartOf(const TextPart& part, int64_t token) {
  if (part.tokens == 0) return 0;
  if (token >= part.tokens) return part.text.size();
  size_t byte = static_cast<size_t>(token) * part.text.size() / static_cast<size_t>(part.tokens);
  while (InsideCharacter(part.text, byte)) --byte;
  return byte;
}

}  // namespace

TokenText::TokenText(std::vector<TextPart> parts, std::shared_ptr<const std::string> owned)
    : parts_(std::move(parts)), owned_(std::move(owned)) {
  for (const TextPart& part : parts_) {
    end_token_ += part.tokens;
    end_byte_ += part.text.size();
  }
}

size_t TokenText::ByteAt(int64_t token) const {
  size_t bytes_before = 0;
  for (const TextPart& part : parts_) {
    if (token < part.tokens) return bytes_before + StartOf(part, token);
    token -= part.tokens;
    bytes_before += part.text.size();
  }
  return bytes_before;
}

int64_t TokenText::TokenAt(size_t byte) const {
  int64_t tokens_before = 0;
  for (const TextPart& part : parts_) {
    if (byte >= part.text.size()) {
      byte -= part.text.size();
      tokens_before += part.tokens;
      continue;
    }
    // The even share lands on the token or, where a cut was moved back, one before it.
    int64_t token =
        static_cast<int64_t>(byte * static_cast<size_t>(part.tokens) / part.text.size());
    while (token + 1 < part.tokens && StartOf(part, token + 1) <= byte) ++token;
    while (token > 0 && StartOf(part, token) > byte) --token;
    return tokens_before + token;
  }
  return tokens_before;
}

TextPieces TokenText::Bytes(size_t from, size_t to) const {
  TextPieces pieces;
  size_t start = 0;
  for (const TextPart& part : parts_) {
    const size_t end = start + part.text.size();
    const size_t begin = std::max(from, start);
    const size_t stop = std::min(to, end);
    if (begin < stop) pieces.push_back({part.text.substr(begin - start, stop - begin), part.field});
    start = end;
  }
  return pieces;
}

TextPieces TokenText::Slice(int64_t from, int64_t to) const {
  const size_t begin = from <= 0 ? first_byte_ : std::max(first_byte_, ByteAt(first_token_ + from));
  const size_t end = to >= tokens() ? end_byte_ : std::min(end_byte_, ByteAt(first_token_ + to));
  return Bytes(begin, end);
}

std::string TokenText::Join() const { return Head(end_byte_ - first_byte_); }

std::string TokenText::Head(size_t bytes) const {
  std::string text;
  const size_t end = first_byte_ + std::min(bytes, end_byte_ - first_byte_);
  for (const TextPiece& piece : Bytes(first_byte_, end)) absl::StrAppend(&text, piece.text);
  return text;
}

std::string TokenText::Join(TextField field) const {
  std::string text;
  for (const TextPiece& piece : Bytes(first_byte_, end_byte_)) {
    if (piece.field == field) absl::StrAppend(&text, piece.text);
  }
  return text;
}

bool TokenText::StartsWith(absl::string_view prefix) const {
  if (prefix.size() > end_byte_ - first_byte_) return false;
  for (const TextPiece& piece : Bytes(first_byte_, first_byte_ + prefix.size())) {
    if (prefix.substr(0, piece.text.size()) != piece.text) return false;
    prefix.remove_prefix(piece.text.size());
  }
  return true;
}

TokenText TokenText::After(size_t bytes) const {
  TokenText rest = *this;
  rest.first_byte_ = std::min(first_byte_ + bytes, end_byte_);
  rest.first_token_ = std::min(std::max(first_token_, TokenAt(rest.first_byte_)), end_token_ - 1);
  return rest;
}

size_t TokenText::BytesOf(int64_t tokens) const {
  return std::clamp(ByteAt(first_token_ + tokens), first_byte_, end_byte_) - first_byte_;
}

TokenText TokenText::First(int64_t tokens) const {
  TokenText window = *this;
  if (tokens >= this->tokens()) return window;
  window.end_byte_ = first_byte_ + BytesOf(tokens);
  window.end_token_ = first_token_ + tokens;
  return window;
}

TokenText TokenText::StoppedAt(size_t end, size_t seen) const {
  TokenText window = *this;
  window.end_byte_ = std::min(first_byte_ + end, end_byte_);
  const size_t last_seen = first_byte_ + std::max<size_t>(seen, 1) - 1;
  window.end_token_ = std::min(end_token_, TokenAt(last_seen) + 1);
  return window;
}

size_t LongestOverlap(absl::string_view prompt, absl::string_view text) {
  const size_t limit = std::min(prompt.size(), text.size());
  if (limit == 0) return 0;
  prompt.remove_prefix(prompt.size() - limit);
  // border[i]: length of the longest proper beginning of text[0, i] that also ends it.
  std::vector<uint32_t> border(limit, 0);
  for (size_t i = 1, length = 0; i < limit; ++i) {
    while (length > 0 && text[i] != text[length]) length = border[length - 1];
    if (text[i] == text[length]) ++length;
    border[i] = static_cast<uint32_t>(length);
  }
  size_t matched = 0;
  for (const char c : prompt) {
    while (matched > 0 && (matched == limit || c != text[matched])) matched = border[matched - 1];
    if (c == text[matched]) ++matched;
  }
  return matched;
}

}  // namespace sextant
