// A text that is addressed by token: what a stream will say, and which part of it is sent when.
//
// There is no tokenizer. The text of a part is spread evenly over the part's tokens and cut between
// characters, so that a token may hold no text at all when there are more tokens than characters.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

namespace sextant {

// Where a message carries a piece of text.
enum class TextField { kContent, kReasoning };

struct TextPart {
  absl::string_view text;  // UTF-8.
  int64_t tokens = 0;      // 0 only for an empty text.
  TextField field = TextField::kContent;
};

struct TextPiece {
  absl::string_view text;
  TextField field = TextField::kContent;
};
using TextPieces = absl::InlinedVector<TextPiece, 2>;

// A window of a text in parts. A value: copies refer to the same text. Tokens and bytes are counted
// from the start of the window.
class TokenText {
 public:
  TokenText() = default;
  // The parts' texts outlive this object and its copies, or are kept alive by `owned`; that is
  // shared because windows onto one generated text are copied freely.
  explicit TokenText(std::vector<TextPart> parts,
                     std::shared_ptr<const std::string> owned = nullptr);

  int64_t tokens() const { return end_token_ - first_token_; }
  // Tokens of the whole text that lie before the window.
  int64_t first_token() const { return first_token_; }

  // The text of the tokens [from, to), one piece for each part that it touches.
  TextPieces Slice(int64_t from, int64_t to) const;
  // The text of the window, or of one field of it.
  std::string Join() const;
  std::string Join(TextField field) const;
  // The first `bytes` bytes of it, or all when it is shorter.
  std::string Head(size_t bytes) const;
  bool StartsWith(absl::string_view prefix) const;

  // The window without its first `bytes` bytes, which cost the tokens that they fill. At least one
  // token remains: a server that has nothing left to say still generates an end of text.
  TokenText After(size_t bytes) const;
  // How many bytes the first `tokens` tokens take.
  size_t BytesOf(int64_t tokens) const;
  // The window's first `tokens` tokens.
  TokenText First(int64_t tokens) const;
  // The window up to byte `end`, generated until the token that holds the byte before `seen`, as a
  // server does that has to see a whole stop string before it can leave it out. end <= seen.
  TokenText StoppedAt(size_t end, size_t seen) const;

 private:
  size_t ByteAt(int64_t token) const;  // Start of a token of the whole text.
  int64_t TokenAt(size_t byte) const;  // Last token that starts at or before `byte`.
  TextPieces Bytes(size_t from, size_t to) const;

  std::vector<TextPart> parts_;
  std::shared_ptr<const std::string> owned_;
  int64_t first_token_ = 0;
  int64_t end_token_ = 0;
  size_t first_byte_ = 0;
  size_t end_byte_ = 0;
};

// Length of the longest end of `prompt` that is also a beginning of `text`: how much of an answer a
// prompt already holds. Linear time and memory (Knuth, Morris and Pratt's prefix function).
size_t LongestOverlap(absl::string_view prompt, absl::string_view text);

}  // namespace sextant
